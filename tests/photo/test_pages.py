"""Files of several pages: one is chosen, or the error says how."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from restore.errors import ParameterError, PhotoError
from restore.photo import Photo, read, write
from tests.photo.conftest import picture


@pytest.fixture
def pages(tmp_path):
    """Return a TIFF of three pages of different kinds, the second with a preview behind it."""
    arrays = [
        picture(8, 9, 3, np.uint8),
        picture(10, 7, 1, np.uint16)[:, :, 0],
        picture(5, 6, 4, np.float32),
    ]
    with tifffile.TiffWriter(tmp_path / "x.tif") as file:
        for number, array in enumerate(arrays):
            photometric = "minisblack" if array.ndim == 2 else "rgb"
            extra = [(270, 2, 0, f"page {number + 1}", True)]
            options = {"photometric": photometric, "metadata": None}
            file.write(array, extratags=extra, **options)
            if number == 1:
                file.write(array[::2, ::2], subfiletype=1, **options)
    return tmp_path / "x.tif", arrays


def test_each_page_is_read_with_its_own_metadata(pages):
    path, arrays = pages
    for number, array in enumerate(arrays, 1):
        photo = read(path, page=number)
        np.testing.assert_array_equal(photo.to_array(), array)
        assert f"page {number}\0".encode() in photo.metadata.exif


def test_the_error_says_how_many_there_are_and_what_to_type(pages):
    path, _ = pages
    with pytest.raises(PhotoError, match=r"x\.tif holds 3 pages\.") as caught:
        read(path)
    assert "--page 1" in caught.value.hint
    assert "page=1" in caught.value.hint
    with pytest.raises(PhotoError, match="has no page 4; it holds 3 pages"):
        read(path, page=4)
    for number in (0, -1):
        with pytest.raises(ParameterError, match="counted from 1"):
            read(path, page=number)


def test_a_file_of_one_picture_has_page_1_only(tmp_path):
    photo = Photo.from_array(picture(8, 9, 3, np.uint8))
    for suffix in ("png", "tif"):
        path = write(photo, tmp_path / f"y.{suffix}")
        np.testing.assert_array_equal(read(path, page=1).pixels, photo.pixels)
        with pytest.raises(PhotoError, match="no page 2"):
            read(path, page=2)
