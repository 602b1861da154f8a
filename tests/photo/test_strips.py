"""A photo in strips is the photo, whatever their height, the file's layout and how it lies."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from restore.errors import PhotoError, WriteError
from restore.photo import Metadata, Photo, open_strips, read, write, write_strips
from restore.photo.exif import Entry, pack_block
from restore.photo.formats.tiff_write import encode_strips
from restore.photo.strips import Strips, gathered, strips_of
from tests.disks import small_disk
from tests.photo.conftest import picture

LAYOUTS = {
    "strips": {"rowsperstrip": 7, "compression": "zlib", "predictor": 2},
    "one strip": {"compression": "zlib"},
    "plain": {},
    "tiles": {"tile": (32, 16), "compression": "lzw"},
    "plain tiles": {"tile": (16, 48)},
    "planes": {"planarconfig": "separate", "rowsperstrip": 5, "compression": "zlib"},
    "plain planes": {"planarconfig": "separate"},
    "tiles of planes": {"planarconfig": "separate", "tile": (16, 16), "compression": "zlib"},
    "big": {"bigtiff": True, "rowsperstrip": 9, "compression": "zlib"},
    "big-endian": {"byteorder": ">", "rowsperstrip": 9},
    "big-endian, plain": {"byteorder": ">"},
}


def saved(path: Path, array, orientation=1, **layout) -> Path:
    photometric = "rgb" if array.ndim == 3 and array.shape[2] > 2 else "minisblack"
    extra = {} if array.ndim == 2 or array.shape[2] in (1, 3) else {"extrasamples": ["unassalpha"]}
    if layout.get("planarconfig") == "separate":
        array = np.moveaxis(array, -1, 0)
    tags = [(274, 3, 1, orientation, True)]
    tifffile.imwrite(path, array, photometric=photometric, extratags=tags, **extra, **layout)
    return path


def in_strips(path: Path, height: int) -> Photo:
    with open_strips(path) as photo:
        return gathered(photo.all(height))


def assert_same(one: Photo, other: Photo) -> None:
    np.testing.assert_array_equal(one.pixels, other.pixels)
    assert one.pixels.dtype == other.pixels.dtype
    assert (one.alpha is None) == (other.alpha is None)
    if one.alpha is not None and other.alpha is not None:
        np.testing.assert_array_equal(one.alpha, other.alpha)
    assert one.metadata == other.metadata
    assert one.source == other.source


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_every_layout_of_a_tiff(tmp_path, layout, kind):
    if kind is np.float32 and LAYOUTS[layout].get("predictor"):
        pytest.skip("a predictor of integers")
    path = saved(tmp_path / "x.tif", picture(61, 45, 3, kind), **LAYOUTS[layout])
    for height in (1, 20, 100):
        assert_same(in_strips(path, height), read(path))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_orientation_and_alpha(tmp_path, orientation, channels):
    array = picture(33, 47, channels, np.uint16)
    path = saved(tmp_path / "x.tif", array, orientation, rowsperstrip=6)
    for height in (5, 64):
        assert_same(in_strips(path, height), read(path))


def test_a_picture_on_its_side_is_laid_down_in_parts(tmp_path, monkeypatch):
    from restore.photo import opening

    monkeypatch.setattr(opening, "_SCRATCH", 1000)
    for orientation in (5, 6, 7, 8):
        path = saved(tmp_path / f"{orientation}.tif", picture(33, 47, 3, np.uint16), orientation)
        assert_same(in_strips(path, 10), read(path))
    assert len(list(tmp_path.iterdir())) == 4


def test_a_picture_that_cannot_be_laid_down_is_refused(tmp_path):
    path = saved(tmp_path / "x.tif", picture(300, 300, 3, np.uint16), 6)
    with (
        small_disk(tmp_path / "disk", 300) as disk,
        pytest.raises(WriteError, match=r"Turning .*x\.tif may take 0\.54 MB"),
        open_strips(path, scratch=disk),
    ):
        pass
    with open_strips(path, scratch=tmp_path) as photo:
        assert photo.size == (300, 300)
    assert len(list(tmp_path.iterdir())) == 2


def test_palettes_bits_and_premultiplied_colours(tmp_path):
    palette = np.random.default_rng(0).integers(0, 65536, (3, 256), np.uint16)
    indices = picture(30, 41, 1, np.uint8)[:, :, 0]
    tifffile.imwrite(
        tmp_path / "palette.tif", indices, photometric="palette", colormap=palette, rowsperstrip=7
    )
    bits = indices > 100
    tifffile.imwrite(tmp_path / "bits.tif", bits, photometric="minisblack", rowsperstrip=7)
    tifffile.imwrite(tmp_path / "white.tif", indices, photometric="miniswhite", rowsperstrip=7)
    tifffile.imwrite(
        tmp_path / "multiplied.tif",
        picture(30, 41, 4, np.uint8),
        photometric="rgb",
        extrasamples=["assocalpha"],
        rowsperstrip=7,
    )
    for path in tmp_path.iterdir():
        assert_same(in_strips(path, 11), read(path))


def test_jpeg_within_a_tiff(tmp_path):
    path = saved(
        tmp_path / "x.tif", picture(64, 48, 3, np.uint8), compression="jpeg", rowsperstrip=16
    )
    assert_same(in_strips(path, 20), read(path))
    assert not in_strips(path, 20).source.lossless


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 40),
    rows=st.integers(1, 80),
    strip=st.integers(1, 80),
    windows=st.lists(st.tuples(st.integers(-5, 75), st.integers(1, 30)), max_size=6),
)
def test_any_rows_in_any_order(tmp_path_factory, height, width, rows, strip, windows):
    path = tmp_path_factory.mktemp("x") / "x.tif"
    saved(path, picture(height, width, 3, np.uint8), rowsperstrip=rows, compression="zlib")
    whole = read(path)
    with open_strips(path) as photo:
        assert_same(gathered(photo.all(strip)), whole)
        for first, count in windows:
            expected = whole.pixels[max(first, 0) : first + count] if first + count > 0 else []
            if len(expected):
                np.testing.assert_array_equal(photo.read(first, first + count).pixels, expected)


@pytest.mark.parametrize("ending", [".tif", ".png", ".webp", ".jpg"])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_what_is_written_in_strips_is_what_is_written_whole(tmp_path, ending, kind, channels):
    if ending == ".jpg" and channels == 4:
        pytest.skip("JPEG has no alpha")
    block = pack_block({271: Entry(2, 6, b"Maker\0")}, "<")
    metadata = Metadata(icc=b"profile" * 20, exif=block, xmp=b"<x/>", dpi=(300.0, 300.0))
    loose = Photo.from_array(picture(70, 33, channels, kind))
    photo = Photo(loose.pixels, loose.alpha, metadata)
    whole = read(write(photo, tmp_path / f"whole{ending}"))
    for height in (1, 13, 100):
        path = tmp_path / f"{height}{ending}"
        write_strips(strips_of(photo).all(height), path)
        written = read(path)
        np.testing.assert_array_equal(written.pixels, whole.pixels)
        assert written.metadata == whole.metadata
        if whole.alpha is not None:
            np.testing.assert_array_equal(written.alpha, whole.alpha)


def test_a_tiff_in_strips_is_the_same_file_byte_for_byte(tmp_path):
    photo = Photo.from_array(picture(300, 1200, 3, np.uint16))
    whole = write(photo, tmp_path / "whole.tif").read_bytes()
    for height in (1, 130, 299, 300):
        path = write_strips(strips_of(photo).all(height), tmp_path / f"{height}.tif")
        assert path.read_bytes() == whole


def test_png_rows_are_filtered_as_its_specification_says(tmp_path):
    """Libpng reads them back, and noise, ramps and flat areas all choose other filters."""
    rng = np.random.default_rng(0)
    ramp = np.add.outer(np.arange(40) * 5, np.arange(30) * 3).astype(np.uint8)
    flat, noise = np.full((40, 30), 9, np.uint8), rng.integers(0, 256, (40, 30), np.uint8)
    photo = Photo.from_array(np.stack([ramp, flat, noise], 2))
    path = write_strips(strips_of(photo).all(7), tmp_path / "x.png")
    np.testing.assert_array_equal(imagecodecs.png_decode(path.read_bytes()), photo.pixels)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_big_tiff_is_read_by_others(tmp_path, order):
    block = pack_block(
        {271: Entry(2, 6, b"Maker\0"), 34665: {37510: Entry(7, 12, b"ASCII\0\0\0memo")}}, order
    )
    loose = Photo.from_array(picture(70, 33, 3, np.uint16))
    photo = Photo(loose.pixels, metadata=Metadata(icc=b"p" * 200, exif=block, dpi=(300.0, 300.0)))
    path = tmp_path / "x.tif"
    with path.open("wb") as file:
        encode_strips(file, strips_of(photo).all(9), big=True)
    with tifffile.TiffFile(path) as file:
        assert file.is_bigtiff
        np.testing.assert_array_equal(file.asarray(), photo.pixels)
    again = read(path)
    np.testing.assert_array_equal(again.pixels, photo.pixels)
    assert again.metadata.icc == photo.metadata.icc
    assert again.metadata.dpi == photo.metadata.dpi
    if shutil.which("exiftool"):
        command = ["exiftool", "-j", "-Make", "-UserComment", str(path)]
        told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)[0]
        assert (told["Make"], told["UserComment"]) == ("Maker", "memo")


def test_damage_in_the_middle_is_told_with_the_files_name(tmp_path):
    path = saved(
        tmp_path / "x.tif", picture(60, 45, 3, np.uint16), rowsperstrip=10, compression="zlib"
    )
    with tifffile.TiffFile(path) as file:
        offset = file.pages[0].dataoffsets[3]
    data = bytearray(path.read_bytes())
    data[offset : offset + 20] = b"\xff" * 20
    path.write_bytes(data)
    with open_strips(path) as photo:
        assert photo.read(0, 30).size == (45, 30)
        with pytest.raises(PhotoError, match=r"x\.tif is a damaged TIFF"):
            photo.read(25, 35)


def test_what_cannot_be_read_whole_cannot_be_opened(tmp_path):
    short = saved(tmp_path / "short.tif", picture(60, 45, 3, np.uint16))
    short.write_bytes(short.read_bytes()[:5000])
    (tmp_path / "text.tif").write_text("no photo")
    (tmp_path / "empty.tif").write_bytes(b"")
    for name in ("short", "text", "empty", "missing"):
        with pytest.raises(PhotoError, match=name), open_strips(tmp_path / f"{name}.tif"):
            pass
    large = saved(tmp_path / "large.tif", picture(60, 45, 3, np.uint16))
    with pytest.raises(PhotoError, match="limit"), open_strips(large, max_pixels=1000):
        pass


def test_strips_that_fail_leave_no_file(tmp_path):
    photo = Photo.from_array(picture(60, 45, 3, np.uint16))

    def rows():
        yield strips_of(photo).read(0, 10)
        raise PhotoError("The rest is damaged.")

    whole = strips_of(photo).all()
    for ending in (".tif", ".png", ".webp"):
        failing = Strips(whole.size, whole.like, rows=rows())
        with pytest.raises(PhotoError):
            write_strips(failing, tmp_path / f"x{ending}")
    assert not list(tmp_path.iterdir())


def test_strips_for_which_there_is_no_room_are_not_begun(tmp_path):
    photo = Photo.from_array(picture(300, 300, 3, np.uint16))

    def rows():
        raise AssertionError("begun")
        yield

    strips = Strips((300, 300), strips_of(photo).like, rows=rows())
    with (
        small_disk(tmp_path / "disk", 300) as disk,
        pytest.raises(WriteError, match=r"may take 0\.54 MB"),
    ):
        write_strips(strips, disk / "x.tif")
