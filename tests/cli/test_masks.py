"""The masks that `clean --defects` finds, written for a person to edit and give back."""

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import contents, picture, pixels


def scratched(path, size=(96, 80)):
    """Save a gray picture with a thick white scratch; return where it is."""
    width, height = size
    image = np.full((height, width, 3), 120, np.uint8)
    mask = np.zeros((height, width), bool)
    mask[10:70, 40:42] = True
    image[mask] = 250
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)
    return mask


def test_the_mask_is_written_and_can_be_given_to_inpaint(cli, tmp_path):
    drawn = scratched(tmp_path / "scan.png")
    done = cli("clean", "scan.png", "--defects", "--mask-out", "masks/")
    assert done.returncode == 0, done.stderr
    mask = pixels(tmp_path / "masks" / "scan.png")
    assert mask.shape == drawn.shape
    assert set(np.unique(mask)) <= {0, 255}
    assert (mask[drawn] == 255).mean() > 0.8
    before = pixels(tmp_path / "scan.png")
    after = pixels(tmp_path / "scan-cleaned.png")
    assert np.array_equal(after[mask == 0], before[mask == 0])

    done = cli("inpaint", "scan.png", "--mask", "masks", "-o", "filled.png")
    assert done.returncode == 0, done.stderr
    filled = pixels(tmp_path / "filled.png")
    assert np.array_equal(filled[mask == 0], before[mask == 0])
    assert filled[drawn].max() < 220


def test_a_photo_without_defects_gets_a_black_mask(cli, tmp_path):
    Image.new("L", (48, 40), 120).save(tmp_path / "plain.png")
    done = cli("clean", "plain.png", "--defects", "--mask-out", "found.png")
    assert done.returncode == 0, done.stderr
    assert pixels(tmp_path / "found.png").tolist() == [[0] * 48] * 40


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("a.png", "--mask-out", "m.png"), "--defects"),
        (("a.png", "--defects", "--mask-out", "m.jpg"), ".png"),
        (("a.png", "c/a.jpg", "--defects", "--mask-out", "m.png"), "one file"),
        (("a.png", "--defects", "--mask-out", "a.png"), "a.png"),
        (("a.png", "--defects", "--mask-out", "a-cleaned.png"), "a-cleaned.png"),
        (("a.png", "--defects", "--mask-out", "taken.png"), "--overwrite"),
        (("a.png", "--defects", "--mask-out", "a.png/masks/"), "folder"),
        (("a.png", "c/a.jpg", "--defects", "--mask-out", "masks"), "masks"),
    ],
)
def test_what_would_lose_something_is_refused_before_anything_is_done(
    cli, tmp_path, arguments, words
):
    for name in ("a.png", "c/a.jpg", "taken.png"):
        picture(tmp_path / name)
    before = contents(tmp_path)
    done = cli("clean", *arguments)
    assert done.returncode not in (0, 1), done.stderr
    assert words in done.stderr
    assert contents(tmp_path) == before


def test_actions_that_find_no_mask_have_no_such_option(cli, tmp_path):
    picture(tmp_path / "a.png")
    done = cli("denoise", "a.png", "--mask-out", "m.png")
    assert done.returncode != 0
    assert "--mask-out" in done.stderr
