"""The line of Krita's settings that switches a Python plug-in on; all other lines stay."""

from __future__ import annotations

from pathlib import Path

from restore.errors import WriteError
from restore_editors.copying import write_whole

__all__ = ["get", "read", "replaced", "write"]

GROUP = "[python]"
KEY = "enable_restore_krita"


def get(text: str) -> str | None:
    """Return what the settings say: "true", "false", or None if they say nothing."""
    for line in _group(text)[1]:
        name, equals, value = line.partition("=")
        if equals and name.strip() == KEY:
            return value.strip()
    return None


def replaced(text: str, value: str | None) -> str:
    """Return the settings with another value, or without the line; an empty group goes too."""
    end = "\r\n" if "\r\n" in text else "\n"
    before, group, after = _group(text if not text or text.endswith("\n") else text + end)
    group = [line for line in group if line.partition("=")[0].strip() != KEY]
    if value is None:
        if not any(line.strip() for line in group[1:]):
            group = []
            while before and not after and not before[-1].strip():
                before.pop()
    else:
        if not group:
            gap = [end] if before and before[-1].strip() else []
            before, group = [*before, *gap], [f"{GROUP}{end}"]
        group.insert(1, f"{KEY}={value}{end}")
    return "".join([*before, *group, *after])


def read(file: Path) -> str:
    """Return the settings; nothing if there is no file yet.

    Raises:
        WriteError: The file cannot be read.
    """
    try:
        return file.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise WriteError(f"{file} cannot be read: {error.strerror}.") from None


def write(file: Path, text: str) -> None:
    """Write the settings; without any, remove the file.

    Raises:
        WriteError: The disk refuses.
    """
    file = file.resolve()
    try:
        if text:
            file.parent.mkdir(parents=True, exist_ok=True)
            mode = file.stat().st_mode & 0o777 if file.exists() else 0o600
            write_whole(file, text.encode("utf-8", "surrogateescape"), mode)
        else:
            file.unlink(missing_ok=True)
    except OSError as error:
        raise WriteError(f"{file} cannot be written: {error.strerror}.") from None


def _group(text: str) -> tuple[list[str], list[str], list[str]]:
    """Return the lines before the group, of it, and after it."""
    lines = text.splitlines(keepends=True)
    first = next((n for n, line in enumerate(lines) if line.strip() == GROUP), None)
    if first is None:
        return lines, [], []
    rest = range(first + 1, len(lines))
    end = next((n for n in rest if lines[n].lstrip().startswith("[")), len(lines))
    return lines[:first], lines[first:end], lines[end:]
