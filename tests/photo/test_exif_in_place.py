"""Nothing in an EXIF block moves: what a camera maker's note points to stays where it was."""

from __future__ import annotations

import io
import re
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from restore.photo import Metadata, Photo, read, write
from restore.photo.exif import Entry, first_ifd, pack_ifd, read_ifd
from restore.photo.metadata import exif_edit
from restore.photo.metadata.stripping import stripped
from tests.photo.conftest import exif_block, picture
from tests.photo.exiftool import complaints, needs_exiftool, tags
from tests.samples import camera_files

SECRET = b"what the note points to"


def jpeg(width: int, height: int, quality: int = 75) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture(height, width, 3, np.uint8)).save(file, "JPEG", quality=quality)
    return file.getvalue()


def number(order: str, value: int, kind: int = 3) -> Entry:
    return Entry(kind, 1, struct.pack(order + {3: "H", 4: "I"}[kind], value))


def camera_block(
    order: str = "<", turned: int = 6, small: bytes | None = None, *, within: bool = False
) -> bytes:
    """Return a block with a note that holds an absolute offset to data behind the thumbnail.

    Or to data `within` the note itself.
    """
    small = jpeg(160, 107) if small is None else small
    main = {
        256: number(order, 90, 4),
        257: number(order, 60, 4),
        271: Entry(2, 7, b"Camera\0"),
        274: number(order, turned),
        34665: {
            36867: Entry(2, 20, b"2020:02:29 12:34:56\0"),
            37500: Entry(7, 40, b"Note" + bytes(12) + b"." * 24),
            40962: number(order, 90),
            40963: number(order, 60),
            40965: {4097: number(order, 90), 4098: number(order, 60)},
        },
        34853: {
            1: Entry(2, 2, b"N\0"),
            2: Entry(5, 3, struct.pack(order + "6I", 48, 1, 51, 1, 2950, 100)),
        },
    }
    head = bytearray(pack_ifd(main, order, 8))
    second = 8 + len(head)
    struct.pack_into(order + "I", head, 2 + 12 * len(main), second)
    follow = {259: number(order, 6), 274: number(order, turned)}
    size = len(pack_ifd(follow | {513: number(order, 0, 4), 514: number(order, 0, 4)}, order, 0))
    follow |= {513: number(order, second + size, 4), 514: number(order, len(small), 4)}
    start = b"II*\0" if order == "<" else b"MM\0*"
    block = start + struct.pack(order + "I", 8) + bytes(head)
    block += pack_ifd(follow, order, second) + small + bytes(len(small) % 2)
    at = block.index(b"Note") + 4
    where = at + 12 if within else len(block)
    pointer = struct.pack(order + "II", where, len(SECRET))
    block = block[:at] + pointer + block[at + len(pointer) :] + SECRET
    return block.replace(b"." * len(SECRET), SECRET)


def pointed(data: bytes, base: int = 0) -> bytes:
    """Follow the offset in the note, as the maker's own program would."""
    order = "<" if data[base : base + 2] == b"II" else ">"
    at = data.index(b"Note", base) + 4
    where, length = struct.unpack_from(order + "II", data, at)
    return data[base + where : base + where + length]


def thumbnail(block: bytes) -> Image.Image:
    return Image.open(io.BytesIO(exif_edit.thumbnail_of(block)))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_a_note_still_finds_what_it_points_to(tmp_path, suffix, order):
    Image.fromarray(picture(60, 90, 3, np.uint8)).save(
        tmp_path / "x.png", exif=b"Exif\0\0" + camera_block(order)
    )
    path = write(read(tmp_path / "x.png"), tmp_path / f"y.{suffix}")
    data = path.read_bytes()
    base = data.index(b"II*\0" if order == "<" else b"MM\0*")
    assert pointed(data, base) == SECRET


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("turned", [1, 6])
def test_a_note_keeps_its_place_on_the_way_out_of_a_tiff(tmp_path, order, turned):
    block = camera_block(order, turned, within=True)
    photo = replace(Photo.from_array(picture(60, 90, 3, np.uint8)), metadata=Metadata(exif=block))
    photo = read(write(photo, tmp_path / "x.tif"))
    assert pointed(photo.metadata.exif) == SECRET
    data = write(photo, tmp_path / "y.jpg").read_bytes()
    assert pointed(data, data.index(b"Exif\0\0") + 6) == SECRET


def test_a_note_that_lies_far_into_a_tiff_is_moved_which_is_told(tmp_path, caplog):
    import tifffile

    array = picture(200, 300, 3, np.uint8)
    tifffile.imwrite(tmp_path / "x.tif", array, photometric="rgb", metadata=None)
    data = (tmp_path / "x.tif").read_bytes() + bytes(len((tmp_path / "x.tif").read_bytes()) % 2)
    offset, order, _ = first_ifd(data)
    ifd = read_ifd(data, offset, order) | {34665: {37500: Entry(7, 40, b"Note" + bytes(36))}}
    end = struct.pack("<I", len(data))
    (tmp_path / "x.tif").write_bytes(data[:4] + end + data[8:] + pack_ifd(ifd, order, len(data)))
    photo = read(tmp_path / "x.tif")
    np.testing.assert_array_equal(photo.pixels, array)
    assert len(photo.metadata.exif) < 1000
    assert b"Note" in photo.metadata.exif
    assert f"{tmp_path / 'x.tif'}: The TIFF's maker note had to be moved" in caplog.text


@pytest.mark.parametrize("order", ["<", ">"])
def test_sizes_and_thumbnail_are_those_of_the_result_and_nothing_else_changes(tmp_path, order):
    before = camera_block(order)
    Image.fromarray(picture(60, 90, 3, np.uint8)).save(
        tmp_path / "x.png", exif=b"Exif\0\0" + before
    )
    photo = read(tmp_path / "x.png")
    large = replace(photo, pixels=photo.pixels.repeat(4, 0).repeat(4, 1))
    after = read(write(large, tmp_path / "y.png")).metadata.exif
    offset, _, _ = first_ifd(after)
    main = read_ifd(after, offset, order)
    below = main[34665]
    assert main[256].value == struct.pack(order + "I", 240)
    assert main[257].value == struct.pack(order + "I", 360)
    assert below[40962].value == below[40965][4097].value == struct.pack(order + "H", 240)
    assert below[40963].value == below[40965][4098].value == struct.pack(order + "H", 360)
    assert main[274].value == struct.pack(order + "H", 1)
    small = thumbnail(after)
    assert small.size == (107, 160)
    expected = Image.fromarray(large.pixels).resize(small.size)
    error = np.abs(np.asarray(small, int) - np.asarray(expected, int)).mean()
    assert error < 12
    allowed = re.compile(rb"\xff\xd8.*?(?=" + SECRET + b")", re.DOTALL).search(before).span()
    changed = {i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b}
    outside = {i for i in changed if not allowed[0] <= i < allowed[1]}
    assert len(outside) <= 18  # eight numbers, two orientations, the length of the thumbnail


def test_a_size_beyond_a_short_number_becomes_long():
    block = exif_edit.sized(camera_block(), 70_000, 3)
    below = read_ifd(block, 8, "<")[34665]
    assert below[40962] == Entry(4, 1, struct.pack("<I", 70_000))
    assert below[40963] == number("<", 3)


def test_a_thumbnail_without_room_is_removed(tmp_path):
    tiny = b"\xff\xd8tiny thumbnail\xff\xd9"
    block = camera_block(turned=1, small=tiny)
    photo = replace(Photo.from_array(picture(60, 90, 3, np.uint8)), metadata=Metadata(exif=block))
    after = read(write(photo, tmp_path / "x.png")).metadata.exif
    assert exif_edit.thumbnail_of(after) is None
    assert (len(after), pointed(after)) == (len(block), SECRET)
    assert tiny not in after


def test_a_tiff_keeps_no_hidden_thumbnail(tmp_path):
    block = camera_block(turned=1)
    photo = replace(Photo.from_array(picture(60, 90, 3, np.uint8)), metadata=Metadata(exif=block))
    data = write(photo, tmp_path / "x.tif").read_bytes()
    assert b"\xff\xd8\xff" not in data[: len(block)]
    assert pointed(data) == SECRET


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_place_is_blanked_and_nothing_else(order):
    block = camera_block(order)
    meta = stripped(Metadata(exif=block), "gps", pytest.fail)
    offset, _, _ = first_ifd(meta.exif)
    before, after = (read_ifd(b, offset, order) for b in (block, meta.exif))
    assert before.pop(34853)
    assert after == before
    assert struct.pack(order + "2I", 2950, 100) not in meta.exif
    assert pointed(meta.exif) == SECRET
    assert thumbnail(meta.exif).size == (160, 107)


BLOCK = camera_block()


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_damaged_blocks_are_changed_or_refused_but_never_grow(data):
    block = bytearray(BLOCK if data.draw(st.booleans()) else exif_block(6))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, min(len(block), 400) - 1))
        block[at] = data.draw(st.integers(0, 255))
    block = bytes(block[: data.draw(st.integers(0, len(block)))])
    for change in (
        lambda b: exif_edit.sized(b, 7, 9),
        exif_edit.without_gps,
        exif_edit.without_thumbnail,
        lambda b: exif_edit.with_thumbnail(b, b"\xff\xd8\xff\xd9"),
    ):
        try:
            assert len(change(block)) == len(block)
        except ValueError:
            continue


FILES = camera_files()
needs_samples = pytest.mark.skipif(
    not FILES, reason="needs photos of real cameras: python -m tests.samples .venv/samples"
)
OF_THE_PHOTO = re.compile(r"(?!(System|File|ExifTool|JFIF|Composite|IFD1|PNG|PNG-pHYs|RIFF)\b)")
STORAGE = re.compile(
    r"IFD0:(Image(Width|Height)|BitsPerSample|Compression|PhotometricInterpretation|Predictor"
    r"|PlanarConfiguration|RowsPerStrip|Sample(Format|sPerPixel)|Strip(Offsets|ByteCounts))$"
    r"|ExifIFD:ExifImage(Width|Height)$|InteropIFD:RelatedImage(Width|Height)$"
    r"|\w+:PreviewImageStart$"  # which ExifTool counts from the beginning of the file
)


def told(path) -> dict:
    found = tags(path)
    return {k: v for k, v in found.items() if OF_THE_PHOTO.match(k) and not STORAGE.match(k)}


@needs_exiftool
@needs_samples
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_notes_of_real_cameras_are_read_as_before(tmp_path, file, suffix):
    path = write(read(file), tmp_path / f"x.{suffix}")
    assert told(path) == told(file)
    back = write(read(path), tmp_path / "back.jpg")
    if (suffix, file.stem) != ("tif", "r_sigma"):  # its note's values lie partly behind the note
        assert told(back) == told(file)
    usual = "not allowed in TIFF|0x0103 Compression|Missing required TIFF|PreviewImageStart"
    new = [c for c in complaints(path) if c not in complaints(file)]
    assert [c for c in new if not re.search(usual, c)] == []
