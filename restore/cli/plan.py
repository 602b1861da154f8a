"""Where every result goes, decided and checked before the first photo is touched."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from restore.cli.inputs import Input, same_file_key
from restore.errors import WriteError
from restore.photo import FORMATS, Format, suffixes
from restore.photo.fitting import Depth
from restore.photo.foresight import bytes_of_result
from restore.photo.formats.registry import suffix_of_result
from restore.photo.room import check_room, check_writable, existing

__all__ = ["Job", "Plan", "make_plan", "refuse_without_room"]


@dataclass(frozen=True)
class Job:
    """One photo and where its result goes.

    Attributes:
        source: The photo.
        target: The result.
        variant: Which of several results of the photo, from 1; 0 if it is to have one alone.
    """

    source: Path
    target: Path
    variant: int = 0


@dataclass(frozen=True)
class Plan:
    """What will be done.

    Attributes:
        jobs: In the order of the inputs.
        earlier: How many photos in folders are results of these very jobs, and so left alone.
        existing: How many photos are left out because their result exists.
    """

    jobs: tuple[Job, ...]
    earlier: int = 0
    existing: int = 0


def make_plan(
    inputs: Sequence[Input],
    output: str | None,
    ending: str,
    *,
    overwrite: bool = False,
    skip_existing: bool = False,
    page: int | None = None,
    variants: int = 0,
    formats: Sequence[Format] = FORMATS,
) -> Plan:
    """Decide every target and refuse what would lose something or cannot be written.

    Args:
        inputs: The photos.
        output: A file (it ends like a photo), a folder (anything else), or None for a file beside
            each photo.
        ending: What is added to a name beside the photo, such as "denoised".
        overwrite: Existing files may be replaced, the photo itself among them.
        skip_existing: Leave out photos whose result exists.
        page: That is read of each; it becomes a part of the result's name.
        variants: How many results each photo is to have, with a number at the end of their names;
            0 for one without.
        formats: What can be read and written. The result of a photo whose format cannot be written
            is a TIFF, which keeps all that there was.

    Raises:
        WriteError: Two results in one file, a photo or another file would be replaced, a folder
            cannot be written to.
    """
    if page is not None:
        ending = f"page{page}-{ending}"
    jobs = [
        Job(i.path, _numbered(_target(i, inputs, output, ending, formats), number), number)
        for i in inputs
        for number in (range(1, variants + 1) if variants else (0,))
    ]
    targets = {same_file_key(job.target) for job in jobs if not _in_place(job)}
    named = {same_file_key(i.path) for i in inputs if i.folder is None}
    kept = [j for j in jobs if (key := same_file_key(j.source)) in named or key not in targets]
    earlier = len(jobs) - len(kept)
    _refuse_collisions(kept)
    todo = [j for j in kept if not (skip_existing and j.target.exists() and not _in_place(j))]
    if page is not None:
        _refuse_losing_pages(todo)
    if not overwrite:
        _refuse_replacing(todo)
    for folder in dict.fromkeys(job.target.parent for job in todo):
        check_writable(folder, "Give another folder to -o.")
    return Plan(tuple(todo), earlier, len(kept) - len(todo))


def _target(
    photo: Input,
    inputs: Sequence[Input],
    output: str | None,
    ending: str,
    formats: Sequence[Format],
) -> Path:
    path = photo.path
    if output is None:
        return path.with_name(f"{path.stem}-{ending}{suffix_of_result(path.suffix, formats)}")
    folder = Path(output)
    if folder.suffix and not folder.is_dir() and not output.endswith(("/", os.sep)):
        if folder.suffix.lower() not in (endings := suffixes(formats, written=True)):
            raise WriteError(
                f"{output} ends like no format that can be written.",
                f"Use {', '.join(endings)}; for a folder, write {output}/",
            )
        if len(inputs) > 1:
            raise WriteError(
                f"{output} is one file, but there are {len(inputs)} photos.",
                "Give a folder to -o.",
            )
        return folder
    within = path.relative_to(photo.folder) if photo.folder is not None else Path(path.name)
    return folder / within.with_suffix(suffix_of_result(path.suffix, formats))


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.stem}-{number}{path.suffix}") if number else path


def _refuse_losing_pages(jobs: Sequence[Job]) -> None:
    for job in jobs:
        if _in_place(job):
            raise WriteError(
                f"{job.source} would be replaced by one page of it.", "Give another -o."
            )


def _in_place(job: Job) -> bool:
    return same_file_key(job.source) == same_file_key(job.target)


def _refuse_collisions(jobs: Sequence[Job]) -> None:
    sources = {same_file_key(job.source): job.source for job in jobs}
    taken: dict[str, Path] = {}
    for job in jobs:
        key = same_file_key(job.target)
        if key in taken:
            raise WriteError(
                f"{taken[key]} and {job.source} would both be written to {job.target}.",
                "Run them one after the other with different folders.",
            )
        taken[key] = job.source
        if key in sources and not _in_place(job):
            raise WriteError(
                f"The result of {job.source} would replace {job.target}, which is to be restored "
                "as well.",
                "Leave one of them out, or give another folder to -o.",
            )


def _refuse_replacing(jobs: Sequence[Job]) -> None:
    for job in jobs:
        if _in_place(job):
            raise WriteError(
                f"{job.source} would be replaced by its own result.",
                "Give another -o, or --overwrite if that is what you want.",
            )
    taken = [job.target for job in jobs if os.path.lexists(job.target)]
    if taken:
        what = f"{taken[0]} exists"
        if len(taken) > 1:
            what = f"{len(taken)} results exist already, {taken[0]} the first"
        raise WriteError(
            f"{what}.", "--overwrite replaces, --skip-existing leaves them as they are."
        )


def refuse_without_room(
    jobs: Sequence[Job],
    *,
    scale: int = 1,
    quality: int | None = None,
    depth: Depth | None = None,
) -> None:
    """Refuse jobs whose results, as large as they can become, do not fit on the disks.

    Args:
        jobs: What is to be done.
        scale: How many times wider and higher the results are.
        quality: Of lossy formats, if it was given.
        depth: Of the results, if it was given.

    Raises:
        WriteError: There is less room on a disk than its results may take.
    """
    needed: dict[int, int] = {}
    folders: dict[int, Path] = {}
    for job in jobs:
        folder = existing(job.target.parent)
        disk = folder.stat().st_dev
        folders.setdefault(disk, folder)
        needed[disk] = needed.get(disk, 0) + bytes_of_result(
            job.source, job.target, scale=scale, quality=quality, depth=depth
        )
    results = "The result" if len(jobs) == 1 else f"The {len(jobs)} results"
    for disk, folder in folders.items():
        check_room(folder, needed[disk], results)
