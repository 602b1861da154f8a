"""Many photos at once: none is lost to another's fault, and a stop leaves nothing half done."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import contents, picture, pixels
from tests.disks import small_disk

SLOW_PLUGIN = """
import time
from restore.hooks import Action, Parameters, Report, Result, hookimpl

def run(photo, parameters, context):
    for step in range(600):
        time.sleep(0.05)
        context.progress(step / 600)
    return Result(photo, Report("slow"))

def fast(photo, parameters, context):
    return Result(photo.with_float(1 - photo.to_float()), Report("invert", notes=("Inverted.",)))

@hookimpl
def restore_actions():
    return [
        Action("slow", "Slow", "Takes half a minute", Parameters, run),
        Action("invert", "Invert", "Inverts", Parameters, fast),
    ]
"""


@pytest.fixture
def plugin(add_plugin):
    return add_plugin("pace", SLOW_PLUGIN)


def test_a_bad_file_in_the_middle_stops_nothing_else(cli):
    picture(cli.folder / "a.png")
    (cli.folder / "b.png").write_bytes(b"not a photo")
    picture(cli.folder / "c.jpg", seed=2)
    (cli.folder / "notes.txt").write_text("not even called a photo")
    originals = contents(cli.folder)
    done = cli("denoise", ".", "--json")
    assert done.returncode == 1
    after = contents(cli.folder)
    assert {name: after[name] for name in originals} == originals
    assert set(after) - set(originals) == {"a-denoised.png", "c-denoised.jpg"}
    assert "Left out 1 file: not a photo." in done.stderr
    assert "2 of 3 photos done" in done.stderr
    table = done.stderr.partition("Failed:")[2]
    assert "b.png" in table
    assert "a.png" not in table
    lines = {line["source"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert set(lines) == {"a.png", "b.png", "c.jpg"}
    assert lines["b.png"]["error"]["exit_code"] == 3
    report = lines["a.png"]["report"]
    assert report["action"] == "denoise"
    assert len(report["model_sha256"]) == 64
    assert report["provider"]


def test_the_second_run_over_a_folder_leaves_its_own_results_alone(cli, plugin):
    for name in ("a.png", "b.png"):
        picture(cli.folder / name)
    assert cli("invert", ".", **plugin).returncode == 0
    before = contents(cli.folder)
    assert cli("invert", ".", **plugin).returncode == 4
    picture(cli.folder / "c.png")
    done = cli("invert", ".", "--skip-existing", **plugin)
    assert done.returncode == 0
    assert "2 files: the result of an earlier run" in done.stderr
    assert "2 files: done already" in done.stderr
    after = contents(cli.folder)
    assert set(after) - set(before) == {"c.png", "c-invert.png"}
    assert {name: after[name] for name in before} == before


def test_folders_keep_their_shape_in_the_output(cli, plugin):
    picture(cli.folder / "in" / "a.png")
    picture(cli.folder / "in" / "deep" / "a.png", seed=1)
    done = cli("invert", "in", "-r", "-o", "out", "--jobs", "2", **plugin)
    assert done.returncode == 0
    for name in ("a.png", "deep/a.png"):
        expected = 255 - pixels(cli.folder / "in" / name)
        assert np.array_equal(pixels(cli.folder / "out" / name), expected)
    assert cli("invert", "in", "-o", "flat", **plugin).returncode == 0
    assert not (cli.folder / "flat" / "deep").exists()


def test_patterns_are_expanded_where_the_shell_did_not(cli, plugin):
    for name in ("a1.png", "a2.png", "b.png"):
        picture(cli.folder / name)
    assert cli("invert", "a?.png", "a1.png", "-o", "out", **plugin).returncode == 0
    assert set(contents(cli.folder / "out")) == {"a1.png", "a2.png"}


def test_overwriting_replaces_the_photo_itself_when_asked(cli, plugin):
    source = picture(cli.folder / "a.png")
    original = pixels(source)
    done = cli("invert", "a.png", "-o", "a.png", "--overwrite", **plugin)
    assert done.returncode == 0
    assert "Inverted." in done.stderr
    assert np.array_equal(pixels(source), 255 - original)


def test_photos_whose_results_do_not_fit_on_the_disk_are_not_begun(cli, plugin):
    for name in ("a.png", "b.png"):
        Image.fromarray(np.full((300, 300, 3), 77, np.uint8)).save(cli.folder / name)
    with small_disk(cli.folder / "disk", 400) as disk:
        done = cli("invert", "a.png", "b.png", "-o", "disk/out", **plugin)
        assert done.returncode == 4
        assert "The 2 results may take 0.54" in done.stderr
        assert not list(disk.iterdir())
        assert cli("invert", "a.png", "-o", "disk/out", **plugin).returncode == 0


def test_results_are_as_old_as_their_photos_unless_told_otherwise(cli, plugin):
    source = picture(cli.folder / "a.png")
    os.utime(source, (1e9, 1e9))
    cli("invert", "a.png", "-o", "old.png", **plugin)
    cli("invert", "a.png", "-o", "new.png", "--no-keep-times", **plugin)
    assert (cli.folder / "old.png").stat().st_mtime == 1e9
    assert (cli.folder / "new.png").stat().st_mtime > 1e9


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_leaves_no_part_of_a_file(cli, plugin, number):
    for name in ("a.png", "b.png", "c.png"):
        picture(cli.folder / name)
    before = contents(cli.folder)
    process = cli.start("-v", "slow", ".", "-o", "out", "--jobs", "2", **plugin)
    assert "2 at a time" in process.stderr.readline()
    time.sleep(0.3)
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert "Stopped: 0 of 3 photos done" in err
    assert "Traceback" not in err
    assert contents(cli.folder) == before


def test_how_many_photos_at_a_time_changes_no_byte(cli):
    for seed in range(3):
        picture(cli.folder / f"{seed}.png", seed=seed)
    given = ("--noise", "0.05", "--no-provenance")  # which would tell the time
    assert cli("denoise", ".", "-o", "one", *given).returncode == 0
    inputs = [f"{seed}.png" for seed in range(3)]
    many = cli("denoise", *inputs, "-o", "many", *given, "--jobs", "64")
    assert many.returncode == 0, many.stderr
    assert contents(cli.folder / "one") == contents(cli.folder / "many")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_shows_how_far_the_batch_is(cli, plugin):
    import pty

    for name in ("a.png", "b.png"):
        picture(cli.folder / name)
    master, terminal = pty.openpty()
    environment = cli.environment | plugin | {"TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(
        [sys.executable, "-m", "restore", "invert", ".", "--json"],
        cwd=cli.folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=terminal,
        text=True,
    ) as process:
        os.close(terminal)
        shown = b""
        with contextlib.suppress(OSError):  # Linux ends a terminal with an error, not with nothing
            while data := os.read(master, 4096):
                shown += data
        lines = process.stdout.readlines()
    os.close(master)
    assert process.returncode == 0
    assert [json.loads(line)["report"]["action"] for line in lines] == ["invert", "invert"]
    text = shown.decode()
    assert "a.png → a-invert.png" in text
    assert "2 of 2 photos done" in text
    assert "%" in text


def test_each_photo_is_filled_with_the_mask_of_its_name(cli):
    for number, name in enumerate(("a.png", "b.jpg")):
        picture(cli.folder / "in" / name, seed=number)
        mask = np.zeros((16, 24), np.uint8)
        mask[3:6, 10 * number : 10 * number + 4] = 255
        path = cli.folder / "in" / "masks" / f"{name[0]}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(mask).save(path)
    done = cli("inpaint", "in", "-r", "--mask", "in/masks", "-o", "out", "--json")
    assert done.returncode == 0, done.stderr
    assert set(contents(cli.folder / "out")) == {"a.png", "b.jpg"}
    before, after = pixels(cli.folder / "in" / "a.png"), pixels(cli.folder / "out" / "a.png")
    changed = (before != after).any(axis=2)
    assert changed[3:6, :4].any()
    assert not changed[6:].any()
    assert not changed[:, 4:].any()
    picture(cli.folder / "in" / "c.png")
    says = "no mask for in/c.png in in/masks"
    refused = cli("inpaint", "in", "--mask", "in/masks", "-o", "new")
    assert refused.returncode == 3
    assert says in refused.stderr
    assert not (cli.folder / "new").exists()
