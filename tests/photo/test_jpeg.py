"""JPEG: tables and subsampling are known, kept and never made worse."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image

from restore.errors import PhotoError
from restore.photo import Metadata, Photo, read, write
from restore.photo.jpeg_segments import split
from tests.photo.conftest import picture

ZIGZAG = sorted(
    ((row, column) for row in range(8) for column in range(8)),
    key=lambda at: (sum(at), at[0] if sum(at) % 2 else at[1]),
)


def tables_of(data: bytes) -> dict[int, tuple[int, ...]]:
    """Return the tables of a JPEG file in row order, straight from its DQT segments."""
    tables = {}
    for segment in split(data)[0]:
        position = 0
        while segment.marker == 0xDB and position < len(segment.data):
            wide, number = divmod(segment.data[position], 16)
            form = ">64H" if wide else ">64B"
            values = struct.unpack_from(form, segment.data, position + 1)
            grid = np.empty((8, 8), int)
            for at, value in zip(ZIGZAG, values, strict=True):
                grid[at] = value
            tables[number] = tuple(grid.ravel().tolist())
            position += 1 + struct.calcsize(form)
    return tables


def jpeg(array: np.ndarray, **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array.squeeze()).save(file, "JPEG", **options)
    return file.getvalue()


@pytest.mark.parametrize("quality", [30, 75, 92, 100])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("channels", [1, 3])
def test_tables_and_subsampling_are_read_and_reused(tmp_path, quality, subsampling, channels):
    data = jpeg(picture(50, 70, channels, np.uint8), quality=quality, subsampling=subsampling)
    (tmp_path / "x.jpg").write_bytes(data)
    photo = read(tmp_path / "x.jpg")
    expected = tables_of(data)
    assert photo.source.jpeg_tables == tuple(expected[i] for i in range(len(expected)))
    assert photo.source.jpeg_subsampling == (subsampling if channels == 3 else "")
    again = write(photo, tmp_path / "y.jpg")
    assert tables_of(again.read_bytes()) == expected
    assert read(again).source.jpeg_subsampling == photo.source.jpeg_subsampling


def test_tables_are_in_row_order(tmp_path):
    luma, chroma = list(range(1, 65)), list(range(65, 129))
    data = jpeg(picture(50, 70, 3, np.uint8), qtables=[luma, chroma])
    (tmp_path / "x.jpg").write_bytes(data)
    photo = read(tmp_path / "x.jpg")
    assert photo.source.jpeg_tables == (tuple(luma), tuple(chroma))
    assert tables_of(data) == {0: tuple(luma), 1: tuple(chroma)}


def test_a_third_table_is_kept(tmp_path):
    tables = [list(range(k, k + 64)) for k in (1, 20, 40)]
    data = jpeg(picture(50, 70, 3, np.uint8), qtables=tables)
    (tmp_path / "x.jpg").write_bytes(data)
    photo = read(tmp_path / "x.jpg")
    assert photo.source.jpeg_tables == tuple(map(tuple, tables))
    assert tables_of(write(photo, tmp_path / "y.jpg").read_bytes()) == tables_of(data)


@pytest.mark.parametrize("factors", [0x12, 0x41])
def test_a_subsampling_that_cannot_be_written_becomes_none(tmp_path, factors):
    data = bytearray(jpeg(np.full((8, 8, 3), 90, np.uint8), subsampling="4:4:4"))
    frame = data.index(b"\xff\xc0")
    data[frame + 11] = factors
    (tmp_path / "x.jpg").write_bytes(data)
    try:
        photo = read(tmp_path / "x.jpg")
    except PhotoError:
        pytest.fail("more blocks than the header needs must not matter here")
    assert photo.source.jpeg_subsampling == {0x12: "4:4:0", 0x41: "4:1:1"}[factors]
    assert read(write(photo, tmp_path / "y.jpg")).source.jpeg_subsampling == "4:4:4"


def test_writing_again_changes_little(tmp_path):
    (tmp_path / "x.jpg").write_bytes(jpeg(picture(64, 80, 3, np.uint8), quality=75))
    photo = read(tmp_path / "x.jpg")
    again = read(write(photo, tmp_path / "y.jpg"))
    same_tables = np.abs(again.to_float() - photo.to_float()).mean()
    worse = read(write(photo, tmp_path / "z.jpg", quality=60))
    assert same_tables < np.abs(worse.to_float() - photo.to_float()).mean()


def test_other_photos_become_quality_95_in_full_colour(tmp_path):
    array = picture(40, 50, 3, np.uint8)
    path = write(Photo.from_array(array), tmp_path / "x.jpg")
    assert tables_of(path.read_bytes()) == tables_of(jpeg(array, quality=95))
    assert read(path).source.jpeg_subsampling == "4:4:4"


def test_a_quality_asked_for_is_used(tmp_path):
    (tmp_path / "x.jpg").write_bytes(jpeg(picture(40, 50, 3, np.uint8), quality=50))
    path = write(read(tmp_path / "x.jpg"), tmp_path / "y.jpg", quality=90)
    assert tables_of(path.read_bytes()) == tables_of(jpeg(picture(8, 8, 3, np.uint8), quality=90))


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 4}])
def test_a_picture_that_ends_early_is_never_silently_gray(tmp_path, options):
    array = picture(120, 160, 3, np.uint8)
    data = jpeg(array, quality=90, **options)
    path = tmp_path / "x.jpg"
    for part in (0.3, 0.5, 0.7):
        path.write_bytes(data[: int(len(data) * part)])
        with pytest.raises(PhotoError, match=r"x\.jpg"):
            read(path)
    if not options:
        path.write_bytes(data[: len(data) // 2] + b"\xff\xd9")
        with pytest.raises(PhotoError, match="end too early"):
            read(path)


def test_a_photo_that_really_ends_in_gray_is_read(tmp_path):
    array = picture(64, 64, 3, np.uint8)
    array[32:] = 128
    (tmp_path / "x.jpg").write_bytes(jpeg(array, quality=90))
    assert (read(tmp_path / "x.jpg").pixels[-8:, -8:] == 128).all()


def test_stray_bytes_behind_the_picture_do_not_matter(tmp_path):
    data = jpeg(picture(40, 50, 3, np.uint8))
    (tmp_path / "x.jpg").write_bytes(data)
    (tmp_path / "y.jpg").write_bytes(data + b"appended film" * 50)
    one, two = read(tmp_path / "x.jpg"), read(tmp_path / "y.jpg")
    np.testing.assert_array_equal(one.pixels, two.pixels)


def test_further_pictures_are_not_carried_and_that_is_told(tmp_path, caplog):
    data = jpeg(picture(40, 50, 3, np.uint8))
    index = b"MPF\0MM\0*\0\0\0\x08"
    data = data[:2] + struct.pack(">HH", 0xFFE2, len(index) + 2) + index + data[2:]
    (tmp_path / "x.jpg").write_bytes(data)
    assert read(tmp_path / "x.jpg").metadata == Metadata()
    assert f"{tmp_path / 'x.jpg'}: The JPEG's further pictures" in caplog.text


def test_an_incomplete_profile_is_dropped(tmp_path, caplog):
    photo = Photo(picture(8, 8, 3, np.uint8), metadata=Metadata(icc=bytes(100_000)))
    data = write(photo, tmp_path / "x.jpg").read_bytes()
    (tmp_path / "x.jpg").write_bytes(data.replace(b"ICC_PROFILE\0\x02", b"ICC_PROFILX\0\x02"))
    assert read(tmp_path / "x.jpg").metadata.icc is None
    assert "incomplete" in caplog.text
