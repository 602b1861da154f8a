"""Whatever is wrong with the toolkit or its worker, the client says it in words."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from restore_editors import restore_client as client
from tests.disks import small_disk
from tests.integrations.impostor import chunks, frame, http, impostor
from tests.integrations.toolkit import Toolkit

NewToolkit = Callable[..., Toolkit]
GRAY = client.Image(4, 4, 1, False, "u8", bytes(range(16)))
HEALTH = {"protocol": 1, "version": "0.1.0", "pid": 1, "running": 0, "waiting": 0}
RUN = "/actions/same/run"


def refused(call: Callable[..., object], *arguments: Any) -> client.RestoreError:
    with pytest.raises(client.RestoreError) as caught:
        call(*arguments)
    return caught.value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "restore.json is missing"),
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ('{"protocol": 1, "command": [], "folder": "", "version": "", "actions": []}', "damaged"),
        (
            '{"protocol": 2, "command": ["x"], "folder": "", "version": "", "actions": []}',
            "(protocol 1, not 2)",
        ),
        (
            '{"protocol": 1, "command": ["/no/py"], "folder": "", "version": "", "actions": []}',
            "The toolkit is gone: there is no /no/py any more.",
        ),
    ],
)
def test_an_installation_that_is_not_whole_is_told(
    tmp_path: Path, text: str | None, said: str
) -> None:
    path = tmp_path / "restore.json"
    if text is not None:
        path.write_text(text)
    error = refused(client.load_installation, str(path))
    assert said in error.message
    assert "restore install" in error.hint


def test_a_worker_that_does_not_start_is_told_with_the_end_of_its_log(
    new_toolkit: NewToolkit,
) -> None:
    toolkit = new_toolkit()
    toolkit.tell(command=[sys.executable, "-c", "print('No torch.', flush=True); exit(3)"])
    error = refused(toolkit.worker().health)
    assert error.message == "The worker did not start (exit code 3)."
    assert error.hint.endswith("worker.log, which ends:\nNo torch.")


def test_the_log_of_an_earlier_start_is_not_shown(new_toolkit: NewToolkit) -> None:
    toolkit = new_toolkit()
    toolkit.tell(command=[sys.executable, "-c", "print('once', flush=True); exit(3)"])
    refused(toolkit.worker().health)
    toolkit.tell(command=[sys.executable, "-c", "exit(4)"])
    error = refused(toolkit.worker().health)
    assert error.hint.endswith("worker.log")
    assert "once" in (toolkit.folder / "worker.log").read_text()


def test_the_worker_does_not_inherit_what_belongs_to_the_editor(
    new_toolkit: NewToolkit, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "QT_PLUGIN_PATH", "GEGL_PATH"):
        monkeypatch.setenv(name, "/editor")
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "/person")
    monkeypatch.setenv("PERSON", "kept")
    toolkit = new_toolkit()
    code = "import json, os; print(json.dumps([os.getcwd(), dict(os.environ)])); exit(3)"
    toolkit.tell(command=["/usr/bin/env", sys.executable, "-I", "-c", code])
    refused(toolkit.worker().health)
    folder, environment = json.loads((toolkit.folder / "worker.log").read_text())
    assert folder == str(toolkit.folder)
    assert environment["LD_LIBRARY_PATH"] == "/person"
    assert environment["PERSON"] == "kept"
    assert not {"PYTHONHOME", "PYTHONPATH", "QT_PLUGIN_PATH", "GEGL_PATH"} & set(environment)


def test_a_worker_killed_during_a_run_is_lost_and_the_next_call_starts_another(
    new_toolkit: NewToolkit,
) -> None:
    toolkit = new_toolkit()
    worker = toolkit.worker()
    first = worker.health()["pid"]

    def kill(fraction: float, text: str) -> None:
        if "round" in text:
            os.kill(first, 9)

    with pytest.raises(client.WorkerLost, match="ended while “slow” ran"):
        worker.run("slow", {"rounds": 1000}, GRAY, on_progress=kill)
    assert bytes(worker.run("same", {}, GRAY).image.data) == GRAY.data
    assert worker.health()["pid"] != first


def test_a_socket_that_is_left_over_is_no_hindrance(new_toolkit: NewToolkit) -> None:
    toolkit = new_toolkit()
    toolkit.folder.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(toolkit.folder / "worker.sock"))
    assert toolkit.worker().health()["protocol"] == client.PROTOCOL


def test_two_editors_that_start_at_once_share_a_worker(new_toolkit: NewToolkit) -> None:
    toolkit = new_toolkit()
    code = (
        f"import sys; sys.path.insert(0, {str(Path(client.__file__).parent)!r})\n"
        "import restore_client as c, sys\n"
        f"print(c.Worker(c.load_installation({str(toolkit.path)!r}), sys.argv[1]).health()['pid'])"
    )
    editors = [
        subprocess.Popen([sys.executable, "-c", code, name], stdout=subprocess.PIPE, text=True)
        for name in ("gimp-1", "krita-2", "krita-3")
    ]
    said = [editor.communicate(timeout=120)[0] for editor in editors]
    assert len(set(said)) == 1
    assert said[0].strip().isdigit()


def test_a_worker_behind_a_port_is_used_with_its_token(new_toolkit: NewToolkit) -> None:
    toolkit = new_toolkit()
    toolkit.tell(command=[*toolkit.command, "--tcp"])
    worker = toolkit.worker()
    assert bytes(worker.run("same", {}, GRAY).image.data) == GRAY.data
    told = json.loads((toolkit.folder / "worker.json").read_text())
    assert not (toolkit.folder / "worker.sock").exists()
    (toolkit.folder / "worker.json").write_text(json.dumps({**told, "token": "0" * 64}))
    assert "token" in str(refused(worker.run, "same", {}, GRAY)).lower()
    (toolkit.folder / "worker.json").write_text(json.dumps(told))


def test_a_path_that_is_too_long_for_a_socket_is_told(new_toolkit: NewToolkit) -> None:
    toolkit = new_toolkit()
    toolkit.tell(folder=str(toolkit.folder / ("long" * 30)))
    error = refused(toolkit.worker().health)
    assert "too long" in error.message
    assert "--folder" in error.hint


def test_a_full_disk_is_told(new_toolkit: NewToolkit, tmp_path: Path) -> None:
    toolkit = new_toolkit()
    with small_disk(tmp_path / "disk", 40, files=1) as disk:
        (disk / "fills").touch()
        toolkit.tell(folder=str(disk / "w"))
        error = refused(toolkit.worker().health)
    assert "No space left" in error.message
    assert error.hint == "Make room on that disk."


def test_the_folder_of_another_user_is_not_used(new_toolkit: NewToolkit) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder to another user")
    toolkit = new_toolkit()
    toolkit.folder.mkdir(mode=0o700)
    os.chown(toolkit.folder, 65534, 65534)
    assert "belongs to another user" in refused(toolkit.worker().health).message


def test_a_folder_that_others_can_look_into_is_not_used(new_toolkit: NewToolkit) -> None:
    toolkit = new_toolkit()
    toolkit.folder.mkdir(mode=0o700)
    toolkit.folder.chmod(0o755)
    error = refused(toolkit.worker().health)
    assert "is open to other users" in error.message
    assert error.hint == f"Type in a terminal: chmod go= '{toolkit.folder}'"
    toolkit.folder.chmod(0o700)


def test_a_toolkit_that_goes_while_the_editor_is_open_is_told(new_toolkit: NewToolkit) -> None:
    toolkit = new_toolkit()
    python = toolkit.folder.with_name("python")
    python.symlink_to(sys.executable)
    toolkit.tell(command=[str(python), *toolkit.command[1:]])
    worker = toolkit.worker()
    python.unlink()
    error = refused(worker.run, "same", {}, GRAY)
    assert error.message == f"The toolkit is gone: there is no {python} any more."
    assert "Install restore again." in error.hint


def test_a_toolkit_that_was_taken_out_of_its_python_is_told(new_toolkit: NewToolkit) -> None:
    toolkit = new_toolkit()
    toolkit.tell(command=[sys.executable, "-I", "-S", "-m", "restore", "worker", "run"])
    error = refused(toolkit.worker().run, "same", {}, GRAY)
    assert (
        error.message == f"The toolkit is gone: there is no restore in {sys.executable} any more."
    )
    assert "Install restore again." in error.hint


def test_a_process_of_another_user_is_told_nothing(new_toolkit: NewToolkit) -> None:
    if os.geteuid() != 0 or not hasattr(socket, "SO_PEERCRED"):
        pytest.skip("only root can become another user, and only Linux tells who listens")
    toolkit = new_toolkit()
    toolkit.folder.mkdir(mode=0o700)
    path = str(toolkit.folder / "worker.sock")
    code = (
        f"import os, socket; s = socket.socket(socket.AF_UNIX); s.bind({path!r})\n"
        "os.setuid(65534); s.listen(); print('listens', flush=True)\n"
        "c = s.accept()[0]; c.settimeout(20); print(repr(c.recv(9)), flush=True)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "listens\n"
        error = refused(toolkit.worker().health)
        assert other.stdout.readline() == "b''\n"
    assert "belongs to another user" in error.message


def test_a_worker_of_another_protocol_is_told_what_to_type(new_toolkit: NewToolkit) -> None:
    toolkit = new_toolkit()
    answers = {"/health": http({**HEALTH, "protocol": 2, "version": "3.0"})}
    with impostor(toolkit.folder, answers) as asked:
        error = refused(toolkit.worker().run, "same", {}, GRAY)
    assert "(protocol 2, not 1)" in error.message
    assert "restore install" in error.hint
    assert set(asked) == {"/health"}


@pytest.mark.parametrize(
    "older",
    [{"version": "0.0.9"}, {"version": "0.0.9", "protocol": 0, "running": 1}, {"outdated": True}],
)
def test_an_older_worker_makes_place_for_one_of_now(
    new_toolkit: NewToolkit, older: dict[str, Any]
) -> None:
    toolkit = new_toolkit()
    answers = {"/health": http({**HEALTH, **older}), "/quit": http({})}
    with impostor(toolkit.folder, answers) as asked:
        health = toolkit.worker().health()
    assert "/quit" in asked
    assert health["pid"] != HEALTH["pid"]
    assert health["protocol"] == client.PROTOCOL


def test_a_worker_of_a_newer_version_is_not_sent_away(new_toolkit: NewToolkit) -> None:
    toolkit = new_toolkit()
    with impostor(toolkit.folder, {"/health": http({**HEALTH, "version": "9.0"})}) as asked:
        assert toolkit.worker().health()["version"] == "9.0"
    assert set(asked) == {"/health"}


IMAGE = {"width": 4, "height": 4, "channels": 1, "alpha": False, "dtype": "u8"}
CROP = {"kind": "preview", "image": IMAGE, "x": 0, "y": 0}
PLANE = {"name": "image", "bytes": 16, "channels": 1, "dtype": "u8"}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"garbage\r\n\r\n", "ended while"),
        (b"", "ended while"),
        (chunks(), "ended while"),
        (chunks(b"\x00" * 5), "ended while"),
        (chunks(frame({"kind": "progress"}), end=False), "ended while"),
        (chunks(b"\xff" * 12), "faulty"),
        (chunks(frame(b"{")), "faulty"),
        (chunks(frame(b"[]")), "faulty"),
        (chunks(frame(b"[" * 100_000)), "faulty"),
        (chunks(frame({**CROP, "x": 1e999}, b"x" * 16)), "faulty"),
        (chunks(frame({"kind": "result", "image": IMAGE, "planes": []}, b"x" * 16)), "faulty"),
        (chunks(frame({"kind": "result", "image": IMAGE, "planes": [PLANE]}, b"x")), "faulty"),
        (chunks(frame({"kind": "result", "image": {}, "planes": [PLANE]}, b"x" * 16)), "faulty"),
        (
            chunks(
                frame(
                    {"kind": "result", "image": {**IMAGE, "width": 5}, "planes": [PLANE]}, b"x" * 16
                )
            ),
            "The result has 16 bytes and should have 20.",
        ),
        (chunks(frame({"kind": "error", "error": {}})), "failed without a word"),
        (chunks(frame({"kind": "error"})), "faulty"),
        (chunks(frame({"kind": "result"})), "faulty"),
        (chunks(frame({"kind": "progress", "fraction": "x"})), "faulty"),
        (http(b"Internal Server Error", 500), "The worker refused (HTTP 500)."),
        (http({"error": {"type": "PhotoError", "message": "Too large.", "hint": "Less."}}, 413),
         "Too large.\nLess."),
    ],
)  # fmt: skip
def test_a_faulty_answer_is_told(new_toolkit: NewToolkit, answer: bytes, said: str) -> None:
    toolkit = new_toolkit()
    with impostor(toolkit.folder, {"/health": http(HEALTH), RUN: answer}):
        error = refused(toolkit.worker().run, "same", {}, GRAY)
    assert said in str(error)


def test_a_refusal_is_heard_before_the_picture_was_read(new_toolkit: NewToolkit) -> None:
    toolkit = new_toolkit()
    large = client.Image(4000, 4000, 3, False, "u8", bytes(48_000_000))
    refusal = http({"error": {"type": "PhotoError", "message": "Too large.", "hint": ""}}, 413)
    with impostor(toolkit.folder, {"/health": http(HEALTH), RUN: refusal}):
        error = refused(toolkit.worker().run, "same", {}, large)
    assert error.message == "Too large."


def test_a_run_can_be_cancelled_while_its_picture_waits_to_be_read(
    new_toolkit: NewToolkit,
) -> None:
    toolkit = new_toolkit()
    large = client.Image(4000, 4000, 3, False, "u8", bytes(48_000_000))
    ended = []

    def wait(connection: socket.socket) -> None:
        connection.sendall(chunks(*[frame({"kind": "progress", "text": "Queue"})] * 3, end=False))
        connection.settimeout(20)
        time.sleep(0.2)
        while connection.recv(1 << 20):
            pass
        ended.append(True)

    with impostor(toolkit.folder, {"/health": http(HEALTH), RUN: wait}):
        worker = toolkit.worker()
        with pytest.raises(client.Cancelled):
            worker.run("same", {}, large, on_progress=lambda fraction, text: text != "Queue")
    assert ended == [True]


def test_a_program_that_is_no_worker_is_not_believed(new_toolkit: NewToolkit) -> None:
    toolkit = new_toolkit()
    toolkit.tell(command=[sys.executable, "-c", "exit(3)"])
    for answer in (http([1]), http(b"<html>"), http(b"Not found", 404), b"SSH-2.0\r\n"):
        with impostor(toolkit.folder, {"/health": answer}):
            assert "did not start" in refused(toolkit.worker().health).message
