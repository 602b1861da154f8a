"""What ExifTool finds in a file, it finds in what is written of it, if the format holds it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from restore.photo import read, write
from tests.photo.conftest import picture
from tests.photo.exiftool import complaints, exiftool, needs_exiftool, tags

pytestmark = needs_exiftool

KINDS = ("jpg", "png", "tif", "webp")

EXIF = (
    "-Make=Maker|-Model=Cam 1|-Artist=Ärtist|-Copyright=(c) me|-ImageDescription=A thing|"
    "-Software=soft 1|-DateTimeOriginal=2020:02:29 12:34:56|-ExposureTime=1/250|-FNumber=2.8|"
    "-ISO=200|-FocalLength=50|-LensModel=L 50|-UserComment=öé|-XPTitle=xt|"
    "-ExifIFD:ExifImageWidth=45|-ExifIFD:ExifImageHeight=30|-ExifIFD:OffsetTime=+02:00|"
    "-GPSLatitude=48.5|-GPSLatitudeRef=N|-GPSLongitude=2.25|-GPSLongitudeRef=E|-GPSAltitude=120|"
    "-GPSDateStamp=2020:02:29|-IFD0:XResolution=240|-IFD0:YResolution=240|-IFD0:ResolutionUnit=inches"
)
XMP = (
    "-XMP-dc:Title=Títle|-XMP-dc:Subject=a|-XMP-dc:Subject=b|-XMP-photoshop:City=Paris|"
    "-XMP-iptcCore:Location=Louvre|-XMP-exif:GPSLatitude=48.5|-XMP-exif:GPSLongitude=2.25|"
    "-XMP-tiff:ImageWidth=45|-XMP-tiff:ImageHeight=30|-XMP-iptcExt:LocationCreatedCity=Paris|"
    "-XMP-xmpMM:HistoryAction=saved|-XMP-xmpMM:HistoryWhen=2020:02:29 12:00:00|-XMP-xmp:Rating=4"
)
IPTC = (
    "-IPTC:City=Paris|-IPTC:Keywords=k1|-IPTC:Keywords=k2|-IPTC:Caption-Abstract=Cap é|"
    "-IPTC:CodedCharacterSet=UTF8|-IPTC:Province-State=IdF|-IPTC:By-line=me"
)
ONLY = {
    "jpg": f"{IPTC}|-Photoshop:URL=urn:x|-Comment=A comment é",
    "tif": f"{IPTC}|-Photoshop:URL=urn:x",
    "png": f"{IPTC}|-PNG:Comment=A comment é|-PNG:Title=Tä|-PNG:Description=漢|-PNG:Gamma=2.2|"
    "-PNG:SRGBRendering=0",
    "webp": "-IFD0:PageName=none",
}

STORAGE = re.compile(
    r"(System|ExifTool|JFIF|RIFF|PNG-pHYs):|File:(?!Comment)"
    r"|PNG:(Image(Width|Height)|BitDepth|ColorType|Compression|Filter|Interlace)$"
    r"|IFD0:(Image(Width|Height)|BitsPerSample|Compression|PhotometricInterpretation|Predictor"
    r"|PlanarConfiguration|RowsPerStrip|Sample(Format|sPerPixel)|Strip(Offsets|ByteCounts))$"
)
"""Tags that tell how a file stores the picture; resolution beside EXIF is compared apart."""

CANNOT_HOLD = {
    "jpg": r"PNG:(?!Comment)",
    "png": r"never",
    "tif": r"PNG:|File:Comment",
    "webp": r"PNG:|File:Comment|IPTC:|Photoshop:",
}


@pytest.fixture(scope="module")
def tagged(tmp_path_factory) -> dict[str, Path]:
    """Return a file of each kind with all tags that ExifTool can write into it."""
    folder = tmp_path_factory.mktemp("tagged")
    files = {}
    for kind in KINDS:
        files[kind] = folder / f"x.{kind}"
        Image.fromarray(picture(30, 45, 3, np.uint8)).save(files[kind])
        given = "|".join((EXIF, XMP, ONLY[kind])).split("|")
        exiftool("-overwrite_original", "-m", *given, files[kind])
    return files


def carried(found: dict, target: str) -> dict:
    return {
        name.replace("PNG:Comment", "File:Comment"): value
        for name, value in found.items()
        if not STORAGE.match(name) and not re.match(CANNOT_HOLD[target], name)
    }


@pytest.mark.parametrize("target", KINDS)
@pytest.mark.parametrize("source", KINDS)
def test_every_tag_arrives(tmp_path, tagged, source, target):
    photo = read(tagged[source])
    path = write(photo, tmp_path / f"y.{target}")
    before, after = tags(tagged[source]), tags(path)
    expected = carried(before, target)
    assert len(expected) > 50
    assert carried(after, target) == expected
    assert photo.metadata.dpi == read(path).metadata.dpi == (240.0, 240.0)
    assert after["File:FileType"].split()[-1] == {"jpg": "JPEG", "tif": "TIFF"}.get(
        target, target.upper()
    )


@pytest.mark.parametrize("target", KINDS)
@pytest.mark.parametrize("source", KINDS)
def test_the_file_stays_valid(tmp_path, tagged, source, target):
    path = write(read(tagged[source]), tmp_path / f"y.{target}")
    usual = (
        "not allowed in TIFF|tag 0x0103 Compression|0x001b GPSProcessingMethod"  # TIFF 6.0 alone
        "|IPTCDigest is not current|0x0213 YCbCrPositioning"
    )
    assert [c for c in complaints(path) if not re.search(usual, c)] == []
