"""Nothing that was to be left out is in the file, wherever it may have been put."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from restore.errors import ParameterError
from restore.photo import Metadata, Photo, Text, read, write
from restore.photo.metadata.photoshop import IPTC, Resource, iptc_of, pack
from restore.photo.metadata.xmp import RDF
from tests.photo.conftest import exif_block, picture
from tests.photo.exiftool import exiftool, needs_exiftool, tags
from tests.photo.test_exiftool import EXIF
from tests.photo.test_exiftool import IPTC as IPTC_TAGS
from tests.photo.test_exiftool import XMP as XMP_TAGS

KINDS = ("jpg", "png", "tif", "webp")
PLACES = re.compile(r"GPS|City|Country|Province|State|Location|Paris|Louvre|IdF|48\.5")


def dataset(number: int, value: bytes) -> bytes:
    return b"\x1c\x02" + bytes((number,)) + len(value).to_bytes(2, "big") + value


@needs_exiftool
@pytest.mark.parametrize("kind", KINDS)
def test_exiftool_finds_no_place(tmp_path, kind):
    path = write(Photo.from_array(picture(30, 45, 3, np.uint8)), tmp_path / f"x.{kind}")
    places = (
        "-XMP-iptcCore:CountryCode=FRA|-XMP-photoshop:State=IdF|-XMP-photoshop:Country=France|"
        "-XMP-iptcExt:LocationShownCity=Paris|-XMP-iptcExt:LocationCreatedGPSLatitude=48.5"
    )
    iptc = f"|{IPTC_TAGS}|-IPTC:Country-PrimaryLocationName=France|-IPTC:Sub-location=Louvre"
    given = f"{EXIF}|{XMP_TAGS}|{places}{iptc if kind != 'webp' else ''}"
    exiftool("-overwrite_original", "-m", *given.split("|"), path)
    photo = read(path)
    copy = write(photo, tmp_path / f"y.{kind}", strip="gps")
    before, after = tags(path, copy)
    assert len([k for k in before if PLACES.search(f"{k} {before[k]}")]) >= 9
    assert [k for k in after if PLACES.search(f"{k} {after[k]}") and "System" not in k] == []
    lost = {k for k in before if k not in after and not PLACES.search(f"{k} {before[k]}")}
    assert not [k for k in lost if k.startswith(("IFD0", "ExifIFD", "XMP", "IPTC:"))]
    assert b"Paris" not in copy.read_bytes()


@needs_exiftool
@pytest.mark.parametrize("kind", KINDS)
def test_stripped_of_everything_only_picture_and_profile_stay(tmp_path, icc, kind):
    path = write(Photo.from_array(picture(30, 45, 4, np.uint8)[..., :3]), tmp_path / f"x.{kind}")
    exiftool("-overwrite_original", "-m", *f"{EXIF}|{XMP_TAGS}".split("|"), path)
    photo = read(path)
    photo = replace(photo, metadata=replace(photo.metadata, icc=icc, texts=(Text("T", "x"),)))
    copy = write(photo, tmp_path / f"y.{kind}", strip="metadata")
    groups = {name.partition(":")[0] for name in tags(copy)[0]}
    storage = {"ExifTool", "System", "File", "JFIF", "PNG", "RIFF", "IFD0", "Composite"}
    assert {g for g in groups - storage if not g.startswith("ICC")} == set()
    again = read(copy)
    assert again.metadata == Metadata(icc=icc)
    assert not re.search(rb"Maker|Cam 1|2020:02:29|Paris", copy.read_bytes())


@needs_exiftool
def test_adobe_rgb_that_a_camera_told_in_exif_is_still_told(tmp_path):
    path = write(Photo.from_array(picture(8, 9, 3, np.uint8)), tmp_path / "x.jpg")
    exiftool("-overwrite_original", "-Make=M", "-ColorSpace=Uncalibrated", path)
    exiftool("-overwrite_original", "-InteropIndex=R03", path)
    (found,) = tags(write(read(path), tmp_path / "y.jpg", strip="metadata"))
    assert found["ExifIFD:ColorSpace"] == "Uncalibrated"
    assert found["InteropIFD:InteropIndex"].startswith("R03")
    assert "IFD0:Make" not in found


def test_what_cannot_be_searched_is_left_out_whole(tmp_path, caplog):
    meta = Metadata(xmp=b"<x exif:GPSLatitude='1'>", photoshop=b"8BIMbroken")
    photo = replace(Photo.from_array(picture(8, 9, 3, np.uint8)), metadata=meta)
    path = write(photo, tmp_path / "x.png", strip="gps")
    assert read(path).metadata == Metadata()
    assert f"{path}: The XMP packet cannot be searched" in caplog.text
    assert f"{path}: The IPTC data cannot be searched" in caplog.text


def test_the_digest_of_iptc_stays_right_or_wrong():
    from hashlib import md5

    from restore.photo.metadata.photoshop import resources
    from restore.photo.metadata.stripping import stripped

    iptc = dataset(90, b"Paris") + dataset(120, b"caption")
    for digest in (md5(iptc).digest(), b"?" * 16):
        block = pack([Resource(IPTC, iptc), Resource(0x0425, digest), Resource(0x040B, b"u")])
        left = stripped(Metadata(photoshop=block), "gps", pytest.fail).photoshop
        assert iptc_of(left) == dataset(120, b"caption")
        found = {one.number: one.data for one in resources(left)}
        fresh = md5(dataset(120, b"caption")).digest()
        assert found[0x0425] == (fresh if digest != b"?" * 16 else digest)
        assert found[0x040B] == b"u"


def test_places_are_found_under_any_prefix_and_any_depth():
    from restore.photo.metadata.stripping import stripped

    packet = (
        f'<r:RDF xmlns:r="{RDF}" xmlns:e="http://ns.adobe.com/exif/1.0/" xmlns:o="urn:o#">'
        '<r:Description e:GPSLatitude="1" e:Flash="2"><o:p r:parseType="Resource">'
        "<e:GPSLongitude>3</e:GPSLongitude><e:ISO>4</e:ISO></o:p></r:Description></r:RDF>"
    ).encode()
    left = stripped(Metadata(xmp=packet), "gps", pytest.fail).xmp
    gone = (b' e:GPSLatitude="1"', b"<e:GPSLongitude>3</e:GPSLongitude>")
    assert left == packet.replace(gone[0], b"").replace(gone[1], b"")


def test_an_unknown_wish_is_refused_and_nothing_written(tmp_path):
    photo = replace(
        Photo.from_array(picture(8, 9, 3, np.uint8)), metadata=Metadata(exif=exif_block())
    )
    with pytest.raises(ParameterError, match="location"):
        write(photo, tmp_path / "x.png", strip="location")
    assert not (tmp_path / "x.png").exists()
