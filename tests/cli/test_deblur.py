"""A blur as a person gives it: by numbers, or by a picture of a point of light."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import contents, picture, pixels


def test_a_kernel_is_read_from_a_file(call, tmp_path):
    picture(tmp_path / "a.png")
    point = np.zeros((3, 5), np.uint8)
    point[1, 1:4] = 255
    Image.fromarray(point).save(tmp_path / "point.png")

    asked = ("deblur", "a.png", "--noise", "0.05", "--steps", "2")
    code, out, err = call(*asked, "--kernel", "point.png", "--json")
    assert code == 0, err
    report = json.loads(out)["report"]
    assert report["parameters"]["kernel"] == "3×1"
    assert 0 < report["found"]["lost"] < 1
    assert "kernel that was given" in report["notes"][0]
    made = pixels(tmp_path / "a-deblurred.png")

    Image.fromarray(np.full((1, 3), 7, np.uint8)).save(tmp_path / "bar.png")
    assert call(*asked, "--kernel", "bar.png", "-o", "b.png")[0] == 0
    assert np.array_equal(pixels(tmp_path / "b.png"), made)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--kernel", "missing.png"), 3),
        (("--kernel", "black.png"), 2),
        (("--size", "0"), 2),
        (("--shape", "star"), 2),
    ],
)
def test_what_is_no_blur_is_refused_before_anything_is_done(call, tmp_path, arguments, code):
    picture(tmp_path / "a.png")
    Image.new("L", (3, 3)).save(tmp_path / "black.png")
    before = contents(tmp_path)
    assert call("deblur", "a.png", *arguments)[0] == code
    assert contents(tmp_path) == before
