"""`--depth` and `--transfer`, and notes of what was converted."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from restore.photo import read
from tests.photo.conftest import picture
from tests.photo.profiles import cmyk


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a photo of floats and one in CMYK."""
    tifffile.imwrite(tmp_path / "x.tif", picture(24, 32, 3, np.float32), photometric="rgb")
    inks = picture(24, 32, 4, np.uint8)
    tifffile.imwrite(tmp_path / "inks.tif", inks, photometric="separated", iccprofile=cmyk())
    return tmp_path


def test_depth_and_transfer_are_as_asked(call, folder):
    given = read(folder / "x.tif")
    for depth, dtype in (("8", np.uint8), ("16", np.uint16), ("float", np.float32)):
        target = f"{depth}.tif"
        code, _, err = call("denoise", "x.tif", "--strength", "0", "--depth", depth, "-o", target)
        assert code == 0, err
        assert read(folder / target).pixels.dtype == dtype
    light = ("--transfer", "linear", "-o", "light.png")
    assert call("denoise", "x.tif", "--strength", "0", *light)[0] == 0
    done = read(folder / "light.png").to_float()
    assert done.mean() > given.to_float().clip(0, 1).mean() + 0.05


def test_a_depth_that_the_result_cannot_have_is_refused_before_anything_is_done(call, folder):
    code, _, err = call("denoise", "x.tif", "--depth", "16", "-o", "x.jpg")
    assert code == 4
    assert "JPEG cannot hold 16 bits" in err
    assert not (folder / "x.jpg").exists()


def test_what_was_converted_is_said(call, folder):
    code, _, err = call("denoise", "inks.tif", "--strength", "0", "-o", "y.tif")
    assert code == 0, err
    assert "CMYK was converted to Adobe RGB through the photo's profile." in err
