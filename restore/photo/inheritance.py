"""What a result inherits from the file that it replaces, or else from the photo it was made of.

A result stands in the place of a photo: whoever may read the photo may read it, no one else, and
where pictures are sorted by date it is found beside it. What a desktop noted about the photo (tags,
a comment, stars) goes with it; check sums and places of download, which would be untrue, do not.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["NOTHING", "Inheritance", "of"]

_NOTES = ("user.xdg.tags", "user.xdg.comment", "user.xdg.creator", "user.baloo.rating")
_ACCESS = "system.posix_acl_access"


@dataclass(frozen=True)
class Inheritance:
    """What is known before a file is written.

    Attributes:
        mode: Permissions; those of a new file are still subject to the process's mask.
        exact: Whether the permissions are those of the file that is replaced, mask or no mask.
        owner: User and group, of a file that is replaced.
        times: Last access and last change, in nanoseconds.
        notes: Extended attributes by name.
    """

    mode: int = 0o666
    exact: bool = False
    owner: tuple[int, int] | None = None
    times: tuple[int, int] | None = None
    notes: Mapping[str, bytes] = field(default_factory=dict)

    def pass_on(self, path: Path) -> None:
        """Give it to a file, as far as the system allows."""
        if self.owner is not None and hasattr(os, "chown"):
            with suppress(OSError):
                os.chown(path, *self.owner)
        if self.exact:
            path.chmod(self.mode)
        for name, value in self.notes.items():
            with suppress(OSError):
                os.setxattr(path, name, value)
        if self.times is not None:
            with suppress(OSError):
                os.utime(path, ns=self.times)


NOTHING = Inheritance()
"""What a file inherits that replaces none and was made of none."""


def of(target: Path, source: Path | None, *, times: bool = True) -> Inheritance:
    """Return what a file inherits.

    Args:
        target: Where it is going to be; if there is a file, that one hands on its permissions,
            owner and notes.
        source: The photo that it was made of, if it is a file: hands on its times and, where
            nothing is replaced, permissions and notes. Its owner may then always write.
        times: Whether the times are handed on.
    """
    made_of = _status(source)
    replaced = _status(target)
    changed = (made_of.st_atime_ns, made_of.st_mtime_ns) if made_of and times else None
    if replaced:
        return Inheritance(
            mode=stat.S_IMODE(replaced.st_mode),
            exact=True,
            owner=(replaced.st_uid, replaced.st_gid),
            times=changed,
            notes=_notes(target, (*_NOTES, _ACCESS)),
        )
    if source is None or not made_of:
        return NOTHING
    mode = stat.S_IMODE(made_of.st_mode) & 0o666 | stat.S_IWUSR
    return Inheritance(mode, times=changed, notes=_notes(source, _NOTES))


def _status(path: Path | None) -> os.stat_result | None:
    with suppress(OSError, ValueError):
        return path.stat() if path else None
    return None


def _notes(path: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    notes: dict[str, bytes] = {}
    if hasattr(os, "getxattr"):
        for name in names:
            with suppress(OSError):
                notes[name] = os.getxattr(path, name)
    return notes
