"""What came of an action: the photo, and an honest account of what was done to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from restore.errors import ParameterError
from restore.photo import Photo, Pixels

__all__ = ["Check", "Report", "Result"]


@dataclass(frozen=True)
class Check:
    """A guarantee that was checked on the result itself.

    Attributes:
        name: What was checked, such as "outside the mask".
        passed: Whether it holds.
        value: The figure that was measured.
        limit: The largest figure with which it holds.
    """

    name: str
    passed: bool
    value: float
    limit: float


@dataclass(frozen=True)
class Report:
    """What ran, on what, with what outcome.

    Attributes:
        action: Name of the action.
        parameters: Its validated parameters, as JSON values.
        model: Name of the model; empty if none was used.
        model_sha256: Hash of its weights.
        backend: "torch" or "onnxruntime"; empty without a model.
        provider: What really computed, such as "CPUExecutionProvider" or "cuda:0".
        found: What was measured in the photo: noise, JPEG quality and the like.
        checks: The guarantees that were checked.
        notes: Sentences for the person: what was done or left, and why.
        evaluations: How often models were called; the tiles of a photo are one call.
        gflop: Floating-point operations of these calls in billions, the overlaps of tiles included.
        seconds: Wall-clock time of the action.
        megapixels: Size of the result.
    """

    action: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    model: str = ""
    model_sha256: str = ""
    backend: str = ""
    provider: str = ""
    found: Mapping[str, float | str] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    notes: tuple[str, ...] = ()
    evaluations: int = 0
    gflop: float = 0.0
    seconds: float = 0.0
    megapixels: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Result:
    """A restored photo and its report.

    Attributes:
        photo: The result, of the same type, alpha and metadata as the photo that went in.
        report: What was done.
        sample: Draws a posterior sample for a seed, (H, W, C) float32 in [0, 1] units; None if
            the action cannot.
        mask: What the action found and filled, (H, W) bool, for a person to correct; None if it
            looked for nothing of the kind.
    """

    photo: Photo
    report: Report
    sample: Callable[[int], Pixels] | None = None
    mask: Pixels | None = None

    @cached_property
    def uncertainty(self) -> Pixels:
        """Standard deviation of each pixel over eight posterior samples, (H, W, C) float32."""
        return self.sample_uncertainty(8)

    def sample_uncertainty(
        self, k: int, on_sample: Callable[[int], None] = lambda drawn: None
    ) -> Pixels:
        """Return the standard deviation over `k` posterior samples, (H, W, C) in [0, 1] units.

        Args:
            k: How many, at least 2.
            on_sample: Told after each sample how many are drawn.

        Raises:
            ParameterError: The action draws no samples, or k < 2.
        """
        import numpy as np

        if self.sample is None:
            raise ParameterError(f"The action “{self.report.action}” draws no posterior samples.")
        if k < 2:
            raise ParameterError(f"{k} samples have no spread.", "Ask for at least 2.")
        mean = self.sample(0)
        m2 = np.zeros_like(mean)
        on_sample(1)
        for i in range(1, k):
            delta = (draw := self.sample(i)) - mean
            mean = mean + delta / (i + 1)
            m2 = m2 + delta * (draw - mean)
            on_sample(i + 1)
        return np.sqrt(m2 / (k - 1)).astype(np.float32)
