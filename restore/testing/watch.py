"""A host that remembers what an action tells it, and can stop it."""

from __future__ import annotations

from restore.diffusion.denoiser import Denoiser
from restore.engine import Engine
from restore.hooks.action import Detector
from restore.tasks.context import EngineContext

__all__ = ["Watch"]


class Watch:
    """A context for one run.

    Args:
        engine: Where models run.
        stop_at: At which report, counted from 1, the action is asked to stop; 0 for never.

    Attributes:
        told: What the action itself reported: fraction and text.
        reports: How many reports there were, those of the models that it borrowed included.
    """

    def __init__(self, engine: Engine, stop_at: int = 0) -> None:
        self.told: list[tuple[float, str]] = []
        self.reports = 0
        self._stop_at = stop_at
        self._host = EngineContext(engine, self._on_report)

    def prior(self, model: str, calls: int = 1) -> Denoiser:
        """Lend a model."""
        return self._host.prior(model, calls)

    def detector(self, model: str) -> Detector:
        """Lend a detector."""
        return self._host.detector(model)

    def progress(self, fraction: float, text: str = "") -> None:
        """Remember a report, and pass it on."""
        self.told.append((fraction, text))
        self._host.progress(fraction, text)

    def _on_report(self, fraction: float, text: str) -> bool:
        self.reports += 1
        return not self._stop_at or self.reports < self._stop_at
