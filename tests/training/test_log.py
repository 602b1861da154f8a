"""The log keeps every line whatever happens to the process that writes it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from restore.errors import ParameterError, WriteError
from restore.training.log import Ended, Log, LogWriter, Reported, Started, Validated
from restore.training.watching import Report, Start

ROOT = Path(__file__).parents[2]


def start(step=0):
    return Start("tiny", Path("runs"), "cpu", "fp32", 1, 1234, step, 100, ("noise", "jpeg"))


def report(step, loss=0.5):
    return Report(step, step / 100, loss, {"noise": loss}, 0.5, step * 10**6, 2.5e6, 60.0, 0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "log.jsonl"


def written(path, *calls):
    writer = LogWriter(path)
    for name, *arguments in calls:
        getattr(writer, name)(*arguments)
    writer.close()


def test_everything_told_can_be_read_back(path, tmp_path):
    written(
        path,
        ("started", start()),
        ("stepped", report(10, 0.25)),
        ("validated", 10, {"noise": 30.5}),
        ("checkpointed", 10, tmp_path / "checkpoint-10.safetensors"),
        ("warned", "“JPEG”: ein Schritt\nwurde ausgelassen"),
        ("finished", 10, "time"),
    )
    entries = Log.read(path).entries
    assert [entry.event for entry in entries] == [
        *("start", "report", "validation", "checkpoint", "warning", "end")
    ]
    begun, told, measured, kept, warning, end = entries
    assert isinstance(begun, Started)
    assert (begun.steps, begun.groups) == (100, ("noise", "jpeg"))
    assert isinstance(told, Reported)
    assert (told.step, told.loss, told.groups) == (10, 0.25, {"noise": 0.25})
    assert (told.megapixels, told.megapixels_per_second) == (10, 2.5)
    assert isinstance(measured, Validated)
    assert measured.figures == {"noise": 30.5}
    assert kept.file == "checkpoint-10.safetensors"
    assert warning.text == "“JPEG”: ein Schritt\nwurde ausgelassen"
    assert isinstance(end, Ended)
    assert end.why == "time"
    assert [e.time for e in entries] == sorted(e.time for e in entries)


def test_every_line_is_json_for_any_reader_also_where_a_loss_is_not_finite(path):
    written(path, ("stepped", report(1, float("nan"))), ("validated", 1, {"x": float("inf")}))

    def refuse(constant):
        raise AssertionError(constant)

    lines = [json.loads(line, parse_constant=refuse) for line in path.read_text().splitlines()]
    assert (lines[0]["loss"], lines[1]["figures"]) == (None, {"x": None})
    assert len(Log.read(path).entries) == 2


def test_a_killed_writer_leaves_a_log_that_goes_on(path):
    """The process is really killed, between two halves of a line."""
    code = f"""
import os, signal
from pathlib import Path
from tests.training.test_log import LogWriter, report, start
writer = LogWriter(Path({str(path)!r}))
writer.started(start())
for step in (10, 20):
    writer.stepped(report(step))
with open({str(path)!r}, "ab") as file:
    file.write(b'{{"event":"report","st')
os.kill(os.getpid(), signal.SIGKILL)
"""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    killed = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    whole = path.read_bytes().rpartition(b"\n")[0] + b"\n"
    before = Log.read(path).entries
    assert [entry.event for entry in before] == ["start", "report", "report"]
    written(path, ("started", start(10)), ("stepped", report(30)))
    after = Log.read(path).entries
    assert path.read_bytes().startswith(whole)
    assert after[:3] == before
    assert [entry.event for entry in after[3:]] == ["start", "report"]


def test_steps_that_were_lost_and_made_again_count_once(path):
    written(
        path,
        ("started", start()),
        *(("stepped", report(step)) for step in (10, 20, 30)),
        ("validated", 30, {"noise": 1.0}),
        ("started", start(20)),
        ("stepped", report(25)),
        ("validated", 25, {"noise": 2.0}),
        ("started", start(25)),
        ("stepped", report(40)),
    )
    course = Log.read(path).course
    assert [(entry.event, entry.step) for entry in course] == [
        *(("report", 10), ("report", 20), ("report", 25), ("validation", 25), ("report", 40))
    ]


@pytest.mark.parametrize("damage", [b"no json\n", b'{"event":"report"}\n', b"\n", b"\xff\xfe\n"])
def test_a_damaged_line_is_named_and_nothing_is_changed(path, damage):
    written(path, ("started", start()))
    path.write_bytes(path.read_bytes() + damage + b"torn")
    before = path.read_bytes()
    with pytest.raises(ParameterError, match="Line 2"):
        Log.read(path)
    with pytest.raises(ParameterError, match="Line 2"):
        LogWriter(path)
    assert path.read_bytes() == before


def test_a_log_that_is_not_there_or_cannot_be_written(tmp_path):
    with pytest.raises(ParameterError, match="cannot be read"):
        Log.read(tmp_path / "none.jsonl")
    with pytest.raises(WriteError, match="cannot be written"):
        LogWriter(tmp_path / "no folder" / "log.jsonl")
