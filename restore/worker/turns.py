"""The fair order: clients take turns, and each client's own runs keep theirs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

__all__ = ["Turns"]


class _Asked(Protocol):
    @property
    def client(self) -> str: ...


T = TypeVar("T", bound=_Asked)


class Turns(Generic[T]):
    """A queue that one client cannot fill for the others."""

    def __init__(self) -> None:
        self._clients: dict[str, deque[T]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._clients.values()))

    def add(self, item: T) -> None:
        """Put an item behind those of its client."""
        self._clients.setdefault(item.client, deque()).append(item)

    def discard(self, item: T) -> None:
        """Take an item out, if it is there."""
        if item in (own := self._clients.get(item.client, deque())):
            own.remove(item)
            self._tidy(item.client)

    def first(self) -> T | None:
        """Return the next item without taking it out."""
        return next((own[0] for own in self._clients.values()), None)

    def next(self, may: Callable[[T], bool] = lambda item: True) -> T | None:
        """Take the next item out; its client's turn comes again after all others'.

        Args:
            may: Whether an item can be had already; if not, its client is passed over.
        """
        for client, own in self._clients.items():
            if may(own[0]):
                item = own.popleft()
                rest = self._clients.pop(client)
                if rest:
                    self._clients[client] = rest
                return item
        return None

    def ahead(self, item: T) -> int:
        """Return how many items are before this one; 0 if it is out already."""
        own = self._clients.get(item.client)
        if own is None or item not in own:
            return 0
        before = own.index(item)
        passed = False
        total = before
        for client, others in self._clients.items():
            if client == item.client:
                passed = True
            else:
                total += min(len(others), before + (not passed))
        return total

    def items(self) -> list[T]:
        """Return all items, in no particular order."""
        return [item for own in self._clients.values() for item in own]

    def _tidy(self, client: str) -> None:
        if not self._clients[client]:
            del self._clients[client]
