"""Gray pictures that are written with results: masks of what was found, maps of uncertainty."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from restore.cli.inputs import same_file_key
from restore.cli.plan import Job
from restore.errors import WriteError
from restore.hooks import Result
from restore.photo import Photo, Pixels, write
from restore.photo.metadata import Metadata, Text
from restore.photo.room import check_writable
from restore.tasks.posterior import SAMPLE_STEPS

__all__ = ["Beside"]

_SUFFIX = ".png"
_SAMPLES = 8
_WHITE = 0.25
"""Standard deviation that is white in a map of it; no plausible guess is off by more."""
_UNIT = f"Standard deviation of each pixel: 65535 is {_WHITE} of white."


@dataclass(frozen=True)
class Beside:
    """Where they go, of which jobs.

    Attributes:
        masks: Of what an action finds.
        maps: Of how unsure each pixel is.
        overwrite: Whether files may be replaced.
    """

    masks: Mapping[Job, Path]
    maps: Mapping[Job, Path]
    overwrite: bool

    @classmethod
    def of(cls, jobs: Sequence[Job], given: Mapping[str, Any]) -> Beside:
        """Plan what the options of a command ask for.

        Raises:
            WriteError: Two pictures in one file, a file would be replaced, or a folder cannot be
                written to.
        """
        overwrite = bool(given["overwrite"])
        masks, maps = (
            _targets(jobs, given[option], what, overwrite=overwrite) if given.get(option) else {}
            for option, what in (("mask_out", "mask"), ("uncertainty_out", "map"))
        )
        return cls(masks, maps, overwrite)

    def share_of_result(self, job: Job, parameters: Mapping[str, Any]) -> float:
        """Return the result's share of all calls of a model, samples being the others."""
        if job not in self.maps:
            return 1.0
        steps: int = parameters.get("steps", 1)
        return steps / (steps + _SAMPLES * max(steps, SAMPLE_STEPS))

    def write(self, job: Job, result: Result, progress: Callable[[float], None]) -> None:
        """Write what belongs to a result.

        Args:
            job: What was done.
            result: What came of it.
            progress: Told the fraction of the samples that are drawn.
        """
        if result.mask is not None and job in self.masks:
            _write_mask(result.mask, self.masks[job], overwrite=self.overwrite)
        if job in self.maps:
            sigma = result.sample_uncertainty(_SAMPLES, lambda drawn: progress(drawn / _SAMPLES))
            _write_map(sigma, self.maps[job], overwrite=self.overwrite)


def _targets(jobs: Sequence[Job], output: str, what: str, *, overwrite: bool) -> dict[Job, Path]:
    """Decide where a gray picture of each photo goes, and refuse what would lose something.

    Args:
        jobs: The photos and their results.
        output: A PNG file, or a folder.
        what: Names the picture in messages, "mask" or "map".
        overwrite: Existing files may be replaced, but no photo and no result.

    Raises:
        WriteError: Two pictures in one file, a file would be replaced, or a folder cannot be
            written to.
    """
    path, flag = Path(output), {"mask": "--mask-out", "map": "--uncertainty-out"}[what]
    first = [job for job in jobs if job.variant <= 1]
    if path.suffix and not path.is_dir() and not output.endswith(("/", os.sep)):
        if path.suffix.lower() != _SUFFIX:
            raise WriteError(f"No {what} can be written to {output}.", f"Use a {_SUFFIX} file.")
        if len(first) > 1:
            raise WriteError(
                f"{output} is one file, but there are {len(first)} photos.",
                f"Give a folder to {flag}.",
            )
        targets = dict.fromkeys(first, path)
    else:
        targets = {job: path / f"{job.source.stem}{_SUFFIX}" for job in first}
    taken = {same_file_key(p): p for job in jobs for p in (job.source, job.target)}
    for target in targets.values():
        if (key := same_file_key(target)) in taken:
            raise WriteError(
                f"The {what} {target} would replace {taken[key]}, which is needed.",
                f"Give another folder to {flag}.",
            )
        taken[key] = target
        if os.path.lexists(target) and not overwrite:
            raise WriteError(f"The {what} {target} exists.", "--overwrite replaces it.")
    for folder in dict.fromkeys(target.parent for target in targets.values()):
        check_writable(folder, f"Give another folder to {flag}.")
    return targets


def _write_mask(mask: Pixels, target: Path, *, overwrite: bool) -> None:
    """Write a mask (H, W) as a gray PNG, white where it is True."""
    target.parent.mkdir(parents=True, exist_ok=True)
    write(Photo.from_array(mask.astype(np.uint8) * 255), target, overwrite=overwrite)


def _write_map(sigma: Pixels, target: Path, *, overwrite: bool) -> None:
    """Write a map of standard deviations (H, W, C) as a gray PNG of 16 bits.

    Black is 0, white is `_WHITE`, of a picture whose white is 1; the file's description says so. Of
    colours it is the root mean square.
    """
    gray = np.sqrt(np.square(sigma).mean(axis=2)) / _WHITE
    pixels = (gray.clip(0, 1) * 65535).round().astype(np.uint16)
    said = Metadata(texts=(Text("Description", _UNIT),))
    target.parent.mkdir(parents=True, exist_ok=True)
    write(replace(Photo.from_array(pixels), metadata=said), target, overwrite=overwrite)
