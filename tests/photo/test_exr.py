"""OpenEXR: floats of light as its own library reads and writes them."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest

from restore.errors import PhotoError
from restore.photo import cicp, read, write
from tests.photo.conftest import picture

OpenEXR = pytest.importorskip("OpenEXR")

NAMES = {1: "Y", 2: "YA", 3: "RGB", 4: "RGBA"}


def exr(array: np.ndarray, names: str | None = None, **header) -> bytes:
    names = names or NAMES[array.shape[2]]
    planes = {name: np.ascontiguousarray(array[:, :, i]) for i, name in enumerate(names)}
    given = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage} | header
    file = io.BytesIO()
    OpenEXR.File(given, planes).write(file)
    return file.getvalue()


def planes(data: bytes):
    channels = OpenEXR.File(io.BytesIO(data), separate_channels=True).channels()
    return {name: channel.pixels for name, channel in channels.items()}


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("size", [(1, 1), (33, 47)])
def test_every_bit_comes_back_at_its_depth(tmp_path, dtype, channels, size):
    array = picture(*size, channels, np.float32).astype(dtype) * dtype(9)
    (tmp_path / "x.exr").write_bytes(exr(array))
    photo = read(tmp_path / "x.exr")
    assert photo.source.bits == (16 if dtype == np.float16 else 0)
    np.testing.assert_array_equal(photo.to_array().reshape(array.shape), array.astype(np.float32))
    before = planes(exr(array))
    after = planes(write(photo, tmp_path / "y.exr").read_bytes())
    assert before.keys() == after.keys()
    for name, plane in before.items():
        assert after[name].dtype == dtype
        np.testing.assert_array_equal(after[name], plane)


def test_resolution_and_primaries(tmp_path):
    array = picture(9, 8, 3, np.float32)
    p3 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290)
    (tmp_path / "x.exr").write_bytes(exr(array, xDensity=300.0, chromaticities=p3))
    photo = read(tmp_path / "x.exr")
    assert photo.metadata.dpi == (300.0, 300.0)
    assert photo.metadata.icc == cicp.profile(12, cicp.LINEAR)
    assert read(write(photo, tmp_path / "y.exr")).metadata.dpi == (300.0, 300.0)


@pytest.mark.parametrize("names", ["XYZ", "RGBAZ", "RG", "AY"])
def test_channels_that_photos_do_not_have(tmp_path, names):
    array = picture(9, 8, len(names), np.float32)
    (tmp_path / "x.exr").write_bytes(exr(array, names))
    if names == "AY":
        assert read(tmp_path / "x.exr").alpha is not None
        return
    with pytest.raises(PhotoError, match="channels"):
        read(tmp_path / "x.exr")


def test_values_that_are_not_finite_are_refused(tmp_path):
    array = picture(9, 8, 3, np.float32)
    array[3, 4, 1] = np.inf
    (tmp_path / "x.exr").write_bytes(exr(array))
    with pytest.raises(PhotoError, match="not finite"):
        read(tmp_path / "x.exr")


def test_a_size_that_is_only_claimed_is_refused_before_the_library_sees_it(tmp_path):
    data = exr(picture(9, 8, 3, np.float32))
    window = struct.pack("<4i", 0, 0, 7, 8)
    (tmp_path / "x.exr").write_bytes(data.replace(window, struct.pack("<4i", 0, 0, 59999, 59999)))
    with pytest.raises(PhotoError, match="60000×60000"):
        read(tmp_path / "x.exr")


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_a_file_cut_short_is_refused(tmp_path, dtype):
    data = exr(picture(50, 40, 4, np.float32).astype(dtype))
    for missing in (1, 2, 10, 100, 1000, len(data) // 2, len(data) - 400, len(data) - 10):
        (tmp_path / "x.exr").write_bytes(data[:-missing])
        with pytest.raises(PhotoError, match=r"x\.exr"):
            read(tmp_path / "x.exr")
