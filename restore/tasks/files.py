"""From file to file: actions run on a photo as it is read, and the result written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from restore.hooks.report import Report, Result
from restore.photo import FORMATS, Depth, Format
from restore.photo.colour.transfer import Transfer
from restore.photo.metadata.stripping import Strip
from restore.photo.room import existing, made

if TYPE_CHECKING:
    from restore.engine import Engine
    from restore.hooks import Action

__all__ = ["Handling", "Progress", "Step", "in_strips", "whole"]

Step: TypeAlias = "tuple[Action, Mapping[str, Any]]"
Progress: TypeAlias = Callable[[float, str], None]


@dataclass(frozen=True)
class Handling:
    """How photos are read and results written; see `restore.photo.read` and `write`.

    Attributes:
        formats: What files may be.
        transfer: What the values of photos are; None for what the file says.
        page: Which of several.
        quality: Of lossy results.
        depth: Of results.
        overwrite: Whether files may be replaced.
        strip: What is left out of the metadata.
        times: Whether a result is as old as its photo.
        provenance: Whether results tell what was done.
    """

    formats: Sequence[Format] = FORMATS
    transfer: Transfer | None = None
    page: int | None = None
    quality: int | None = None
    depth: Depth | None = None
    overwrite: bool = False
    strip: Strip = "nothing"
    times: bool = True
    provenance: bool = True

    def reading(self) -> dict[str, Any]:
        """Return the options of `read`."""
        return {"transfer": self.transfer, "page": self.page, "formats": self.formats}

    def writing(self) -> dict[str, Any]:
        """Return the options of `write`."""
        return {
            "quality": self.quality,
            "depth": self.depth,
            "overwrite": self.overwrite,
            "strip": self.strip,
            "times": self.times,
            "formats": self.formats,
        }


def in_strips(
    step: Step,
    source: Path,
    target: Path,
    engine: Engine,
    progress: Progress,
    handling: Handling,
) -> Report | None:
    """Restore a photo strip by strip; None if the action needs it whole.

    Raises:
        RestoreError: Whatever reading, the action or writing raises.
    """
    from restore.hooks.strips import run_in_strips
    from restore.photo import open_strips, write_strips
    from restore.tasks.context import EngineContext

    action, parameters = step
    if action.in_strips is None:
        return None
    scratch = existing(target.parent)
    with open_strips(source, scratch=scratch, **handling.reading()) as photo:
        context = EngineContext(engine, progress)
        provenance = handling.provenance
        result = run_in_strips(action, photo, parameters, context, provenance=provenance)
        if result is None:
            return None
        with made(target.parent):
            write_strips(result.photo, target, **handling.writing())
        progress(1.0, "")
        return result.report()


def whole(
    steps: Sequence[Step],
    source: Path,
    target: Path,
    engine: Engine,
    progress: Progress,
    handling: Handling,
) -> list[Result]:
    """Restore a photo that is held in memory, by one action after the other.

    Returns:
        The result of each step; that of the last is what was written.

    Raises:
        RestoreError: Whatever reading, an action or writing raises.
    """
    from restore.hooks.run import run_action
    from restore.photo import read, write
    from restore.tasks.context import EngineContext

    photo = read(source, **handling.reading())
    results: list[Result] = []
    for number, (action, parameters) in enumerate(steps):
        share = _part(progress, number, len(steps))
        context = EngineContext(engine, share)
        result = run_action(action, photo, parameters, context, provenance=handling.provenance)
        photo = result.photo
        results.append(result)
    progress(1.0, "")
    target.parent.mkdir(parents=True, exist_ok=True)
    write(photo, target, **handling.writing())
    return results


def _part(progress: Progress, number: int, of: int) -> Progress:
    """Return a function that reports the progress of one step of several."""
    return lambda fraction, text: progress((number + fraction) / of, text)
