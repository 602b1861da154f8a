"""Camera raw: a mosaic that the test writes comes out as the scene that it is of."""

from __future__ import annotations

import io
import struct

import imagecodecs
import numpy as np
import pytest
import tifffile

import restore
from restore.errors import PhotoError
from restore.hooks.manager import Plugins
from restore.photo import Photo, write
from restore.photo.exif import EXIF_IFD, GPS_IFD, Entry, first_ifd, pack_block, read_ifd
from restore.photo.isobmff import pack_box
from restore_raw import restore_formats
from restore_raw.metadata import read_metadata
from restore_raw.recognise import recognises
from tests.photo.conftest import XMP, exif_block, picture

pytest.importorskip("rawpy")

XYZ_TO_SRGB = (3.2404542, -1.5371385, -0.4985314, -0.9692660, 1.8760108, 0.0415560)
XYZ_TO_SRGB += (0.0556434, -0.2040259, 1.0572252)


def dng(scene: np.ndarray, neutral=(1.0, 1.0, 1.0), orientation: int = 1, **options) -> bytes:
    """Return a DNG of a scene (H, W, 3) in linear sRGB, seen by a sensor with an RGGB mosaic."""
    mosaic = np.empty(scene.shape[:2])
    for y, x, channel in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
        mosaic[y::2, x::2] = scene[y::2, x::2, channel] * neutral[channel]
    matrix = [part for value in XYZ_TO_SRGB for part in (round(value * 10000), 10000)]
    shot = [part for value in neutral for part in (round(value * 1000), 1000)]
    tags = [
        (271, 2, 0, "Camera maker", True),
        (272, 2, 0, "Model", True),
        (274, 3, 1, orientation, True),
        (700, 1, len(XMP), XMP, True),
        (33421, 3, 2, (2, 2), True),
        (33422, 1, 4, bytes((0, 1, 1, 2)), True),
        (50706, 1, 4, bytes((1, 4, 0, 0)), True),
        (50708, 2, 0, "Camera maker Model", True),
        (50717, 4, 1, 65535, True),
        (50721, 10, 9, tuple(matrix), True),
        (50728, 5, 3, tuple(shot), True),
        (50778, 3, 1, 21, True),
    ]
    file = io.BytesIO()
    options = {"photometric": 32803, "metadata": None, "extratags": tags} | options
    tifffile.imwrite(file, np.rint(mosaic * 65535).astype(np.uint16), **options)
    return file.getvalue()


def srgb(light):
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


@pytest.fixture
def plugins(monkeypatch) -> Plugins:
    """Return plugins with camera raw among them, whether it is installed here or not."""
    from restore.hooks.discovery import Candidate

    here = Candidate("raw", "restore_raw", "", lambda: __import__("restore_raw"))
    monkeypatch.setattr("restore.hooks.manager.installed", lambda: [here])
    return Plugins.load(allow=["raw"])


def read(plugins, path, data, **options) -> Photo:
    path.write_bytes(data)
    return restore.read(path, plugins=plugins, **options)


@pytest.mark.parametrize("neutral", [(1.0, 1.0, 1.0), (0.5, 1.0, 0.7)])
def test_colours_are_those_of_the_scene_whatever_the_light(plugins, tmp_path, neutral):
    colours = np.array([[0.10, 0.30, 0.20], [0.35, 0.20, 0.10], [0.25, 0.25, 0.25]])
    scene = np.repeat(np.repeat(colours[None], 60, 0), 40, 1)
    photo = read(plugins, tmp_path / "x.dng", dng(scene, neutral))
    assert photo.pixels.dtype == np.uint16
    assert photo.pixels.shape == (60, 120, 3)
    for number, colour in enumerate(colours):
        seen = photo.to_float()[20:40, 40 * number + 15 : 40 * number + 25].mean((0, 1))
        assert seen == pytest.approx(srgb(colour), abs=0.02)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_it_comes_out_upright(plugins, tmp_path, orientation):
    scene = np.full((40, 60, 3), 0.2)
    scene[:10, :20] = 0.8
    photo = read(plugins, tmp_path / "x.dng", dng(scene, orientation=orientation))
    bright = photo.to_float().mean(2) > 0.7
    expected = {1: (0, 0), 3: (1, 1), 6: (0, 1), 8: (1, 0)}[orientation]
    corners = [(y, x) for y in (0, 1) for x in (0, 1) if bright[4 - 9 * y, 4 - 9 * x]]
    assert corners == [expected]
    assert (photo.size == (60, 40)) == (orientation in (1, 3))


def test_what_the_camera_wrote_is_carried_into_a_tiff(plugins, tmp_path):
    photo = read(plugins, tmp_path / "x.dng", dng(np.full((40, 60, 3), 0.2), orientation=6))
    assert photo.source.format == "Camera raw"
    assert b"Camera maker\0" in photo.metadata.exif
    assert b'tiff:Orientation="1"' in photo.metadata.xmp
    again = restore.read(write(photo, tmp_path / "y.tif"))
    assert b"Camera maker\0" in again.metadata.exif
    np.testing.assert_array_equal(again.pixels, photo.pixels)


def test_a_dng_needs_no_ending_and_a_tiff_stays_a_tiff(plugins, tmp_path):
    assert read(plugins, tmp_path / "x", dng(np.full((40, 60, 3), 0.2))).size == (60, 40)
    plain = Photo.from_array(picture(20, 30, 3, np.uint16))
    path = write(plain, tmp_path / "x.tif")
    assert restore.read(path, plugins=plugins).source.format == "TIFF"
    with tifffile.TiffWriter(tmp_path / "y.tif") as file:
        options = {"photometric": "rgb", "metadata": None}
        file.write(plain.pixels, subifds=1, **options)
        file.write(plain.pixels[::2, ::2], subfiletype=1, **options)
    assert not recognises((tmp_path / "y.tif").read_bytes()[:4096])


def test_the_size_is_checked_before_memory_is_taken(plugins, tmp_path):
    data = dng(np.full((40, 60, 3), 0.2))
    assert read(plugins, tmp_path / "x.dng", data, max_pixels=2400).size == (60, 40)
    with pytest.raises(PhotoError, match="limit"):
        read(plugins, tmp_path / "x.dng", data, max_pixels=2399)
    for tag in (256, 257):
        at = data.index(struct.pack("<HHI", tag, 4, 1)) + 8
        data = data[:at] + struct.pack("<I", 60000) + data[at + 4 :]
    with pytest.raises(PhotoError, match="60000×60000"):
        read(plugins, tmp_path / "x.dng", data)


@pytest.mark.parametrize("part", [0.05, 0.3, 0.7, 0.99])
def test_a_file_cut_short_is_refused(plugins, tmp_path, part):
    data = dng(np.full((40, 60, 3), 0.2))
    with pytest.raises(PhotoError, match=r"x\.dng"):
        read(plugins, tmp_path / "x.dng", data[: int(part * len(data))])


def test_a_raw_file_of_an_unknown_camera_is_refused_with_advice(plugins, tmp_path):
    with pytest.raises(PhotoError) as caught:
        read(plugins, tmp_path / "x.raf", b"FUJIFILMCCD-RAW " + bytes(5000))
    assert "x.raf" in caught.value.message
    assert caught.value.hint


def test_the_result_is_a_tiff_on_the_command_line(plugins, tmp_path, monkeypatch, capsys):
    from restore.cli import main

    monkeypatch.setenv("RESTORE_PLUGINS", "raw")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.dng").write_bytes(dng(np.full((40, 60, 3), 0.2)))
    assert main(["denoise", ".", "--strength", "0"]) == 0, capsys.readouterr().err
    assert restore.read(tmp_path / "photo-denoised.tif").pixels.dtype == np.uint16


def entries(block: bytes):
    offset, order, _ = first_ifd(block)
    return read_ifd(block, offset, order)


def canon(block: bytes) -> bytes:
    """Return the boxes of a CR3 file with the directories of an EXIF block."""
    ifd = entries(block)
    main = {tag: entry for tag, entry in ifd.items() if isinstance(entry, Entry)}
    parts = [(b"CMT1", main), (b"CMT2", ifd[EXIF_IFD]), (b"CMT4", ifd[GPS_IFD])]
    inner = b"".join(pack_box(name, pack_block(part, "<")) for name, part in parts)
    uuid = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    movie = pack_box(b"moov", pack_box(b"uuid", uuid + inner))
    return pack_box(b"ftyp", b"crx \0\0\0\1crx isom") + movie


def fujifilm(block: bytes) -> bytes:
    """Return a RAF file's header and preview."""
    preview = imagecodecs.jpeg8_encode(np.zeros((8, 8), np.uint8))
    app1 = struct.pack(">HH", 0xFFE1, len(block) + 8) + b"Exif\0\0" + block
    preview = preview[:2] + app1 + preview[2:]
    return b"FUJIFILMCCD-RAW ".ljust(84, b"\0") + struct.pack(">II", 92, len(preview)) + preview


@pytest.mark.parametrize(
    "container",
    [
        lambda block: block,
        lambda block: b"IIRO" + block[4:],
        lambda block: b"IIU\0" + block[4:],
        canon,
        fujifilm,
    ],
    ids=["TIFF", "Olympus", "Panasonic", "Canon", "Fujifilm"],
)
def test_exif_is_found_in_every_makers_container(container):
    block = exif_block(6)
    found = entries(read_metadata(container(block)).exif)
    expected = entries(block)
    assert found[271] == expected[271]
    assert found[EXIF_IFD] == expected[EXIF_IFD]
    assert found[GPS_IFD] == expected[GPS_IFD]
    assert 274 not in found


def test_what_is_not_true_of_the_developed_picture_is_mended():
    long = Entry(7, 70_000, bytes(70_000))
    adobe = Entry(3, 1, struct.pack("<H", 2))
    ifd = {271: Entry(2, 3, b"me\0"), EXIF_IFD: {37500: long, 40961: adobe}}
    found = entries(read_metadata(pack_block(ifd, "<")).exif)
    assert found[EXIF_IFD] == {40961: Entry(3, 1, struct.pack("<H", 1))}


@pytest.mark.parametrize("data", [b"II*\0", b"FUJIFILM", pack_box(b"ftyp", b"crx \0\0\0\1"), b"?"])
def test_damaged_metadata_cost_a_warning(data, caplog):
    assert read_metadata(data).exif is None
    assert "damaged" in caplog.text


def test_signatures():
    assert recognises(pack_box(b"ftyp", b"crx \0\0\0\1crx isom"))
    assert recognises(b"IIRO" + bytes(60))
    assert recognises(b"II*\0\x10\0\0\0CR\2\0" + bytes(4000))
    assert not recognises(b"\xff\xd8\xff\xe0" + bytes(60))
    assert not recognises(b"")
    ending = {suffix for kind in restore_formats() for suffix in kind.suffixes}
    assert {".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2"} <= ending
