"""Masks that come with photos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from restore.errors import ParameterError, PhotoError
from restore.hooks import Action
from restore.photo import FORMATS, Format, suffixes

__all__ = ["check_asked", "given_mask"]


def given_mask(photo: Path, mask: Path, formats: Sequence[Format] = FORMATS) -> Path:
    """Return the mask that belongs to a photo: the file itself, or that of its name in a folder.

    Raises:
        PhotoError: There is none.
    """
    if mask.is_file():
        return mask
    if not mask.is_dir():
        raise PhotoError(f"There is no mask {mask}.")
    for path in sorted(mask.iterdir()):
        if path.stem == photo.stem and path.suffix.lower() in suffixes(formats):
            return path
    raise PhotoError(f"There is no mask for {photo} in {mask}.", "It must have the same name.")


def check_asked(action: Action, wanted: bool) -> None:
    """Refuse to write masks that nobody looks for.

    Args:
        action: Whose masks they are.
        wanted: The value of the parameter that `action.finds_mask` names.

    Raises:
        ParameterError: It is false.
    """
    if not wanted:
        flag = f"--{action.finds_mask.replace('_', '-')}"
        raise ParameterError(
            "--mask-out writes what was found, and nothing is looked for.", f"Add {flag}."
        )
