"""HDR gain maps stay with a photo of their size, and leave no trace with another."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.MpoImagePlugin import MpoImageFile

from restore.hooks import Action, Parameters, Report, Result
from restore.hooks.run import run_action
from restore.photo import Photo, read, write
from restore.photo.orientation import turn
from tests.photo.conftest import exif_block, picture

NAMESPACES = (
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" '
    'xmlns:Container="http://ns.google.com/photos/1.0/container/" '
    'xmlns:Item="http://ns.google.com/photos/1.0/container/item/"'
)
ISO = b"urn:iso:std:iso:ts:21496:-1\0"


def packet(inner: str) -> bytes:
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {NAMESPACES}>{inner}</rdf:RDF></x:xmpmeta>'
    ).encode()


def marked(length: int, title: str = "A photo") -> bytes:
    items = (
        '<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="Primary" '
        'Item:Mime="image/jpeg"/></rdf:li>'
        '<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="GainMap" '
        f'Item:Mime="image/jpeg" Item:Length="{length}"/></rdf:li>'
        '<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="MotionPhoto" '
        'Item:Mime="video/mp4" Item:Length="999"/></rdf:li>'
    )
    return packet(
        f'<rdf:Description hdrgm:Version="1.0" title="{title}"><Container:Directory><rdf:Seq>'
        f"{items}</rdf:Seq></Container:Directory></rdf:Description>"
    )


def segment(data: bytes, marker: int = 0xE2) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def mpf(entries: list[tuple[int, int, int]]) -> bytes:
    """Return an MPF block of (attributes, size, offset), in the other byte order than ours."""
    rows = b"".join(struct.pack(">IIIHH", *entry, 0, 0) for entry in entries)
    head = b"MM\0*" + struct.pack(">IH", 8, 3)
    head += struct.pack(">HHI4s", 0xB000, 7, 4, b"0100")
    head += struct.pack(">HHII", 0xB001, 4, 1, len(entries))
    head += struct.pack(">HHII", 0xB002, 7, len(rows), 50) + bytes(4)
    return b"MPF\0" + head + rows


def gain_map(size: tuple[int, int] = (20, 12), kind: str = "ultra") -> bytes:
    """Return a gain map, left to right darker."""
    ramp = np.broadcast_to(np.linspace(250, 5, size[0]), size[::-1]).astype(np.uint8)
    file = io.BytesIO()
    description = {
        "ultra": packet('<rdf:Description hdrgm:Version="1.0" hdrgm:GainMapMax="3.5"/>'),
        "apple": packet('<rdf:Description t="urn:com.apple.photo:2020:aux:hdrgainmap"/>'),
        "preview": packet("<rdf:Description/>"),
    }[kind]
    Image.fromarray(ramp).save(file, "JPEG", quality=92, xmp=description)
    return file.getvalue()


def ultra_hdr(kind: str = "ultra", orientation: int | None = None, map_size=(20, 12)) -> bytes:
    """Return a photo of 80×48 pixels with a preview and a gain map, as a phone writes it."""
    file = io.BytesIO()
    exif = b"Exif\0\0" + exif_block(orientation)
    second = gain_map(map_size, kind)
    Image.fromarray(picture(48, 80, 3, np.uint8)).save(
        file, "JPEG", quality=95, exif=exif, xmp=marked(len(second))
    )
    data, other = file.getvalue(), gain_map((10, 6), "preview")
    at = data.index(b"\xff\xdb")
    iso = segment(ISO + bytes(4))
    blank = mpf([(0, 0, 0)] * 3)
    total = len(data) + len(iso) + len(segment(blank))
    start = at + len(iso) + 4 + 4
    block = mpf(
        [
            (0x030000, total, 0),
            (0x10001, len(other), total - start),
            (0, len(second), total - start + len(other)),
        ]
    )
    return data[:at] + iso + segment(block) + data[at:] + other + second


def changed(photo: Photo, scale: int = 1) -> Photo:
    class Scaled(Parameters):
        scale: int = 1

    def work(given: Photo, *_):
        values = given.to_float().repeat(scale, 0).repeat(scale, 1) * 0.9
        return Result(given.with_float(values), Report("work"))

    action = Action("work", "Work", "", Scaled, work, scale="scale")
    return run_action(action, photo, {"scale": scale}, None).photo


def second_picture(data: bytes) -> bytes:
    """Return the second picture as Pillow's reader of MPF finds it, byte for byte."""
    with MpoImageFile(io.BytesIO(data)) as image:
        assert image.n_frames == 2
        entry = image.mpinfo[0xB002][1]
        image.seek(1)
        image.load()
        start = image.offset
    assert start + entry["Size"] == len(data)
    return data[start:]


@pytest.mark.parametrize("kind", ["ultra", "apple"])
def test_a_gain_map_goes_with_a_photo_of_the_same_size(tmp_path, kind, caplog):
    (tmp_path / "x.jpg").write_bytes(ultra_hdr(kind))
    photo = read(tmp_path / "x.jpg")
    for done in (photo, changed(photo)):
        path = write(done, tmp_path / "y.jpg", overwrite=True)
        data = path.read_bytes()
        assert second_picture(data) == gain_map(kind=kind)
        assert data.count(ISO) == 1
        again = read(path)
        assert again.gain_map is not None
        assert again.gain_map.jpeg == gain_map(kind=kind)
        xmp = again.metadata.xmp
        assert f'Item:Length="{len(gain_map(kind=kind))}"'.encode() in xmp
        assert b"Primary" in xmp
        assert b"MotionPhoto" not in xmp
    assert "gain map" not in caplog.text


@pytest.mark.skipif(not shutil.which("exiftool"), reason="exiftool is not installed")
def test_exiftool_finds_the_gain_map(tmp_path):
    (tmp_path / "x.jpg").write_bytes(ultra_hdr())
    path = write(changed(read(tmp_path / "x.jpg")), tmp_path / "y.jpg")
    found = subprocess.run(
        ["exiftool", "-b", "-MPImage2", path], capture_output=True, check=True
    ).stdout
    assert found == gain_map()
    warnings = subprocess.run(
        ["exiftool", "-warning", "-error", path], capture_output=True, check=True, text=True
    ).stdout
    assert [line for line in warnings.splitlines() if "MakerNotes" not in line] == []


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_gain_map_is_turned_with_its_photo(tmp_path, orientation):
    (tmp_path / "x.jpg").write_bytes(ultra_hdr(orientation=orientation))
    path = write(read(tmp_path / "x.jpg"), tmp_path / "y.jpg")
    second = second_picture(path.read_bytes())
    with Image.open(io.BytesIO(gain_map())) as old, Image.open(io.BytesIO(second)) as new:
        expected = turn(np.asarray(old), orientation).astype(int)
        assert np.abs(np.asarray(new) - expected).max() < 8
        assert new.info["xmp"] == old.info["xmp"]
    assert f'Item:Length="{len(second)}"'.encode() in read(path).metadata.xmp


@pytest.mark.parametrize("target", ["larger", "png", "cropped"])
def test_a_gain_map_that_does_not_fit_leaves_no_trace(tmp_path, caplog, target):
    (tmp_path / "x.jpg").write_bytes(ultra_hdr())
    photo = read(tmp_path / "x.jpg")
    if target == "larger":
        photo = changed(photo, 2)
    elif target == "cropped":
        photo = replace(photo, pixels=photo.pixels[:, :-8])
    path = write(photo, tmp_path / ("y.png" if target == "png" else "y.jpg"))
    assert "gain map is left out" in caplog.text
    data = path.read_bytes()
    for mark in (b"MPF\0", ISO, b"hdrgm:Version", b"GainMap"):
        assert mark not in data
    assert b"A photo" in read(path).metadata.xmp


def test_other_pictures_are_no_gain_maps(tmp_path, caplog):
    (tmp_path / "x.jpg").write_bytes(ultra_hdr("preview"))
    photo = read(tmp_path / "x.jpg")
    assert photo.gain_map is None
    assert b"hdrgm:Version" not in photo.metadata.xmp
    (tmp_path / "x.jpg").write_bytes(ultra_hdr(map_size=(160, 96)))
    assert read(tmp_path / "x.jpg").gain_map is None
    assert "further pictures" in caplog.text


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_gain_map_costs_only_itself(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    whole = ultra_hdr(orientation=data.draw(st.sampled_from([1, 6])))
    start = whole.index(b"MPF\0") + 4
    end = start + 8 + 2 + 36 + 4 + 48
    broken = bytearray(whole)
    tail = len(whole) - len(gain_map())
    places = st.one_of(st.integers(start, end - 1), st.integers(tail, len(whole) - 1))
    for place in data.draw(st.lists(places, min_size=1, max_size=6)):
        broken[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(gain_map()) - 1))
    (folder / "x.jpg").write_bytes(bytes(broken[: len(broken) - cut]))
    photo = read(folder / "x.jpg")
    assert photo.size in ((80, 48), (48, 80))
    read(write(photo, folder / "y.jpg"))
