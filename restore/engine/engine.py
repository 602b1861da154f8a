"""The engine: models by name, ready to run on the device that is there."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from restore.engine.backends.network import Network, Precision, open_network
from restore.engine.card import Card, Kind
from restore.engine.detector import Detector
from restore.engine.prior import DifferentiablePrior, Prior
from restore.engine.registry import find_model
from restore.engine.tiles import Tiling
from restore.errors import ModelError, ParameterError

__all__ = ["Engine"]

LEAST_TILE = 128


class Engine:
    """Opens models once, and lends them out.

    Args:
        device: "auto", "cpu" or "cuda".
        backend: "auto", "torch" or "onnxruntime".
        threads: CPU threads; None for one a core.
        tile: Side of a tile in pixels, a multiple of 16 from 128 up; None for the usual one.
        precision: "float32", or "bfloat16": with torch twice as fast where the processor has
            AVX512-BF16, and results that differ by a fraction of a level of 255.
        folders: Further folders to look for models in.
        cards: Models at hand, which are taken before any other of their names.

    Raises:
        ParameterError: The tile size cannot be used.
    """

    def __init__(
        self,
        *,
        device: str = "auto",
        backend: str = "auto",
        threads: int | None = None,
        tile: int | None = None,
        precision: Precision = "float32",
        folders: Iterable[Path] = (),
        cards: Iterable[Card] = (),
    ) -> None:
        self._device, self._backend, self._threads = device, backend, threads
        self._precision = precision
        self._tiling = Tiling() if tile is None else _tiling(tile)
        self._folders = tuple(folders)
        self._cards = {card.name: card for card in cards}
        self._opened: dict[str, tuple[Card, Network, tuple[str, ...]]] = {}
        self._lock = threading.Lock()

    def with_tile(self, tile: int) -> Engine:
        """Return this engine, and the models that it has opened, with tiles of another size.

        Raises:
            ParameterError: The tile size cannot be used.
        """
        other = copy.copy(self)
        other._tiling = _tiling(tile)
        return other

    def prior(
        self, model: str = "base", *, on_tile: Callable[[int, int], None] | None = None
    ) -> Prior:
        """Return a model, ready to run; its files are verified when it is first opened.

        Args:
            model: Name of the model.
            on_tile: Told after each tile of a call how many are done, of how many.

        Returns:
            A `Denoiser`; a `DifferentiableDenoiser` if torch computes it.

        Raises:
            ModelError: No such model, it is no prior, or it is not what its card says.
            DeviceError: The device that was asked for cannot be used.
        """
        card, network, notes = self._open(model, "prior")
        kind = DifferentiablePrior if network.backend == "torch" else Prior
        return kind(card, network, self._tiling, notes=notes, on_tile=on_tile)

    def detector(
        self, model: str = "defects", *, on_tile: Callable[[int, int], None] | None = None
    ) -> Detector:
        """Return a detector of damage, ready to run; arguments and errors are those of `prior`."""
        card, network, notes = self._open(model, "defects")
        if not card.architecture.is_detector:
            raise ModelError(f"The model “{model}” is no detector, although its card says so.")
        return Detector(card, network, self._tiling, notes=notes, on_tile=on_tile)

    def opened(self) -> list[str]:
        """Return the names of the models that are in memory."""
        return list(self._opened)

    def _open(self, model: str, kind: Kind) -> tuple[Card, Network, tuple[str, ...]]:
        with self._lock:
            if (opened := self._opened.get(model)) is None or opened[0].kind != kind:
                at_hand = {name: card for name, card in self._cards.items() if card.kind == kind}
                card = at_hand.get(model) or find_model(model, self._folders, kind)
                card.verify()
                network, notes = open_network(
                    card, self._device, self._backend, self._threads, self._precision
                )
                opened = self._opened[model] = card, network, notes
        return opened


def _tiling(tile: int) -> Tiling:
    if tile < LEAST_TILE or tile % 16:
        raise ParameterError(
            f"A tile cannot be {tile} pixels.", f"Take a multiple of 16 from {LEAST_TILE} up."
        )
    return Tiling(tile)
