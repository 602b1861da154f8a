"""What is promised of actions that work in strips, whatever a plugin does."""

from __future__ import annotations

import numpy as np
import pytest

from restore.errors import ParameterError, PhotoError, PluginError, ResultError
from restore.hooks import Action, Parameters, Report, Result
from restore.hooks.strips import run_in_strips
from restore.photo import Photo, write_strips
from restore.photo.strips import gathered, strips_of

PHOTO = Photo(np.arange(40 * 7 * 3, dtype=np.uint16).reshape(40, 7, 3))
WIDE = (5, 7, 3)


class Host:
    def prior(self, model, calls=1):
        raise AssertionError

    def detector(self, model):
        raise AssertionError

    def progress(self, fraction, text=""):
        pass


def run(in_strips, photo=PHOTO, **parameters):
    def whole(photo, parameters, context):
        return Result(photo, Report("x"))

    action = Action("x", "X", "Does x", Parameters, whole, in_strips=in_strips, plugin="theirs")
    return run_in_strips(action, strips_of(photo), parameters, Host())


def yielding(*strips, report=None):
    def in_strips(photo, parameters, context):
        yield from strips
        return Report("x") if report is None else report

    return in_strips


def half(photo, parameters, context):
    for top in range(0, photo.size[1], 9):
        yield photo.read(top, top + 9).to_float() / 2
    return Report("", found={"rows": 40.0}, notes=("Halved.",))


def test_the_report_is_there_once_the_strips_were_taken():
    result = run(half)
    done = gathered(result.photo)
    expected = PHOTO.with_float(PHOTO.to_float() / 2)
    np.testing.assert_array_equal(done.pixels, expected.pixels)
    report = result.report()
    assert (report.action, report.notes, report.found) == ("x", ("Halved.",), {"rows": 40.0})
    assert report.megapixels == 280e-6


@pytest.mark.parametrize(
    ("strips", "match"),
    [
        ([], "0 of 40 rows"),
        ([np.zeros(WIDE, "f4")] * 7, "35 of 40 rows"),
        ([np.zeros(WIDE, "f4")] * 9, "5 rows too many"),
        ([np.zeros((41, 7, 3), "f4")], "more than 40 rows"),
        ([np.zeros((0, 7, 3), "f4")], "shape"),
        ([np.zeros((5, 6, 3), "f4")], "shape"),
        ([np.zeros((5, 7), "f4")], "shape"),
        ([np.zeros(WIDE, "u1")], "not floats"),
        (["rows"], "a str, not floats"),
    ],
)
def test_other_strips_than_promised_are_the_plugins_fault(tmp_path, strips, match):
    with pytest.raises(PluginError, match=match) as caught:
        write_strips(run(yielding(*strips)).photo, tmp_path / "x.tif")
    assert "theirs" in caught.value.message
    assert not list(tmp_path.iterdir())


def test_a_result_that_is_refused_leaves_no_file(tmp_path):
    black, wild, endless = (np.full((40, 7, 3), value, "f4") for value in (0, 9, np.nan))
    floats = Photo(PHOTO.to_float() + np.float32(0.5))
    for photo, values, match in (
        (floats, black, "black"),
        (floats, wild, "far outside"),
        (PHOTO, endless, "not finite"),
    ):
        with pytest.raises(ResultError, match=match):
            write_strips(run(yielding(values), photo).photo, tmp_path / "x.tif")
    with pytest.raises(PluginError, match="no Report"):
        write_strips(run(yielding(black, report="done"), floats).photo, tmp_path / "x.tif")
    assert not list(tmp_path.iterdir())


def test_a_photo_that_is_not_finite_is_refused():
    pixels = np.zeros((40, 7, 3), np.float32)
    pixels[30, 2, 1] = np.inf
    with pytest.raises(PhotoError, match="not finite"):
        gathered(run(half, Photo(pixels)).photo)


def test_the_photo_cannot_be_written_to():
    def spoil(photo, parameters, context):
        photo.read(0, 40).pixels[:] = 0
        yield photo.read(0, 40).to_float()
        return Report("")

    with pytest.raises(PluginError, match="read-only"):
        gathered(run(spoil).photo)


def test_what_is_raised_on_purpose_is_raised():
    def refuse(photo, parameters, context):
        yield photo.read(0, 9).to_float()
        raise ParameterError("Not with this photo.")

    with pytest.raises(ParameterError, match=r"Not with this photo\. \(Plugin “theirs”\.\)"):
        gathered(run(refuse).photo)
    with pytest.raises(ParameterError, match="no parameter"):
        run(half, blur=3)


def test_an_abandoned_run_ends_its_action():
    ended = []

    def patient(photo, parameters, context):
        try:
            yield from (photo.read(i, i + 1).to_float() for i in range(40))
        finally:
            ended.append(True)

    rows = run(patient).photo.rows
    next(rows)
    rows.close()
    assert ended == [True]


def test_an_action_that_changes_the_size_cannot_work_in_strips():
    with pytest.raises(PluginError, match="cannot work in strips"):
        Action("x", "X", "Does x", Parameters, lambda *_: None, scale="strength", in_strips=half)
