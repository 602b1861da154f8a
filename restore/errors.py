"""What can go wrong, said to a person: what happened, with which file, what to do next.

Every error that the toolkit raises on purpose derives from `RestoreError`. Its `exit_code` is
what the command line ends with; its text is shown as it stands, without a traceback.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "BUG_EXIT_CODE",
    "CancelledError",
    "DeviceError",
    "MemoryLimitError",
    "ModelError",
    "ParameterError",
    "PhotoError",
    "PluginError",
    "RestoreError",
    "ResultError",
    "WorkerError",
    "WriteError",
    "told",
]

MOST_TEXT = 5000
"""Letters of a message that is passed on; some repeat what they were given."""

BUG_EXIT_CODE = 70
"""Something failed that nobody foresaw (EX_SOFTWARE)."""


class RestoreError(Exception):
    """An expected failure.

    Args:
        message: What went wrong, with the file or the value that caused it.
        hint: What to do next; empty when nothing can be done.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class ParameterError(RestoreError):
    """A parameter is out of range, or parameters do not fit each other (exit code 2)."""

    exit_code = 2


class PhotoError(RestoreError):
    """A photo is missing, empty, truncated, too large or not a photo (exit code 3)."""

    exit_code = 3


class WriteError(RestoreError):
    """A result cannot be written, or would replace something unasked (exit code 4)."""

    exit_code = 4


class ModelError(RestoreError):
    """A model is unknown, incomplete or not what its card says (exit code 5)."""

    exit_code = 5


class PluginError(RestoreError):
    """A plugin failed, or names something that another one owns (exit code 6)."""

    exit_code = 6


class DeviceError(RestoreError):
    """The device asked for cannot be used (exit code 7)."""

    exit_code = 7


class ResultError(RestoreError):
    """A result was refused by the checks: not finite, black, out of range (exit code 8)."""

    exit_code = 8


class MemoryLimitError(RestoreError):
    """The work does not fit into memory even with the smallest tiles (exit code 9)."""

    exit_code = 9


class WorkerError(RestoreError):
    """The worker cannot start or be reached, or speaks another protocol (exit code 10)."""

    exit_code = 10


class CancelledError(RestoreError):
    """The user or the host asked to stop (exit code 130)."""

    exit_code = 130


def told(error: BaseException) -> dict[str, Any]:
    """Return an error as JSON values: its type, message and hint, and its exit code."""
    known = error if isinstance(error, RestoreError) else None
    return {
        "type": type(error).__name__,
        "message": str(known.message if known else error)[:MOST_TEXT],
        "hint": str(known.hint if known else "")[:MOST_TEXT],
        "exit_code": known.exit_code if known else BUG_EXIT_CODE,
    }
