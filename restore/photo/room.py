"""Free space: asked for before work is begun, not found missing after it."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from restore.errors import WriteError

__all__ = ["check_room", "check_writable", "existing", "gigabytes", "made"]


def check_room(folder: Path, needed: int, what: str) -> None:
    """Refuse a work whose results do not fit on the disk.

    Args:
        folder: Where they go; it, or one above it, exists.
        needed: Bytes.
        what: The beginning of the message, such as "The results".

    Raises:
        WriteError: There is less room. Where the system does not tell, nothing is refused.
    """
    try:
        free = shutil.disk_usage(existing(folder)).free
    except OSError:
        return
    if needed > free:
        raise WriteError(
            f"{what} may take {gigabytes(needed)}, and {folder} has {gigabytes(free)} free.",
            "Make room on the disk, or choose another folder.",
        ) from OSError(errno.ENOSPC, "No space left on device")


def check_writable(folder: Path, hint: str) -> None:
    """Open a nameless temporary file in the folder, or in the nearest one that exists.

    Raises:
        WriteError: That fails; with this hint.
    """
    nearest = existing(folder)
    if not nearest.is_dir():
        raise WriteError(f"{nearest} is a file, not a folder.", hint)
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        raise WriteError(f"Nothing can be written to {nearest}: {reason}.", hint) from error


def existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that is there."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


@contextmanager
def made(folder: Path) -> Iterator[None]:
    """Make a folder for what is done in it; if that fails, what was made is taken away again."""
    missing = [f for f in (folder, *folder.parents) if not f.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        with suppress(OSError):
            for empty in missing:
                empty.rmdir()
        raise


def gigabytes(number: int) -> str:
    """Return bytes as a person says them: "3.1 GB", "12 MB"."""
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.3g} MB"
