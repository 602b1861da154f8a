"""Whatever stands where metadata should: the picture is read, and what is written of it is too."""

from __future__ import annotations

import io
import logging
import struct
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from restore.photo import Metadata, Photo, Text, read, write
from restore.photo.exif import Entry, pack_ifd
from restore.photo.formats import Format
from restore.photo.jpeg_segments import Segment, with_segments
from restore.photo.metadata.photoshop import IPTC, Resource, pack
from restore.photo.metadata.png_text import packed_profile
from restore.photo.metadata.provenance import Event, recorded
from restore.photo.png_chunks import Chunk, assemble, read_chunks
from tests.photo.conftest import exif_block, picture
from tests.photo.test_exif_in_place import camera_block

KINDS = ("jpg", "png", "tif", "webp")
ARRAY = picture(8, 12, 3, np.uint8)
BLOCKS = (
    exif_block(6),
    camera_block(small=b"\xff\xd8..\xff\xd9"),
    recorded(None, Event("act", {"a": 1})),
    pack([Resource(IPTC, b"\x1c\x02\x5a\0\x05Paris"), Resource(0x0425, bytes(16))]),
    b"\x1c\x02\x5a\0\x05Paris",
    b"",
)


@st.composite
def damaged(draw) -> bytes:
    """Return a block with some bytes changed, cut or put in, or bytes without any sense."""
    block = bytearray(draw(st.sampled_from(BLOCKS)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(block)))
        block[at : at + draw(st.integers(0, 6))] = draw(st.binary(max_size=6))
    return bytes(block)


def jpeg(exif: bytes, xmp: bytes, iptc: bytes) -> bytes:
    file = io.BytesIO()
    Image.fromarray(ARRAY).save(file, "JPEG")
    space = b"http://ns.adobe.com/"
    segments = [
        Segment(0xE1, b"Exif\0\0" + exif),
        Segment(0xE1, space + b"xap/1.0/\0" + xmp),
        Segment(0xE1, space + b"xmp/extension/\0" + iptc),
        Segment(0xED, b"Photoshop 3.0\0" + iptc),
        Segment(0xFE, xmp[:50]),
        Segment(0xE0, b"JFIF\0" + iptc[:9]),
        Segment(0xEE, b"Adobe" + exif[40:44]),
    ]
    return with_segments(file.getvalue(), segments)


def png(exif: bytes, xmp: bytes, iptc: bytes) -> bytes:
    file = io.BytesIO()
    Image.fromarray(ARRAY).save(file, "PNG")
    header, *rest = read_chunks(file.getvalue())
    chunks = [
        Chunk(b"eXIf", exif),
        Chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp),
        Chunk(b"iTXt", xmp),
        Chunk(b"tEXt", iptc),
        Chunk(b"zTXt", packed_profile("iptc", iptc)),
        Chunk(b"zTXt", packed_profile("exif", xmp)),
        Chunk(b"cICP", exif[:4]),
        Chunk(b"pHYs", iptc[:9]),
    ]
    return assemble([header, *chunks, *rest])


def webp(exif: bytes, xmp: bytes, iptc: bytes) -> bytes:
    file = io.BytesIO()
    Image.fromarray(ARRAY).save(file, "WEBP", lossless=True, exif=exif, xmp=xmp, icc_profile=iptc)
    return file.getvalue()


def tiff(exif: bytes, xmp: bytes, iptc: bytes) -> bytes:
    file = io.BytesIO()
    extra = [
        (700, 1, len(xmp), xmp, True),
        (33723, 7, len(iptc), iptc, True),
        (34377, 1, len(exif), exif, True),
        (34665, 4, 1, 8 + len(xmp), True),
        (34853, 4, 1, 8 if len(iptc) % 2 else len(iptc) * 3, True),
    ]
    extra = [one for one in extra if one[2]]
    tifffile.imwrite(file, ARRAY, photometric="rgb", metadata=None, extratags=extra)
    return file.getvalue() + exif + xmp


@contextmanager
def warnings():
    """Collect what is told to the logger “restore”."""
    told: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: told.append(record.getMessage())
    logger = logging.getLogger("restore")
    logger.addHandler(handler)
    try:
        yield told
    finally:
        logger.removeHandler(handler)


@given(st.sampled_from([jpeg, png, webp, tiff]), damaged(), damaged(), damaged())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_picture_is_read_and_written(tmp_path_factory, build, exif, xmp, iptc):
    folder = tmp_path_factory.mktemp("any")
    (folder / "x").write_bytes(build(exif, xmp, iptc))
    with warnings() as told:
        photo = read(folder / "x")
        if build is not jpeg and photo.size == (12, 8):
            assert sorted(photo.pixels.ravel()) == sorted(ARRAY.ravel())
        for kind in KINDS:
            for strip in ("nothing", "gps"):
                path = write(photo, folder / f"{strip}.{kind}", strip=strip)
                again = read(path)
                assert again.size == photo.size
                if kind in ("png", "tif"):
                    np.testing.assert_array_equal(again.pixels, photo.pixels)
    assert [text for text in told if not text.startswith(str(folder))] == []


@given(damaged(), damaged(), damaged(), st.text(max_size=9), st.text(max_size=9))
@settings(max_examples=30, deadline=None)
def test_metadata_made_by_a_program_never_cost_the_picture(
    tmp_path_factory, exif, xmp, photoshop, keyword, text
):
    texts = (Text(keyword, text), Text("Comment", text, keyword))
    meta = Metadata(icc=exif, exif=exif, xmp=xmp, photoshop=photoshop, texts=texts)
    photo = replace(Photo.from_array(ARRAY), metadata=meta)
    folder = tmp_path_factory.mktemp("made")
    for kind in KINDS:
        assert read(write(photo, folder / f"x.{kind}")).size == photo.size


def test_a_format_that_fails_on_metadata_is_given_the_picture_alone(tmp_path, caplog):
    def encode(photo: Photo, quality: int | None) -> bytes:
        if photo.metadata.exif:
            raise struct.error("what a bug")
        return b"the picture"

    frail = Format("FRAIL", (".frail",), lambda head: False, None, encode)
    photo = replace(Photo.from_array(ARRAY), metadata=Metadata(exif=exif_block()))
    path = write(photo, tmp_path / "x.frail", formats=(frail,))
    assert path.read_bytes() == b"the picture"
    assert f"{path}: FRAIL cannot be written with the metadata (what a bug)" in caplog.text
    broken = Format("BROKEN", (".broken",), lambda head: False, None, lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        write(photo, tmp_path / "x.broken", formats=(broken,))
    assert not (tmp_path / "x.broken").exists()


def test_directories_that_point_to_themselves(tmp_path):
    note = b"N" * 40
    ifd = {256: 4, 257: 4, 258: 8, 259: 1, 262: 1, 273: 400, 277: 1, 278: 4, 279: 16}
    numbers = {tag: Entry(4, 1, struct.pack("<I", value)) for tag, value in ifd.items()}
    pointers = dict.fromkeys((34665, 34853), Entry(4, 1, struct.pack("<I", 8)))
    block = pack_ifd(numbers | pointers | {37500: Entry(7, 40, note)}, "<", 8)
    data = (b"II*\0" + struct.pack("<I", 8) + block).ljust(400, b"\0") + bytes(range(16))
    (tmp_path / "x.tif").write_bytes(data)
    photo = read(tmp_path / "x.tif")
    assert photo.pixels.ravel().tolist() == list(range(16))
    assert read(write(photo, tmp_path / "y.jpg")).size == (4, 4)
