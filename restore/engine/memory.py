"""How much memory can still be had: of the machine, and of the control group that we run in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["LARGE", "WORKING", "free_memory"]

LARGE = 50_000_000
"""Pixels of a result above which memory is asked for before a photo is worked on whole."""
WORKING = 100
"""Bytes that such work takes a pixel of the result: eight pictures of floats."""


def free_memory() -> int:
    """Return how many bytes of memory can be had, swap included.

    A container, or a service with a limit, has less than its machine.
    """
    import psutil

    machine: int = psutil.virtual_memory().available + psutil.swap_memory().free
    return min([machine, *_left(Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"))])


@dataclass(frozen=True)
class _Kind:
    """Where one version of control groups keeps its figures, all in bytes.

    Attributes:
        folder: Below which the groups lie.
        limit: File of the limit; it holds a word, or a huge number, if there is none.
        usage: File of what is taken, the page cache included.
        reclaimable: Line of memory.stat: the cache that makes room when it is needed.
    """

    folder: str
    limit: str
    usage: str
    reclaimable: str


_V1 = _Kind("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
_V2 = _Kind("", "memory.max", "memory.current", "inactive_file")


def _left(membership: Path, mounted: Path) -> Iterator[int]:
    """Yield what the limit of each group that we are in still allows.

    Args:
        membership: The kernel's list of our groups, a line each: number, controllers, path.
        mounted: Where the groups are mounted. Inside a container the path may be that outside it;
            then the group is the mounted one itself.
    """
    with suppress(OSError):
        for line in membership.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers and "memory" not in controllers.split(","):
                continue
            kind = _V1 if controllers else _V2
            root = mounted / kind.folder
            group = root / path.lstrip("/")
            while group.is_relative_to(root):
                with suppress(OSError, ValueError):
                    yield _left_in(group, kind)
                group = group.parent


def _left_in(group: Path, kind: _Kind) -> int:
    limit = int((group / kind.limit).read_text())
    usage = int((group / kind.usage).read_text())
    lines = (group / "memory.stat").read_text().splitlines()
    cache = int(dict(line.split() for line in lines).get(kind.reclaimable, 0))
    return max(0, limit - usage + cache)
