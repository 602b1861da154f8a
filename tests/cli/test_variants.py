"""Results to choose from, and how unsure each pixel is."""

import json

import numpy as np
import pytest
from PIL import Image

from restore.cli.inputs import expand
from restore.cli.plan import make_plan
from tests.cli.conftest import contents, picture, pixels


def test_variants_are_numbered_and_each_is_what_its_seed_gives(call, tmp_path):
    picture(tmp_path / "a.png")
    told = ("--noise", "0.1")
    code, out, err = call("denoise", "a.png", *told, "--variants", "3", "--seed", "5", "--json")
    assert code == 0, err
    reports = [json.loads(line)["report"] for line in out.splitlines()]
    assert [report["parameters"]["seed"] for report in reports] == [5, 6, 7]
    made = [pixels(tmp_path / f"a-denoised-{n}.png") for n in (1, 2, 3)]
    assert not np.array_equal(made[0], made[1])
    assert not (tmp_path / "a-denoised.png").exists()

    steps = str(reports[1]["parameters"]["steps"])
    assert int(steps) > 1
    again = ("--seed", "6", "--steps", steps, "-o", "again.png")
    assert call("denoise", "a.png", *told, *again)[0] == 0
    assert np.array_equal(pixels(tmp_path / "again.png"), made[1])


def test_nothing_is_overwritten_and_a_stopped_run_goes_on(call, tmp_path):
    picture(tmp_path / "a.png")
    Image.new("RGB", (3, 3)).save(tmp_path / "a-denoised-2.png")
    before = contents(tmp_path)
    asked = ("denoise", "a.png", "--noise", "0.1", "--steps", "2", "--variants", "2")
    code, _, err = call(*asked)
    assert code == 4
    assert "a-denoised-2.png exists" in err
    assert contents(tmp_path) == before
    assert call(*asked, "--skip-existing")[0] == 0
    assert pixels(tmp_path / "a-denoised-1.png").shape == (16, 24, 3)
    assert pixels(tmp_path / "a-denoised-2.png").shape == (3, 3, 3)


def test_names_of_variants(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.png", "b.png", "a-done-2.png"):
        picture(tmp_path / "in" / name)

    def targets(output):
        plan = make_plan(expand(["in"]).photos, output, "done", variants=2, overwrite=True)
        return [job.target.as_posix() for job in plan.jobs], plan.earlier

    beside = ["in/a-done-1.png", "in/a-done-2.png", "in/b-done-1.png", "in/b-done-2.png"]
    assert targets(None) == (beside, 2)  # a-done-2.png is the result of an earlier run
    assert targets("out")[0][2:4] == ["out/a-1.png", "out/a-2.png"]


def test_an_action_without_samples_has_no_variants(cli, add_plugin):
    source = (
        "from restore.hooks import Action, Parameters, Report, Result, hookimpl\n"
        "def run(photo, parameters, context):\n    return Result(photo, Report(''))\n"
        "@hookimpl\ndef restore_actions():\n"
        "    return [Action('keep', 'Keep', 'Keeps.', Parameters, run)]\n"
    )
    environment = add_plugin("keeper", source)
    picture(cli.folder / "a.png")
    done = cli("keep", "a.png", "--variants", "2", **environment)
    assert done.returncode == 2
    assert "--variants" in done.stderr


def test_the_map_is_the_standard_deviation_over_samples(call, tmp_path):
    from restore import read, run

    picture(tmp_path / "a.png")
    told = ("denoise", "a.png", "--noise", "0.1")
    code, _, err = call(*told, "--uncertainty-out", "maps/")
    assert code == 0, err
    written = Image.open(tmp_path / "maps" / "a.png")
    assert written.text["Description"].endswith("65535 is 0.25 of white.")
    values = np.asarray(written).astype(float)
    assert values.shape == (16, 24)
    expected = run("denoise", read(tmp_path / "a.png"), noise=0.1).uncertainty
    in_units = 65535 / 0.25 * np.sqrt((expected**2).mean(2))
    assert np.abs(values - in_units).max() <= 0.6
    assert values.min() > 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("a.png", "--uncertainty-out", "m.jpg"), ".png"),
        (("a.png", "b.png", "--uncertainty-out", "m.png"), "one file"),
        (("a.png", "--uncertainty-out", "a-denoised.png"), "a-denoised.png"),
        (("a.png", "--uncertainty-out", "b.png"), "exists"),
        (("a.png", "--variants", "1"), "--variants"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_done(call, tmp_path, arguments, words):
    for name in ("a.png", "b.png"):
        picture(tmp_path / name)
    before = contents(tmp_path)
    code, _, err = call("denoise", *arguments)
    assert code in (2, 4)
    assert words in err
    assert contents(tmp_path) == before


def test_variants_beside_each_other_on_a_sheet(call, tmp_path):
    names = ["a.png", "b.png", "c.png", "d.png"]
    for seed, name in enumerate(names):
        picture(tmp_path / name, (400, 300), seed=seed)
    assert call("compare", *names, "-o", "sheet.png", "--width", "800")[0] == 0
    sheet = pixels(tmp_path / "sheet.png")
    shown = (sheet > 60).all(2)[100:150].any(0)
    starts = np.flatnonzero(shown[1:] & ~shown[:-1])
    assert len(starts) == 4
