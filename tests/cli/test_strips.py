"""Large photos: restored strip by strip, in memory that does not grow with them, or refused."""

import os
import struct
import zlib

import numpy as np
import pytest
import tifffile

import restore
from restore.photo.metadata.provenance import events
from tests.cli.conftest import contents, picture

PLUGIN = """
from restore.hooks import Action, Parameters, Report, Result, hookimpl

def whole(photo, parameters, context):
    return Result(photo.with_float(1 - photo.to_float()), Report("invert"))

def in_strips(photo, parameters, context):
    for top in range(0, photo.size[1], 100):
        context.progress(top / photo.size[1])
        yield 1 - photo.read(top, top + 100).to_float()
    return Report("invert", notes=("In strips.",))

@hookimpl
def restore_actions():
    return [Action("invert", "Invert", "Inverts", Parameters, whole, in_strips=in_strips)]
"""


@pytest.fixture
def plugin(add_plugin):
    return add_plugin("invert", PLUGIN)


def noise(path, height, width):
    values = np.random.default_rng(0).integers(0, 65536, (height, width, 3), np.uint16)
    tifffile.imwrite(path, values, photometric="rgb")
    return path


def test_the_same_file_whole_and_in_strips(cli, plugin):
    picture(cli.folder / "a.jpg", size=(70, 330), quality=97)
    noise(cli.folder / "b.tif", 330, 70)
    for source, target in (("a.jpg", "a.jpg"), ("b.tif", "b.tif"), ("b.tif", "c.png")):
        options = ("invert", source, "--no-provenance")  # which tells the time
        cli(*options, "-o", f"whole/{target}", **plugin)
        done = cli(*options, "-o", f"strips/{target}", "--strips", **plugin)
        assert done.returncode == 0, done.stderr
        assert "In strips." in done.stderr
        if target.endswith(".png"):  # whose rows are filtered otherwise
            read = [restore.read(cli.folder / kind / target) for kind in ("whole", "strips")]
            np.testing.assert_array_equal(read[0].pixels, read[1].pixels)
        else:
            assert contents(cli.folder / "whole")[target] == contents(cli.folder / "strips")[target]


def test_denoise_in_strips_is_denoise(cli):
    picture(cli.folder / "a.png", size=(90, 60))
    options = ("denoise", "a.png", "--noise", "0.05", "--no-provenance")
    cli(*options, "-o", "whole.tif")
    done = cli(*options, "-o", "strips.tif", "--strips")
    assert "Removed white noise of 0.05." in done.stderr
    assert (cli.folder / "whole.tif").read_bytes() == (cli.folder / "strips.tif").read_bytes()


def test_a_result_in_strips_tells_what_was_done(cli):
    picture(cli.folder / "a.png", size=(90, 60))
    for target in ("a.tif", "b.png"):
        cli("denoise", "a.png", "--noise", "0.05", "-o", target, "--strips")
        (event,) = events(restore.read(cli.folder / target).metadata.xmp)
        assert (event.action, event.model) == ("denoise", "base")
        assert len(event.model_sha256) == 64


def test_what_needs_the_whole_photo_gets_it(cli):
    picture(cli.folder / "a.png", size=(40, 30))
    for options in (("upscale", "--scale", "2"), ("denoise", "--steps", "2", "--noise", "0.1")):
        done = cli(*options, "a.png", "-o", f"{options[0]}.tif", "--strips")
        assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="this system does not tell")
def test_memory_does_not_grow_with_the_photo(cli, plugin):
    """12 megapixels of 16 bits, 72 MB, in less memory than they would take, however computed."""
    size = noise(cli.folder / "large.tif", 8000, 1500).stat().st_size
    noise(cli.folder / "small.tif", 100, 1500)
    most = {}
    for name in ("small", "large"):
        process = cli.start("invert", f"{name}.tif", "--strips", **plugin)
        err = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.communicate()
        assert process.returncode == 0, err
        assert "In strips." in err
        most[name] = usage.ru_maxrss * 1024
    assert most["large"] - most["small"] < size, most
    assert (cli.folder / "large-invert.tif").exists()


def test_strips_that_fail_leave_neither_file_nor_folder(cli, add_plugin):
    broken = PLUGIN.replace("context.progress(top", "assert top < 200; context.progress(top")
    noise(cli.folder / "a.tif", 330, 70)
    before = contents(cli.folder)
    done = cli("invert", "a.tif", "-o", "new/folder/", "--strips", **add_plugin("invert", broken))
    assert done.returncode == 6, done.stderr
    assert contents(cli.folder) == before


def test_a_photo_that_no_memory_holds_whole_is_refused_before_it_is_read(cli):
    """The file is a header alone: nobody got further than that."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 20_000, 24_000, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header
    path = cli.folder / "huge.png"
    path.write_bytes(start + struct.pack(">I", zlib.crc32(header)) + bytes(10))
    before = contents(cli.folder)
    done = cli("upscale", "huge.png", "-o", "larger.jpg")
    assert done.returncode == 9, done.stderr
    assert "too large to be worked on whole: that takes about 768.0 GB" in done.stderr
    assert contents(cli.folder) == before
