"""Which plugins are installed, without importing any of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import distributions
from typing import Any

from restore.hooks.specs import PROJECT

__all__ = ["Candidate", "installed"]

_log = logging.getLogger("restore")


@dataclass(frozen=True)
class Candidate:
    """A plugin that could be loaded.

    Attributes:
        name: Name of its entry point.
        module: What its entry point names.
        version: Of its distribution.
        load: Imports it.
    """

    name: str
    module: str
    version: str
    load: Callable[[], Any]


def installed() -> list[Candidate]:
    """Return what the entry-point group "restore" names, by name.

    A distribution that is found twice on the path counts once, as importing it would: the first.
    Two distributions may name their plugins alike; where they name the same module, it is one.
    """
    found: dict[tuple[str, str], Candidate] = {}
    for distribution, candidate in _entry_points():
        found.setdefault((candidate.name, distribution), candidate)
    modules: dict[tuple[str, str], Candidate] = {}
    for _, candidate in sorted(found.items()):
        modules.setdefault((candidate.name, candidate.module), candidate)
    return list(modules.values())


def _entry_points() -> Iterator[tuple[str, Candidate]]:
    for distribution in distributions():
        try:
            for point in distribution.entry_points.select(group=PROJECT):
                version = distribution.version
                yield distribution.name, Candidate(point.name, point.value, version, point.load)
        except Exception as error:  # unreadable metadata must not hide the other distributions
            _log.debug("Metadata of %s cannot be read", distribution, exc_info=error)
