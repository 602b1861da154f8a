"""One folder's line: its recipe, ready to run, and the places that it keeps for itself."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from restore.errors import RestoreError, WriteError
from restore.hooks import Action, Parameters
from restore_watch.recipe import Folder

__all__ = ["Line"]


@dataclass(frozen=True)
class Line:
    """What is done to the photos of one folder.

    Attributes:
        folder: As the recipe says.
        steps: Actions with their parameters, in order.
    """

    folder: Folder
    steps: Sequence[tuple[Action, Parameters]]

    def given(self) -> list[tuple[Action, dict[str, Any]]]:
        """Return the steps with what the recipe says of them, by name."""
        return [(a, {name: getattr(p, name) for name in p.model_fields_set}) for a, p in self.steps]

    @property
    def scale(self) -> int:
        """How many times wider and higher results are."""
        return math.prod(getattr(p, action.scale) for action, p in self.steps if action.scale)

    @property
    def recipe(self) -> str:
        """Hash of all that makes a result what it is; not of where it goes."""
        what = {
            "steps": [(action.name, p.model_dump(mode="json")) for action, p in self.steps],
            "format": self.folder.format,
            "quality": self.folder.quality,
            "depth": self.folder.depth,
        }
        return _hash(json.dumps(what, sort_keys=True))[:32]

    @property
    def key(self) -> str:
        """What tells this folder from others, whatever link leads to it."""
        real = os.path.realpath(self.folder.path)
        return _hash(real)[:12]

    @property
    def journal(self) -> Path:
        """The journal's file, among the states of this user's programs: never on a network."""
        import platformdirs

        states = platformdirs.user_state_path("restore", appauthor=False)
        return states / "watch" / self.key / "journal.sqlite"

    @property
    def bench(self) -> Path:
        """A hidden folder in the output in which results are made, on the disk where they go."""
        return self.folder.output / ".restore-watch" / self.key

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let nobody else work on this folder, on this machine or another one.

        Raises:
            RestoreError: Somebody does.
            WriteError: The output folder cannot be written.
        """
        from filelock import FileLock, Timeout

        lock = FileLock(self.bench / "lock", timeout=0)
        try:
            self.bench.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            raise RestoreError(
                f"{self.folder.path} is being worked on by another `restore watch`.",
                "Wait until it has ended.",
            ) from None
        except OSError as error:
            raise WriteError(f"{self.bench} cannot be written: {error.strerror}.") from error
        try:
            yield
        finally:
            lock.release()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
