"""Previews are the photo made small: as large as asked for, upright, and cheap."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import tifffile
from PIL import Image

from restore.errors import ParameterError, PhotoError
from restore.photo import Photo, preview, read, write
from tests.photo.conftest import exif_block, picture


def smooth(height: int, width: int, channels: int = 3) -> np.ndarray:
    """Return values that hardly differ from their neighbours, and not the same upside down."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    planes = [0.2 + 0.5 * x / width + 0.2 * (y / height) ** (c + 1) for c in range(channels)]
    return np.stack(planes, -1)


@pytest.mark.parametrize("ending", [".jpg", ".png", ".tif", ".webp"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_preview_is_the_photo_made_small(tmp_path, ending, channels):
    values = smooth(300, 500, channels)
    photo = Photo.from_array((values * 255).round().astype(np.uint8))
    small = preview(write(photo, tmp_path / f"x{ending}"), 100)
    assert small.size == (100, 60)
    expected = values.reshape(60, 5, 100, 5, channels).mean((1, 3))
    np.testing.assert_allclose(
        small.to_float(), np.broadcast_to(expected, small.pixels.shape), atol=0.02
    )


@pytest.mark.parametrize("orientation", range(1, 9))
def test_previews_are_upright(tmp_path, orientation):
    array = (smooth(96, 200) * 255).astype(np.uint8)
    exif = b"Exif\0\0" + exif_block(orientation)
    Image.fromarray(array).save(tmp_path / "x.jpg", exif=exif, quality=95)
    tags = [(274, 3, 1, orientation, True)]
    tifffile.imwrite(tmp_path / "x.tif", array, photometric="rgb", extratags=tags)
    for name in ("x.jpg", "x.tif"):
        whole, small = read(tmp_path / name), preview(tmp_path / name, 50)
        assert small.size == ((50, 24) if orientation < 5 else (24, 50))
        assert small.metadata.icc == whole.metadata.icc
        corners = np.ix_([0, -1], [0, -1])
        far = np.abs(small.to_float()[corners] - whole.to_float()[corners])
        assert far.max() < 0.05


def test_a_small_photo_is_read_as_it_is(tmp_path):
    for ending in (".png", ".tif", ".webp"):
        path = write(Photo.from_array(picture(31, 47, 4, np.uint8)), tmp_path / f"x{ending}")
        whole, small = read(path), preview(path, 47)
        np.testing.assert_array_equal(small.pixels, whole.pixels)
        np.testing.assert_array_equal(small.alpha, whole.alpha)
        assert (small.metadata, small.source) == (whole.metadata, whole.source)


def test_what_is_transparent_does_not_darken_its_neighbours(tmp_path):
    array = np.zeros((64, 64, 4), np.uint16)
    array[:, np.arange(64) // 2 % 2 == 0] = 50_000, 40_000, 30_000, 65_535
    small = preview(write(Photo.from_array(array), tmp_path / "x.png"), 16)
    assert np.abs(small.pixels - np.array([50_000.0, 40_000, 30_000])).max() <= 2
    assert small.alpha is not None
    np.testing.assert_allclose(small.alpha, 32768, atol=2)


def test_long_and_thin(tmp_path):
    path = write(Photo.from_array(picture(3, 900, 3, np.uint8)), tmp_path / "x.png")
    assert preview(path, 10).size == (10, 1)


def test_memory_is_small(tmp_path):
    """A third of what the pixels take, for a JPEG and for a TIFF."""
    array = (smooth(2000, 3000) * 255).astype(np.uint8)
    for ending in (".jpg", ".tif"):
        path = write(Photo.from_array(array), tmp_path / f"x{ending}", quality=50)
        preview(path, 200)  # imports
        tracemalloc.start()
        preview(path, 200)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < array.nbytes / 3, ending


def test_errors_name_the_file(tmp_path):
    (tmp_path / "x.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    for name in ("x.jpg", "missing.jpg"):
        with pytest.raises(PhotoError, match=name):
            preview(tmp_path / name)
    path = write(Photo.from_array(picture(31, 47, 3, np.uint8)), tmp_path / "large.jpg")
    with pytest.raises(PhotoError, match="limit"):
        preview(path, max_pixels=1000)
    with pytest.raises(ParameterError):
        preview(path, 0)
