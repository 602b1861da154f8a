"""What a person is shown of folders and photos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from restore.cli import wording
from restore.photo import Format, suffixes
from restore_watch.loading import Line
from restore_watch.naming import target_of
from restore_watch.scanning import Found, scan, shown

__all__ = ["preview", "steps"]


def preview(line: Line, formats: Sequence[Format]) -> Iterator[str]:
    """Say of each file in a folder what would become of it."""
    folder = line.folder
    yield f"\n{shown(folder.path)} → {shown(folder.output)}: {steps(line)}"
    counts: Counter[str] = Counter()
    for found in scan(folder, suffixes(formats)):
        if isinstance(found, Found):
            counts["photo"] += 1
            target = target_of(folder, found.path, found.identity.mtime_ns, formats)
            yield f"  {shown(found.path)} → {shown(target)}"
        elif found.why:
            counts["passed"] += 1
            yield f"  {shown(found.path)}: passed over, {found.why}"
    yield f"  {wording.count(counts['photo'], 'photo')}, {counts['passed']} passed over."


def steps(line: Line) -> str:
    """Return such as “clean (noise 0.1), then upscale”."""
    return ", then ".join(
        action.name + (f" ({', '.join(f'{k} {v}' for k, v in given.items())})" if given else "")
        for action, given in (
            (action, parameters.model_dump(exclude_unset=True)) for action, parameters in line.steps
        )
    )
