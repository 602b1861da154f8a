"""Masks that come with photos, and masks that are written beside results."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from restore.cli.inputs import same_file_key
from restore.cli.plan import Job, refuse_unwritable
from restore.errors import ParameterError, PhotoError, WriteError
from restore.hooks import Action
from restore.photo import FORMATS, Format, Photo, Pixels, suffixes, write

__all__ = ["check_asked", "given_mask", "mask_targets", "write_mask"]

SUFFIX = ".png"


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


def mask_targets(jobs: Sequence[Job], output: str, *, overwrite: bool) -> dict[Job, Path]:
    """Decide where the mask of each photo goes, and refuse what would lose something.

    Args:
        jobs: The photos and their results.
        output: A PNG file, or a folder.
        overwrite: Existing files may be replaced, but no photo and no result.

    Raises:
        WriteError: Two masks in one file, a file would be replaced, or a folder cannot be
            written to.
    """
    path = Path(output)
    if path.suffix and not path.is_dir() and not output.endswith(("/", os.sep)):
        if path.suffix.lower() != SUFFIX:
            raise WriteError(f"A mask cannot be written to {output}.", f"Use a {SUFFIX} file.")
        if len(jobs) > 1:
            raise WriteError(
                f"{output} is one file, but there are {len(jobs)} photos.",
                "Give a folder to --mask-out.",
            )
        targets = dict.fromkeys(jobs, path)
    else:
        targets = {job: path / f"{job.source.stem}{SUFFIX}" for job in jobs}
    taken = {same_file_key(p): p for job in jobs for p in (job.source, job.target)}
    for target in targets.values():
        if (key := same_file_key(target)) in taken:
            raise WriteError(
                f"The mask {target} would replace {taken[key]}, which is needed.",
                "Give another folder to --mask-out.",
            )
        taken[key] = target
        if os.path.lexists(target) and not overwrite:
            raise WriteError(f"The mask {target} exists.", "--overwrite replaces it.")
    for folder in dict.fromkeys(target.parent for target in targets.values()):
        refuse_unwritable(folder, "--mask-out")
    return targets


def write_mask(mask: Pixels, target: Path, *, overwrite: bool) -> None:
    """Write a mask (H, W) as a gray PNG, white where it is True."""
    target.parent.mkdir(parents=True, exist_ok=True)
    write(Photo.from_array(mask.astype(np.uint8) * 255), target, overwrite=overwrite)
