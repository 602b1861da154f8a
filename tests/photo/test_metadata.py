"""Profile, EXIF, XMP and resolution arrive as they left."""

from __future__ import annotations

import io
import logging
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from PIL import Image

from restore.photo import Metadata, Photo, read, write
from restore.photo.exif import Entry, first_ifd, read_ifd
from tests.photo.conftest import XMP, exif_block, picture

FORMATS = ["jpg", "png", "tif", "webp"]


def photo_with(metadata: Metadata, channels: int = 3, dtype: type = np.uint8) -> Photo:
    return replace(Photo.from_array(picture(24, 30, channels, dtype)), metadata=metadata)


def tags(block: bytes):
    offset, order, _ = first_ifd(block)
    return read_ifd(block, offset, order)


@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize("suffix", [*FORMATS, "avif", "jp2"])
def test_all_metadata_are_carried(tmp_path, icc, suffix, endian):
    metadata = Metadata(icc=icc, exif=exif_block(1, endian), xmp=XMP, dpi=(240.0, 240.0))
    again = read(write(photo_with(metadata), tmp_path / f"x.{suffix}")).metadata
    assert again.icc == icc
    assert again.xmp == XMP
    assert again.dpi == (240.0, 240.0)
    if suffix == "tif":
        assert tags(again.exif) == tags(metadata.exif)
    else:
        assert again.exif == metadata.exif


@pytest.mark.parametrize(
    ("suffix", "dtype", "channels"),
    [("png", np.uint16, 4), ("tif", np.uint16, 3), ("tif", np.float32, 4), ("jp2", np.uint16, 4)],
)
def test_deep_photos_carry_metadata_too(tmp_path, icc, suffix, dtype, channels):
    metadata = Metadata(icc=icc, exif=exif_block(), xmp=XMP, dpi=(299.5, 150.25))
    photo = photo_with(metadata, channels, dtype)
    again = read(write(photo, tmp_path / f"x.{suffix}"))
    np.testing.assert_array_equal(again.to_array(), photo.to_array())
    assert (again.metadata.icc, again.metadata.xmp) == (icc, XMP)
    assert again.metadata.dpi == pytest.approx((299.5, 150.25), abs=0.01)
    assert tags(again.metadata.exif).keys() == tags(metadata.exif).keys()


@pytest.mark.parametrize("suffix", FORMATS)
def test_pillow_finds_the_metadata(tmp_path, icc, suffix):
    metadata = Metadata(icc=icc, exif=exif_block(1), xmp=XMP, dpi=(240.0, 240.0))
    path = write(photo_with(metadata), tmp_path / f"x.{suffix}")
    with Image.open(path) as image:
        exif = image.getexif()
        assert image.info["icc_profile"] == icc
        assert image.info["xmp"].rstrip(b"\0") == XMP
        assert exif[271] == "Camera maker"
        assert exif.get_ifd(34665)[36867] == "2020:02:29 12:34:56"
        assert exif.get_ifd(34665)[37500] == bytes(range(200))
        assert exif.get_ifd(34853)[2] == (48.0, 51.0, 29.5)
        if suffix != "webp":
            assert image.info["dpi"] == pytest.approx((240, 240), abs=0.01)


@pytest.mark.parametrize("endian", ["<", ">"])
def test_offsets_hidden_in_maker_notes_hold_in_a_tiff(tmp_path, endian):
    exif = exif_block(endian=endian)
    data = write(photo_with(Metadata(exif=exif)), tmp_path / "x.tif").read_bytes()
    assert data[8 : len(exif)] == exif[8:]


def test_a_long_profile_is_split_and_joined(tmp_path):
    profile = np.random.default_rng(0).integers(0, 256, 200_000, np.uint8).tobytes()
    for suffix in FORMATS:
        photo = photo_with(Metadata(icc=profile))
        assert read(write(photo, tmp_path / f"x.{suffix}")).metadata.icc == profile


def test_what_jpeg_cannot_hold_is_left_out_with_a_warning(tmp_path, caplog):
    exif = exif_block() + bytes(70_000)
    photo = photo_with(Metadata(exif=exif, xmp=b"<x/>" + b" " * 70_000))
    assert read(write(photo, tmp_path / "x.png")).metadata == replace(
        photo.metadata, dpi=(240.0, 240.0)
    )
    with caplog.at_level(logging.WARNING, "restore"):
        again = read(write(photo, tmp_path / "x.jpg"))
    assert (again.metadata.exif, again.metadata.xmp) == (None, None)
    assert "EXIF block" in caplog.text
    assert "XMP packet" in caplog.text


@pytest.mark.parametrize("suffix", ["webp", "avif", "jxl"])
def test_a_format_without_resolution_tells_it_in_exif(tmp_path, suffix):
    path = write(photo_with(Metadata(dpi=(300.0, 72.5))), tmp_path / f"x.{suffix}")
    assert read(path).metadata.dpi == (300.0, 72.5)
    if suffix != "jxl":
        with Image.open(path) as image:
            assert image.getexif()[283] == 72.5


def test_a_tiff_of_another_program_gives_its_exif(tmp_path):
    exif = Image.Exif()
    exif[271] = "Camera maker"
    exif.get_ifd(34665)[33437] = 2.8
    exif.get_ifd(34853)[29] = "2020:02:29"
    image = Image.fromarray(picture(20, 30, 3, np.uint8))
    image.save(tmp_path / "x.tif", exif=exif.tobytes(), dpi=(96, 96))
    photo = read(tmp_path / "x.tif")
    assert photo.metadata.dpi == (96.0, 96.0)
    with Image.open(write(photo, tmp_path / "x.jpg")) as again:
        assert again.getexif()[271] == "Camera maker"
        assert again.getexif().get_ifd(34665)[33437] == pytest.approx(2.8)
        assert again.getexif().get_ifd(34853)[29] == "2020:02:29"


def test_exif_of_a_bigtiff_becomes_a_plain_block(tmp_path):
    array = picture(20, 30, 3, np.uint16)
    extra = [(271, 2, 7, b"Camera\0", True), (33432, 2, 3, b"me\0", True)]
    path = tmp_path / "x.tif"
    tifffile.imwrite(path, array, bigtiff=True, photometric="rgb", metadata=None, extratags=extra)
    photo = read(path)
    np.testing.assert_array_equal(photo.pixels, array)
    assert tags(photo.metadata.exif)[271] == Entry(2, 7, b"Camera\0")
    assert tags(photo.metadata.exif)[33432] == Entry(2, 3, b"me\0")


@pytest.mark.parametrize(
    "damage",
    [
        b"not a header at all",
        b"II*\0",
        b"II*\0\xff\xff\xff\xff",
        b"II*\0\x08\0\0\0\xff\xff\x12\x01",
        b"MM\0*\0\0\0\x08\0\x05" + bytes(20),
    ],
)
@pytest.mark.parametrize("suffix", FORMATS)
def test_damaged_exif_costs_the_exif_only(tmp_path, caplog, damage, suffix):
    array = picture(20, 30, 3, np.uint8)
    path = tmp_path / f"x.{suffix}"
    if suffix == "tif":
        pointer = [(700, 1, 4, b"<x/>", True)]
        tifffile.imwrite(path, array, photometric="rgb", metadata=None, extratags=pointer)
        data = path.read_bytes()
        path.write_bytes(data.replace(b"\xbc\x02\x01\0", b"\x69\x87\x04\0") + damage)
    else:
        lossless = {"lossless": True} if suffix == "webp" else {}
        Image.fromarray(array).save(path, exif=b"Exif\0\0" + damage, **lossless)
    with caplog.at_level(logging.WARNING, "restore"):
        photo = read(path)
    assert photo.metadata.exif is None or suffix == "tif"
    if suffix in ("png", "webp", "tif"):
        np.testing.assert_array_equal(photo.pixels, array)
    if suffix != "tif":
        assert "EXIF block is damaged" in caplog.text
    write(photo, tmp_path / f"y.{suffix}")


def test_damaged_png_chunks_cost_only_themselves(tmp_path, caplog, icc):
    array = picture(20, 30, 3, np.uint16)
    metadata = Metadata(icc=icc, exif=exif_block(), xmp=XMP, dpi=(300.0, 300.0))
    path = write(replace(Photo.from_array(array), metadata=metadata), tmp_path / "x.png")
    data = bytearray(path.read_bytes())
    data[data.index(b"iCCP") + 40] ^= 255
    data[data.index(b"pHYs") + 5] ^= 255
    path.write_bytes(data)
    with caplog.at_level(logging.WARNING, "restore"):
        photo = read(path)
    np.testing.assert_array_equal(photo.pixels, array)
    assert photo.metadata == Metadata(exif=exif_block(), xmp=XMP, dpi=(240.0, 240.0))
    assert "iCCP" in caplog.text
    assert "pHYs" in caplog.text


def test_compressed_xmp_in_png_is_read(tmp_path):
    import zlib

    from restore.photo.png_chunks import Chunk, assemble, read_chunks

    buffer = io.BytesIO()
    Image.new("L", (3, 4)).save(buffer, "PNG")
    header, *rest = read_chunks(buffer.getvalue())
    text = Chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0en\0title\0" + zlib.compress(XMP))
    (tmp_path / "x.png").write_bytes(assemble([header, text, *rest]))
    assert read(tmp_path / "x.png").metadata.xmp == XMP
    bomb = Chunk(
        b"iTXt", b"XML:com.adobe.xmp\0\1\0en\0title\0" + zlib.compress(bytes(2**26 + 1), 1)
    )
    (tmp_path / "x.png").write_bytes(assemble([header, bomb, *rest]))
    assert read(tmp_path / "x.png").metadata.xmp is None
