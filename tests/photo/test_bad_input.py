"""Whatever a file holds, the answer is a photo or a sentence that names the file and helps."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
import zlib

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from restore.errors import PhotoError
from restore.photo import Metadata, Photo, read, write
from restore.photo.png_chunks import Chunk, assemble
from tests.photo.conftest import XMP, exif_block, picture


def refused(path, match: str | None = None, **options) -> None:
    with pytest.raises(PhotoError, match=match) as caught:
        read(path, **options)
    assert str(path) in caught.value.message
    assert caught.value.hint


def test_names_without_a_photo(tmp_path):
    refused(tmp_path / "missing.jpg", "does not exist")
    refused(tmp_path, "folder")
    refused(tmp_path / "a\0b.jpg", "null")
    refused(tmp_path / ("x" * 300), "too long")
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    refused(tmp_path / "loop.jpg", "cannot be read")


@pytest.mark.parametrize(
    "content",
    [b"just some text\n", b"\0" * 1000, b"<svg/>", b"RIFF\x10\0\0\0WAVEfmt ", b"\xff", b"P9 2 2"],
)
def test_files_that_are_no_photo(tmp_path, content):
    (tmp_path / "x.jpg").write_bytes(content)
    refused(tmp_path / "x.jpg", "not a photo")


def test_an_empty_file(tmp_path):
    (tmp_path / "x.jpg").touch()
    refused(tmp_path / "x.jpg", "empty")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_pipes_and_devices_do_not_hang(tmp_path):
    os.mkfifo(tmp_path / "x.jpg")
    refused(tmp_path / "x.jpg", "pipe or a device")
    refused("/dev/zero", "pipe or a device")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "s"))
        refused(tmp_path / "s", "pipe or a device")


def test_a_file_without_permission(tmp_path):
    path = write(Photo.from_array(picture(4, 5, 3, np.uint8)), tmp_path / "x.png")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user reads everything")
    refused(path, "cannot be read")


def test_a_sparse_file_of_a_terabyte_is_not_read(tmp_path):
    with (tmp_path / "x.tif").open("wb") as file:
        file.write(b"II*\0")
        file.truncate(2**40)
    refused(tmp_path / "x.tif", "too large")


def test_names_are_free(tmp_path):
    photo = Photo.from_array(picture(4, 5, 3, np.uint8))
    folder = tmp_path
    for _ in range(5):
        folder = folder / ("ß" * 120)
    folder.mkdir(parents=True)
    for name in ("Fotografía 写真 \U0001f4f7 'quoted'\n.png", "x" * 250 + ".tif"):
        path = write(photo, folder / name)
        np.testing.assert_array_equal(read(path).pixels, photo.pixels)


def test_content_counts_not_the_name(tmp_path):
    photo = Photo.from_array(picture(4, 5, 3, np.uint8))
    path = write(photo, tmp_path / "really_a_png.jpg", format="PNG")
    assert read(path).source.format == "PNG"


def png_claiming(width: int, height: int) -> bytes:
    header = Chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    data = Chunk(b"IDAT", zlib.compress(bytes(2**16)))
    return assemble([header, data, Chunk(b"IEND", b"")])


def claiming(kind: str, width: int, height: int) -> bytes:
    """Return a small file whose header claims a size."""
    if kind == "PNG":
        return png_claiming(width, height)
    if kind == "JPEG":
        frame = struct.pack(">HHBHHB3B", 0xFFC0, 11, 8, height, width, 1, 1, 17, 0)
        return b"\xff\xd8" + frame + b"\xff\xda\0\x08\1\1\0\0\x3f\0" + bytes(50) + b"\xff\xd9"
    if kind == "BMP":
        return b"BM" + struct.pack("<IIIIiiHHI24x", 154, 0, 54, 40, width, -height, 1, 24, 0)
    if kind == "PNM":
        return b"P6 %d %d 255 " % (width, height)
    if kind == "PFM":
        return b"PF %d %d -1.0 " % (width, height)
    if kind in ("AVIF", "JPEG XL", "JPEG 2000"):
        return small_but_claiming(kind, width, height)
    if kind == "WEBP":
        size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        body = b"WEBPVP8X\x0a\0\0\0" + bytes(4) + size
        return b"RIFF" + struct.pack("<I", len(body)) + body
    tags = [(256, width), (257, height), (258, 8), (259, 8), (262, 1), (273, 200), (277, 1)]
    tags += [(278, height), (279, 50)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(200)


def small_but_claiming(kind: str, width: int, height: int) -> bytes:
    """Return a genuine small file with another size in its header."""
    pixels = picture(8, 16, 3, np.uint8)
    if kind == "JPEG XL":
        # From the lowest bit up: not small, height of 30 bits, no ratio, width of 30 bits, sRGB.
        bits = f"{1:01b}{width - 1:030b}{3:02b}{0:03b}{height - 1:030b}{3:02b}{0:01b}"
        return b"\xff\x0a" + int(bits, 2).to_bytes(9, "little") + bytes(50)
    if kind == "AVIF":
        data = imagecodecs.avif_encode(pixels, 90)
        at = data.index(b"ispe") + 8
        return data[:at] + struct.pack(">II", width, height) + data[at + 8 :]
    data = imagecodecs.jpeg2k_encode(pixels, codecformat="j2k")
    return data[:8] + struct.pack(">II", width, height) + data[16:]


@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit on memory")
@pytest.mark.parametrize(
    "kind",
    ["PNG", "JPEG", "WEBP", "TIFF", "AVIF", "JPEG XL", "JPEG 2000", "BMP", "PNM", "PFM"],
)
def test_a_bomb_is_refused_before_memory_is_taken(tmp_path, kind):
    (tmp_path / "bomb").write_bytes(claiming(kind, 60000, 60000))
    code = """
import resource, sys, PIL.Image, tifffile, imagecodecs, restore.photo
imagecodecs.png_encode, imagecodecs.JPEGXL
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, -1))
try:
    restore.photo.read(sys.argv[1])
except restore.photo.reading.PhotoError as error:
    print(error)
"""
    command = [sys.executable, "-W", "error", "-c", code, str(tmp_path / "bomb")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "60000×60000" in done.stdout
    assert "limit" in done.stdout


def test_a_bomb_below_the_limit_is_refused_too(tmp_path):
    (tmp_path / "x.png").write_bytes(png_claiming(20000, 20000))
    refused(tmp_path / "x.png", "far fewer")


def test_the_limit_is_the_callers(tmp_path):
    for suffix in ("png", "tif", "jpg", "webp", "avif", "jxl", "jp2", "bmp", "ppm", "pfm"):
        path = write(Photo.from_array(picture(10, 10, 3, np.uint8)), tmp_path / f"x.{suffix}")
        assert read(path, max_pixels=100).size == (10, 10)
        refused(path, "max_pixels", max_pixels=99)


def test_a_large_genuine_photo_raises_no_alarm(tmp_path):
    side = 10_000
    path = tmp_path / "x.jpg"
    Image.new("L", (side, side), 200).save(path)
    assert read(path).size == (side, side)


def test_a_tiff_with_an_empty_strip_is_not_silently_black(tmp_path):
    array = picture(40, 50, 3, np.uint8)
    path = tmp_path / "x.tif"
    tifffile.imwrite(path, array, rowsperstrip=8, photometric="rgb", metadata=None)
    with tifffile.TiffFile(path) as file:
        tag = file.pages[0].tags["StripByteCounts"]
    data = bytearray(path.read_bytes())
    data[tag.valueoffset + 4 : tag.valueoffset + 6] = b"\0\0"
    path.write_bytes(data)
    refused(path, "missing")


WAYS = [
    ("jpg", np.uint8, 3),
    ("png", np.uint8, 3),
    ("png", np.uint16, 4),
    ("tif", np.uint8, 1),
    ("tif", np.uint16, 4),
    ("tif", np.float32, 3),
    ("webp", np.uint8, 4),
    ("avif", np.uint8, 4),
    ("avif", np.uint16, 1),
    ("jxl", np.uint8, 3),
    ("jxl", np.float32, 4),
    ("jp2", np.uint16, 4),
    ("bmp", np.uint8, 4),
    ("ppm", np.uint16, 3),
    ("pfm", np.float32, 3),
]


@pytest.fixture(scope="module", params=WAYS, ids=str)
def sample(request, tmp_path_factory, icc):
    """Return a written photo with all metadata: its bytes, what it reads as, a scratch file."""
    suffix, dtype, channels = request.param
    folder = tmp_path_factory.mktemp("sample")
    plain = Photo.from_array(picture(60, 50, channels, dtype))
    metadata = Metadata(icc=icc, exif=exif_block(), xmp=XMP, dpi=(240.0, 240.0))
    path = write(Photo(plain.pixels, plain.alpha, metadata), folder / f"x.{suffix}")
    return path.read_bytes(), read(path), folder / f"cut.{suffix}"


def answer(data: bytes, path) -> Photo | None:
    """Read a file of these bytes; a refusal must name it and help."""
    path.write_bytes(data)
    error = None
    try:
        return read(path)
    except PhotoError as refusal:
        error = refusal
    assert str(path) in error.message
    assert error.hint
    return None


def check(data: bytes, whole: Photo, path) -> None:
    photo = answer(data, path)
    if photo is not None:
        np.testing.assert_array_equal(photo.to_array(), whole.to_array())


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(part=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_short_is_refused_or_right(sample, part):
    data, whole, path = sample
    check(data[: int(part * len(data))], whole, path)


@pytest.mark.parametrize("missing", [1, 2, 3, 4, 5, 8, 12, 13, 20])
def test_a_file_that_lacks_its_last_bytes_is_refused_or_right(sample, missing):
    data, whole, path = sample
    check(data[:-missing], whole, path)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(part=st.floats(0, 1, exclude_max=True), junk=st.binary(min_size=1, max_size=8))
def test_a_damaged_file_never_raises_anything_else(sample, part, junk):
    data, _, path = sample
    at = int(part * len(data))
    answer(data[:at] + junk + data[at + len(junk) :], path)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(
        [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"]
    ),
    st.binary(max_size=200),
)
def test_noise_behind_a_signature_is_refused(tmp_path, start, noise):
    (tmp_path / "x").write_bytes(start + noise)
    refused(tmp_path / "x")
