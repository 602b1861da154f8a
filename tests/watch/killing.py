"""Runs `restore watch` and kills itself at the Nth time that it touches the disk or the journal.

`python -m tests.watch.killing N FOLDER ARGUMENT…`: what lies below FOLDER counts.
"""

from __future__ import annotations

import os
import signal
import sys

from restore.cli import main
from restore_watch.journal import Journal

EVENTS = {"open", "os.link", "os.rename", "os.remove", "os.mkdir", "os.utime", "os.chmod"}


def arm(number: int, folder: str) -> None:
    left = number

    def tick() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in EVENTS and any(os.fsdecode(a).startswith(folder) for a in paths(arguments)):
            tick()

    def paths(arguments: tuple[object, ...]) -> list[str | bytes]:
        return [a for a in arguments if isinstance(a, str | bytes)]

    change = Journal._change

    def counted(journal: Journal, *given: object, **values: object) -> None:
        tick()
        change(journal, *given, **values)  # type: ignore[arg-type]
        tick()

    Journal._change = counted  # type: ignore[method-assign,assignment]
    sys.addaudithook(hook)


if __name__ == "__main__":
    arm(int(sys.argv[1]), sys.argv[2])
    sys.exit(main(["watch", *sys.argv[3:]]))
