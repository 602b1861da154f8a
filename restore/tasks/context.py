"""What the toolkit's own hosts lend to an action: models of an engine, progress, cancellation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from restore.diffusion.denoiser import Denoiser
from restore.errors import CancelledError

if TYPE_CHECKING:
    from restore.engine import Engine
    from restore.hooks.action import Detector

__all__ = ["EngineContext", "Progress"]

Progress: TypeAlias = Callable[[float, str], bool | None]
"""Is told the fraction that is done, and what is being done; returning False stops the action."""


class EngineContext:
    """A context for one run of one action.

    The fraction never goes back, and all that the action does not report itself is counted in
    tiles: each model that it borrows says how often it will be called.

    Args:
        engine: Where the models run.
        progress: Called with the fraction in [0, 1] and a text; see `Progress`. It may also raise
            `CancelledError` itself.
    """

    def __init__(self, engine: Engine, progress: Progress | None = None) -> None:
        self._engine = engine
        self._progress = progress
        self._fraction = 0.0
        self._calls = 0
        self._called = 0

    def prior(self, model: str, calls: int = 1) -> Denoiser:
        """Return the named model; see `restore.hooks.Context.prior`."""
        self.progress(self._fraction, f"loading the model “{model}”")
        self._calls += calls
        return self._engine.prior(model, on_tile=self._on_tile if calls else self._on_small_tile)

    def detector(self, model: str) -> Detector:
        """Return the named detector; see `restore.hooks.Context.detector`."""
        self.progress(self._fraction, f"loading the model “{model}”")
        return self._engine.detector(model, on_tile=self._on_small_tile)

    def progress(self, fraction: float, text: str = "") -> None:
        """Tell the host how much is done; see `restore.hooks.Context.progress`."""
        self._fraction = max(self._fraction, min(fraction, 1.0))
        if self._progress is not None and self._progress(self._fraction, text) is False:
            raise CancelledError("Stopped: nothing was changed.")

    def _on_tile(self, done: int, tiles: int) -> None:
        fraction = (self._called + done / tiles) / self._calls
        if done == tiles:
            self._called += 1
        self.progress(fraction, "restoring")

    def _on_small_tile(self, done: int, tiles: int) -> None:
        """Let the host stop between tiles that are not counted."""
        self.progress(self._fraction)
