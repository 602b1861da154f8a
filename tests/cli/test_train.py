"""`restore train` with real processes: what a run leaves, how it goes on, what it refuses."""

import signal
import time
import zlib

import pytest
import torch
from PIL import Image
from safetensors import safe_open

from restore.cli import main
from restore.training.log import Log
from tests.cli.conftest import contents, picture

USAGE, PHOTO, WRITE, MODEL, DEVICE, STOPPED = 2, 3, 4, 5, 7, 130

TRAIN = ("train", "tiny.toml", "--device=cpu", "--threads=1")

RECIPE = """
name = "tiny"
licence = "CC0-1.0"
[data]
sources = ["photos"]
crop = 48
[network]
channels = [4, 8]
blocks = [1, 1]
embedding = 8
[objective]
kind = "restore"
[[objective.mix]]
name = "plain"
share = 1
[[objective.mix]]
name = "jpeg"
share = 2
chain = [{ kind = "jpeg", chance = 0.9 }]
[[objective.mix]]
name = "small"
share = 1
chain = [{ kind = "downscale", factors = [2], then = [{ kind = "jpeg" }] }]
[schedule]
batch = 2
steps = 3
warm_up = 1
[run]
precision = "fp32"
report_seconds = 0
"""


def make_photos(folder, size=(64, 56)):
    """Eight pictures, of which two are held out by their names."""
    names = [f"{n}.png" for n in range(400)]
    held = [name for name in names if zlib.crc32(name.encode()) % 40 == 0][:2]
    for seed, name in enumerate(held + [name for name in names if name not in held][:6]):
        picture(folder / name, size, seed=seed)


def write_recipe(folder, *changes):
    text = RECIPE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "tiny.toml").write_text(text)


@pytest.fixture
def home(cli):
    make_photos(cli.folder / "photos")
    write_recipe(cli.folder)
    return cli.folder


def entries(folder, event):
    return [e for e in Log.read(folder / "log.jsonl").entries if e.event == event]


def test_a_recipe_becomes_weights_and_the_same_command_goes_on(cli, home):
    done = cli(*TRAIN)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "Done at step 3." in done.stderr
    folder = home / "runs" / "tiny"
    for name in ("curves.png", "sheet.png"):
        with Image.open(folder / name) as image:
            image.load()
    with safe_open(folder / "weights.safetensors", "numpy") as file:
        assert "head.weight" in file.keys()  # noqa: SIM118
    assert [entry.step for entry in entries(folder, "report")] == [1, 2, 3]
    [measured] = entries(folder, "validation")
    assert all(0 < value < 100 for value in measured.figures.values())

    again = cli(*TRAIN, "--steps=100000", "--minutes=0.005")
    assert again.returncode == 0, again.stderr
    assert "Going on from step 3 of 100,000." in again.stderr
    assert "The time is over" in again.stderr
    assert [entry.step for entry in entries(folder, "start")] == [0, 3]
    assert [entry.why for entry in entries(folder, "end")] == ["done", "time"]


def test_a_signal_leaves_a_checkpoint_from_which_the_next_run_goes_on(cli, home):
    """The first process is ended by SIGTERM, the one that goes on by Ctrl-C."""
    log = home / "out" / "log.jsonl"
    ended = []
    for number in (signal.SIGTERM, signal.SIGINT):
        before = len(entries(log.parent, "report")) if log.exists() else 0
        with cli.start(*TRAIN, "--out=out", "--steps=1000000") as process:
            while process.poll() is None:
                if log.exists() and len(entries(log.parent, "report")) >= before + 2:
                    process.send_signal(number)
                    break
                time.sleep(0.05)
            _, err = process.communicate(timeout=60)
        assert process.returncode == STOPPED, err
        assert "Traceback" not in err
        ended.append(entries(log.parent, "end")[-1])
        assert (log.parent / f"checkpoint-{ended[-1].step:09d}.safetensors").exists()
    assert [end.why for end in ended] == ["stopped", "stopped"]
    assert [start.step for start in entries(log.parent, "start")] == [0, ended[0].step]
    assert ended[1].step >= ended[0].step + 2


@pytest.fixture
def refused(home, monkeypatch, capsys):
    """Run a command in this process that must fail; `kept`: nothing at all may be left behind."""
    monkeypatch.chdir(home)

    def run(*arguments, code, says, kept=True):
        before = contents(home)
        assert main([*TRAIN, *map(str, arguments)]) == code
        out, err = capsys.readouterr()
        assert out == ""
        for text in says:
            assert text in err
        if kept:
            assert contents(home) == before

    threads = torch.get_num_threads()
    yield run
    torch.set_num_threads(threads)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("batch = 2", "bach = 2"), ["tiny.toml", "schedule.bach", "Allowed: batch"]),
        (("crop = 48", "crop = 50"), ["crop", "multiple of 4"]),
        (("steps = 3", "steps = many"), ["tiny.toml"]),
        (('kind = "restore"', 'kind = "guess"'), ["guess", "restore"]),
    ],
)
def test_a_wrong_recipe(refused, home, change, says):
    write_recipe(home, change)
    refused(code=USAGE, says=says)


def test_options_that_do_not_fit(refused):
    refused("--anneal", code=USAGE, says=["--minutes"])
    refused("--steps", 1, code=USAGE, says=["--steps", "warm_up"])
    refused("--minutes", 0, code=USAGE, says=["--minutes"])
    refused("--device", "tpu", code=DEVICE, says=["tpu"])
    if not torch.cuda.is_available():
        refused("--device", "cuda", code=DEVICE, says=["GPU"])


def test_photos_that_are_none_missing_or_too_small(refused, home):
    (home / "empty").mkdir()
    refused("--data", "empty", code=PHOTO, says=["no photo", "empty"])
    refused("--data", "nowhere", code=PHOTO, says=["nowhere does not exist"])
    make_photos(home / "small", (40, 60))
    refused("--data", "small", code=USAGE, says=["48"], kept=False)


def test_weights_that_are_none(refused, home):
    (home / "weights.safetensors").write_bytes(b"none")
    refused("--from", "weights.safetensors", code=MODEL, says=["weights.safetensors"])


def test_a_checkpoint_of_another_network(refused, home):
    assert main([*TRAIN]) == 0
    write_recipe(home, ("[4, 8]", "[4, 12]"))
    refused(code=MODEL, says=["runs/tiny", "another network"])
