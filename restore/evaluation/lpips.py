"""LPIPS: how different two pictures look, as a network that has learned to see finds.

Zhang, Isola, Efros, Shechtman & Wang, “The unreasonable effectiveness of deep features as a
perceptual metric”, 2018, version 0.1 of the weights, with AlexNet. The weights are not part of the
toolkit: `benchmarks/lpips_weights.py` makes them from a published package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from restore.errors import ModelError, ParameterError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["WEIGHTS_SHA256", "Lpips", "fits", "lpips_available", "weights_path"]

WEIGHTS_SHA256 = "ead5f98d6d38056aba060049aa828ebf8bc84a1de602c73ca42a96889ed52a63"
_LEAST_SIDE = 31
"""Of smaller pictures nothing is left after the second pooling."""
_HOW_TO = "docs/guide/measure.md says how to get LPIPS: it takes one download and one command."

_STRIDES, _PADDINGS = (4, 1, 1, 1, 1), (2, 2, 1, 1, 1)
_POOLED = (1, 2)
"""Layers whose input is pooled first."""
_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
"""Mean and deviation of each channel in the pictures AlexNet was trained on, [-1, 1] units."""
_EPS = 1e-10


def weights_path() -> Path:
    """Return where the weights lie once they are installed, in the user's cache folder."""
    import platformdirs

    return platformdirs.user_cache_path("restore") / "lpips-alex.safetensors"


def lpips_available() -> bool:
    """Return whether the weights are installed; whether they are intact shows when they load."""
    return weights_path().is_file()


def fits(image: np.ndarray[Any, Any]) -> bool:
    """Return whether a picture (H, W, C) is large enough to be measured: 31×31 pixels."""
    return bool(min(image.shape[:2]) >= _LEAST_SIDE)


@dataclass(frozen=True, eq=False)
class Lpips:
    """The distance d(x, x_0) of the paper's eq. 1.

    Attributes:
        weights: For each layer l = 0…4 "conv{l}.weight" (C', C, k, k) and "conv{l}.bias" (C',) of
            AlexNet, and "w{l}" (C',) ≥ 0, the weights of the squared differences. float32.
    """

    weights: Mapping[str, Tensor]

    @classmethod
    def load(cls) -> Lpips:
        """Return the metric with the installed weights.

        Raises:
            ModelError: They are not installed, or not what they should be.
        """
        from safetensors.torch import load_file

        from restore.engine.card import sha256

        path = weights_path()
        if not path.is_file():
            raise ModelError(f"The weights of LPIPS are not installed: {path} is missing.", _HOW_TO)
        if sha256(path) != WEIGHTS_SHA256:
            raise ModelError(f"{path} is damaged or was changed: its hash is wrong.", _HOW_TO)
        return cls(load_file(path))

    def __call__(self, result: np.ndarray[Any, Any], reference: np.ndarray[Any, Any]) -> float:
        """Return the distance, 0 for identical pictures, about 0.1 for hardly a difference.

        Args:
            result: (H, W, C) float in [0, 1], C = 1 or 3; gray is repeated.
            reference: Of the same shape.

        Raises:
            ParameterError: The shapes differ, or a side is shorter than 31 pixels.
        """
        import torch

        if result.shape != reference.shape:
            raise ParameterError(
                f"The pictures differ in size: {result.shape} and {reference.shape}.",
                "Compare pictures of the same size and number of channels.",
            )
        if not fits(reference):
            raise ParameterError(
                f"The picture is {reference.shape[1]}×{reference.shape[0]} pixels; LPIPS needs at "
                f"least {_LEAST_SIDE}×{_LEAST_SIDE}."
            )
        with torch.inference_mode():
            distance = 0.0
            layers = zip(self._features(result), self._features(reference), strict=True)
            for layer, (a, b) in enumerate(layers):
                w = self.weights[f"w{layer}"][:, None, None]
                distance += float((w * (a - b).square()).sum(1).mean())
            return distance

    def _features(self, image: np.ndarray[Any, Any]) -> list[Tensor]:
        """Return what each layer sees, (1, C', H', W'), of length 1 at each place."""
        import torch
        from torch.nn.functional import conv2d, max_pool2d

        pixels = np.broadcast_to(image, (*image.shape[:2], 3)).astype(np.float32)
        x = torch.from_numpy(pixels).permute(2, 0, 1)[None] * 2 - 1
        x = (x - torch.tensor(_SHIFT)[:, None, None]) / torch.tensor(_SCALE)[:, None, None]
        features = []
        for layer, (stride, padding) in enumerate(zip(_STRIDES, _PADDINGS, strict=True)):
            if layer in _POOLED:
                x = max_pool2d(x, 3, 2)
            weight, bias = (self.weights[f"conv{layer}.{name}"] for name in ("weight", "bias"))
            x = conv2d(x, weight, bias, stride, padding).relu()
            features.append(x / (x.square().sum(1, keepdim=True).sqrt() + _EPS))
        return features
