"""What is known of a peer before it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from restore.evaluation.degrade import Setting
from restore.evaluation.peers import Method

__all__ = ["Peer", "UnavailableError"]


class UnavailableError(Exception):
    """A peer cannot run here; the text says why."""


@dataclass(frozen=True)
class Peer:
    """A method of someone else.

    Attributes:
        name: How the table calls it.
        packages: Distributions that it needs.
        licence: Of code and weights, as the package states it.
        suits: Whether it is made for a degradation.
        load: Returns the method; may raise `UnavailableError`.
    """

    name: str
    packages: tuple[str, ...]
    licence: str
    suits: Callable[[Setting], bool]
    load: Callable[[], Method]

    def ready(self) -> Method:
        """Return the method.

        Raises:
            UnavailableError: A package is missing or does not work.
        """
        missing = [package for package in self.packages if not _installed(package)]
        if missing:
            raise UnavailableError(f"not installed: {', '.join(missing)}")
        try:
            return self.load()
        except (ImportError, OSError) as error:
            raise UnavailableError(str(error)) from error


def _installed(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False
