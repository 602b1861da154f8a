"""What a result tells of itself, and what it is told to leave out."""

import json
from dataclasses import replace

from PIL import Image

import restore
from restore.photo import Metadata, Text, read, write
from restore.photo.metadata.provenance import events
from tests.cli.conftest import picture
from tests.photo.conftest import exif_block


def tagged(folder):
    path = picture(folder / "a.png")
    meta = Metadata(exif=exif_block(), texts=(Text("Title", "Me"),))
    return write(replace(read(path), metadata=meta), path, overwrite=True)


def test_a_result_tells_what_was_done_unless_told_not_to(call, tmp_path):
    path = tagged(tmp_path)
    assert call("provenance", path)[:2] == (0, f"{path} tells of nothing that was done to it.\n")
    assert call("denoise", path, "--noise", "0.1")[0] == 0
    code, out, _ = call("provenance", "a-denoised.png", "--json")
    (told,) = json.loads(out)
    assert (code, told["action"], told["parameters"]["noise"]) == (0, "denoise", 0.1)
    assert told["software"] == f"restore {restore.__version__}"
    assert len(told["model_sha256"]) == 64
    assert call("denoise", "a-denoised.png", "--noise", "0.1", "-o", "b.png")[0] == 0
    lines = call("provenance", "b.png")[1].splitlines()
    assert [line.split()[1] for line in lines if "restore" in line] == ["denoise,", "denoise,"]
    assert call("denoise", path, "--noise", "0.1", "--no-provenance", "-o", "c.png")[0] == 0
    assert read("c.png").metadata == read(path).metadata


def test_an_unchanged_photo_tells_nothing(call, tmp_path):
    path = tagged(tmp_path)
    assert call("denoise", path, "--strength", "0")[0] == 0
    assert events(read("a-denoised.png").metadata.xmp) == ()


def test_metadata_are_left_out(call, tmp_path):
    path = tagged(tmp_path)
    assert call("denoise", path, "--noise", "0.1", "--strip-gps", "-o", "b.png")[0] == 0
    with Image.open("b.png") as image:
        assert image.getexif()[271] == "Camera maker"
        assert not image.getexif().get_ifd(34853)
        assert image.text["Title"] == "Me"
    assert len(events(read("b.png").metadata.xmp)) == 1
    assert call("denoise", path, "--noise", "0.1", "--strip-metadata", "-o", "c.png")[0] == 0
    assert read("c.png").metadata == Metadata()


def test_a_packet_that_cannot_be_read_is_named(call, tmp_path):
    path = picture(tmp_path / "a.png")
    write(replace(read(path), metadata=Metadata(xmp=b"<x")), path, overwrite=True)
    code, _, err = call("provenance", path)
    assert code == 3
    assert str(path) in err
