"""The client in every Python that is here, against the real worker; and the syntax of all."""

from __future__ import annotations

import ast
import base64
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from restore_editors import restore_client
from tests.integrations import pythons
from tests.integrations.toolkit import ROOT, Toolkit

CLIENT = Path(restore_client.__file__)
RAMP = np.arange(0, 240, 5, dtype=np.uint8)
INSIDE = [CLIENT, *sorted((ROOT / "integrations").glob("*/plugin/**/*.py"))]


def values(picture: dict[str, Any]) -> np.ndarray[Any, Any]:
    """Return the pixels (H, W, values)."""
    width, height, channels, alpha, dtype = picture["size"]
    kind = {"u8": np.uint8, "u16": np.uint16, "f32": np.float32}[dtype]
    data = np.frombuffer(base64.b64decode(picture["data"]), kind)
    return data.reshape(height, width, channels + alpha)


@pytest.fixture(scope="module", params=pythons.WANTED)
def report(request: pytest.FixtureRequest, toolkit: Toolkit) -> dict[str, Any]:
    """What the client did in one Python."""
    python = pythons.found().get(request.param)
    if python is None:
        pytest.skip(f"no Python {request.param} here: name one in RESTORE_PYTHONS")
    script = Path(__file__).with_name("driving.py")
    done = subprocess.run(
        [python, "-I", "-W", "error", script, CLIENT.parent, toolkit.path],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["version"] == [3, int(request.param[2:])]
    return told


def test_the_worker_is_started_and_tells_how_it_gets_on(report: dict[str, Any]) -> None:
    assert report["heard"][0] == [0.0, "Starting restore…"]
    assert report["heard"][-1][1] != "Starting restore…"
    assert {"same", "negative", "denoise"} <= set(report["actions"])
    assert {"protocol", "version", "pid", "running", "waiting"} <= set(report["health"])


def test_pixels_come_back_as_they_should_be(report: dict[str, Any]) -> None:
    pictures = {picture["name"]: picture for picture in report["pictures"]}
    assert {picture["kind"] for picture in pictures.values()} == {"memoryview"}
    found = {name: values(picture) for name, picture in pictures.items()}
    rgb = RAMP.reshape(4, 4, 3)
    np.testing.assert_array_equal(found["same"], rgb)
    np.testing.assert_array_equal(found["u8"], 255 - rgb)
    bgra = RAMP.reshape(4, 3, 4)
    np.testing.assert_array_equal(found["bgra"][..., 3], bgra[..., 3])
    opaque = bgra[..., 3] > 0
    np.testing.assert_array_equal(found["bgra"][opaque, :3], 255 - bgra[opaque, :3])
    np.testing.assert_array_equal(found["u16"], 65535 - RAMP.view(np.uint16).reshape(4, 2, 3))
    np.testing.assert_array_equal(found["gray"], 255 - RAMP.reshape(6, 8, 1))
    np.testing.assert_array_equal(found["filled"][:, ::2], rgb[:, ::2])
    assert set(np.unique(found["filled"][:, 1::2])) <= {127, 128}
    np.testing.assert_array_equal(found["twice"], rgb.repeat(2, 0).repeat(2, 1))


def test_a_preview_comes_first_and_the_extras_with_the_result(report: dict[str, Any]) -> None:
    pictures = {picture["name"]: picture for picture in report["pictures"]}
    crop = RAMP.reshape(4, 4, 3)[1:3, 1:3]
    np.testing.assert_array_equal(values(pictures["preview"]), 255 - crop)
    assert report["preview"] == [1, 1, 1]
    assert pictures["uncertainty"]["size"] == [4, 4, 1, False, "u8"]
    assert report["notes"] == ["Seen."]
    assert report["action"] == "negative"


def test_what_is_stopped_ends_as_stopped(report: dict[str, Any]) -> None:
    for how in ("refused", "cancelled", "unseen"):
        assert report[how] == ["Cancelled", "Stopped.", "", "Stopped."], how


def test_failures_are_words(report: dict[str, Any]) -> None:
    kind, message, hint, shown = report["fails"]
    assert kind == "RestoreError"
    assert "The network of this action is damaged." in message
    assert hint == "Fetch it again."
    assert shown == f"{message}\n{hint}"
    assert "White point must be a number" in report["parameter"][1]
    assert "nosuch" in report["unknown"][1]
    assert report["short"][1] == "The image has 48 bytes and should have 243."


def test_a_worker_that_dies_is_lost_and_its_log_named(report: dict[str, Any]) -> None:
    kind, message, hint, _ = report["lost"]
    assert kind == "WorkerLost"
    assert message == "The worker ended while “fails” ran."
    assert "worker.log" in hint


@pytest.mark.parametrize("file", INSIDE, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_runs_inside_editors_is_python_3_8(file: Path) -> None:
    ast.parse(file.read_text("utf-8"), feature_version=(3, 8))


def test_the_client_imports_the_standard_library_alone() -> None:
    names = set()
    for node in ast.walk(ast.parse(CLIENT.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    assert names <= sys.stdlib_module_names


def test_the_example_in_the_documentation_works(toolkit: Toolkit, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "worker.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(import restore_client\n.*?)```", text, re.DOTALL)
    (tmp_path / "restore.json").write_bytes(toolkit.path.read_bytes())
    (tmp_path / "restore_client.py").write_bytes(CLIENT.read_bytes())
    given = "width, height, pixels = 8, 8, bytes(range(192))\nshow = print\n"
    asked = "print(len(outcome.image.data))"
    done = subprocess.run(
        [sys.executable, "-c", given + code.replace("denoise", "same") + asked],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.endswith("192\n"), done.stderr
