"""IPTC, comments and texts, long XMP and colour tags arrive in every format that holds them."""

from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from restore.photo import Metadata, Photo, read, write
from restore.photo.jpeg_segments import split as segments_of
from restore.photo.metadata import COMMENT, Text, extended_xmp, xmp
from restore.photo.metadata.photoshop import IPTC, Resource, iptc_of, kept, pack, resources
from tests.photo.conftest import picture
from tests.photo.exiftool import exiftool, needs_exiftool, tags

CITY = b"\x1c\x02\x5a\0\x05Paris"


def photo_with(metadata: Metadata, channels: int = 3, dtype: type = np.uint8) -> Photo:
    return replace(Photo.from_array(picture(12, 15, channels, dtype)), metadata=metadata)


def packet(*properties: str, more: str = "") -> bytes:
    body = "".join(properties)
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="' + xmp.RDF + '">'
        f'<rdf:Description rdf:about="" xmlns:n="urn:n#"{more}>{body}</rdf:Description>'
        "</rdf:RDF></x:xmpmeta>" + " " * 2000 + '<?xpacket end="r"?>'
    ).encode()


def properties(block: bytes) -> dict:
    rdf = xmp.parse(block)
    return {
        name: found.value if isinstance(found, xmp.Attribute) else xmp.text_of(block, found)
        for name, found in xmp.properties(rdf)
    }


@pytest.mark.parametrize("target", ["jpg", "png", "tif"])
def test_image_resources_are_carried_but_for_copies(tmp_path, target):
    found = [Resource(IPTC, CITY), Resource(0x040B, b"urn:x"), Resource(0x0BB7, b"clip", b"path")]
    thumbnail = Resource(0x040C, b"old thumbnail")
    block = kept(pack([*found[:1], thumbnail, *found[1:]]))
    again = read(write(photo_with(Metadata(photoshop=block)), tmp_path / f"x.{target}"))
    assert resources(again.metadata.photoshop) == found


def test_iptc_longer_than_a_segment(tmp_path):
    long = b"\x1c\x02\x78\x80\x04" + (150_000).to_bytes(4, "big") + b"c" * 150_000
    block = pack([Resource(IPTC, long + CITY)])
    photo = photo_with(Metadata(photoshop=block))
    for kind in ("jpg", "png", "tif"):
        photo = read(write(photo, tmp_path / f"x.{kind}"))
        assert iptc_of(photo.metadata.photoshop) == long + CITY


@pytest.mark.parametrize("order", ["<", ">"])
def test_iptc_stored_as_integers_of_either_byte_order(tmp_path, order):
    import tifffile

    padded = CITY + bytes(-len(CITY) % 4)
    numbers = struct.unpack(f"{order}{len(padded) // 4}I", padded)
    array = picture(8, 9, 1, np.uint8)[:, :, 0]
    for swapped, words in (("as bytes", numbers), ("as numbers", struct.unpack(">3I", padded))):
        path = tmp_path / f"{swapped}.tif"
        extra = [(33723, 4, len(words), words, True)]
        tifffile.imwrite(path, array, byteorder=order, metadata=None, extratags=extra)
        assert iptc_of(read(path).metadata.photoshop) == CITY


def test_comments_of_jpeg_and_png_are_one_thing(tmp_path):
    for raw in (b"plain", "é 漢".encode(), b"\xe9 of another time"):
        Image.new("L", (8, 8)).save(tmp_path / "x.jpg", comment=raw)
        photo = read(tmp_path / "x.jpg")
        copy = write(photo, tmp_path / "y.jpg", overwrite=True)
        assert [s.data for s in segments_of(copy.read_bytes())[0] if s.marker == 0xFE] == [raw]
        with Image.open(write(photo, tmp_path / "y.png", overwrite=True)) as png:
            assert png.text[COMMENT] in (raw.decode("utf-8", "replace"), raw.decode("latin-1"))
        again = read(write(read(tmp_path / "y.png"), tmp_path / "z.jpg", overwrite=True))
        assert again.metadata.texts[0].text in (raw.decode("utf-8", "replace"), "é of another time")


NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
TEXTS = st.builds(Text, NAMES, WORDS, st.sampled_from(["", "fr", "zh-Hant"]), st.just(""))


@given(st.lists(TEXTS, max_size=4))
@settings(max_examples=60, deadline=None)
def test_texts_of_png_are_carried(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("png") / "x.png"
    texts = tuple(text for text in texts if not text.keyword.startswith(("Raw", "XML")))
    again = read(write(photo_with(Metadata(texts=texts)), path))
    assert again.metadata.texts == texts


def test_pillow_reads_the_texts_and_blocks(tmp_path):
    texts = (Text("Title", "plain"), Text("Description", "漢", "zh", "說明"))
    path = write(photo_with(Metadata(texts=texts)), tmp_path / "x.png")
    with Image.open(path) as image:
        assert image.text == {"Title": "plain", "Description": "漢"}
        assert image.text["Description"].tkey == "說明"


def test_colour_tags_of_a_png_stay(tmp_path, caplog):
    wide = (("cICP", bytes((9, 16, 0, 1))), ("gAMA", bytes(4)), ("cHRM", bytes(32)))
    plain = (("sRGB", b"\0"), ("gAMA", (45455).to_bytes(4, "big")))
    for number, colour in enumerate((wide, plain)):
        photo = photo_with(Metadata(colour_chunks=colour), 3, np.uint16)
        assert read(write(photo, tmp_path / f"{number}.png")).metadata.colour_chunks == colour
        write(photo, tmp_path / f"{number}.tif")
        assert ("colour tags" in caplog.text) == (number == 0)
        caplog.clear()


def test_xmp_of_any_length_goes_into_a_jpeg_and_comes_back(tmp_path):
    values = [("a" * 70_000), ("b" * 40_000), "c", "d&lt;" * 9000]
    block = packet(
        *(f"<n:p{i}>{value}</n:p{i}>" for i, value in enumerate(values)),
        more=f' n:q="{"q" * 90_000}" n:r="1"',
    )
    photo = photo_with(Metadata(xmp=block))
    for kind in ("png", "tif", "webp"):
        assert read(write(photo, tmp_path / f"x.{kind}")).metadata.xmp == block
    path = write(photo, tmp_path / "x.jpg")
    again = read(path).metadata.xmp
    assert properties(again) == properties(block)
    assert again.endswith(b'<?xpacket end="r"?>')
    assert properties(read(write(read(path), tmp_path / "y.jpg")).metadata.xmp) == properties(block)


def test_space_at_the_end_is_given_up_before_anything_moves(tmp_path):
    block = packet(f"<n:p>{'a' * 64_500}</n:p>")
    assert len(block) > extended_xmp.MAX_PACKET
    proper, portions = extended_xmp.split(block)
    assert portions == []
    assert properties(proper) == properties(block)


@needs_exiftool
def test_exiftool_joins_what_was_split(tmp_path):
    block = packet()
    path = write(photo_with(Metadata(xmp=block)), tmp_path / "x.png")
    exiftool("-overwrite_original", "-XMP-dc:Description=" + "long " * 20_000, path)
    exiftool("-overwrite_original", "-XMP-dc:Title=short", path)
    copy = write(read(path), tmp_path / "x.jpg")
    before, after = tags(path), tags(copy)
    assert {k: v for k, v in after.items() if k.startswith("XMP-dc")} == {
        k: v for k, v in before.items() if k.startswith("XMP-dc")
    }
    assert "ExifTool:Warning" not in after


@pytest.mark.parametrize("damage", ["missing", "changed", "unnamed"])
def test_a_damaged_long_part_costs_only_itself(tmp_path, caplog, damage):
    block = packet(f"<n:p>{'a' * 200_000}</n:p>", more=' n:r="1"')
    data = write(photo_with(Metadata(xmp=block)), tmp_path / "x.jpg").read_bytes()
    wrong = {
        "missing": data.replace(b"xmp/extension/\0", b"xmp/extensiox/\0", 1),
        "changed": data.replace(b"a" * 9, b"a" * 8 + b"b", 1),
        "unnamed": data.replace(b"HasExtendedXMP", b"HasExtendedXXX"),
    }
    (tmp_path / "x.jpg").write_bytes(wrong[damage])
    photo = read(tmp_path / "x.jpg")
    assert properties(photo.metadata.xmp)["urn:n#", "r"] == "1"
    assert ("urn:n#", "p") not in properties(photo.metadata.xmp)
    assert f"{tmp_path / 'x.jpg'}: The long part of the JPEG's XMP is damaged" in caplog.text


def test_blocks_kept_as_text_in_old_pngs_are_read(tmp_path):
    import zlib

    from restore.photo.metadata.png_text import packed_profile
    from restore.photo.png_chunks import Chunk, assemble, read_chunks
    from tests.photo.conftest import exif_block

    data = write(photo_with(Metadata()), tmp_path / "x.png").read_bytes()
    header, *rest = read_chunks(data)
    texts = [
        Chunk(b"zTXt", packed_profile("APP1", b"Exif\0\0" + exif_block(1))),
        Chunk(b"zTXt", packed_profile("8bim", pack([Resource(IPTC, CITY)]))),
        Chunk(b"zTXt", packed_profile("xmp", packet())),
        Chunk(b"zTXt", b"Raw profile type icc\0\0" + zlib.compress(b"\nicc\n 5\nzz")),
    ]
    (tmp_path / "x.png").write_bytes(assemble([header, *texts, *rest]))
    meta = read(tmp_path / "x.png").metadata
    assert (meta.exif, meta.xmp) == (exif_block(1), packet())
    assert iptc_of(meta.photoshop) == CITY
    assert meta.icc is None
