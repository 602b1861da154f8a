"""A model that says of each pixel how probably it is damaged."""

from __future__ import annotations

import numpy as np

from restore.engine.backends.network import Pixels
from restore.engine.tiled import TiledModel
from restore.errors import ParameterError
from restore.networks.conditioning import reflected
from restore.networks.detecting import logit

__all__ = ["Detector"]


class Detector(TiledModel):
    """A detector of damage over a network of three inputs and one output."""

    def __call__(self, x: Pixels) -> Pixels:
        """Return the probability that each pixel is damaged, (B, 1, H, W) float32 in [0, 1].

        Args:
            x: Pictures (B, 3, H, W) in [-1, 1].

        Raises:
            ParameterError: That is not their shape.
            MemoryLimitError: Not even the smallest tiles fit into memory.
        """
        x = np.asarray(x, np.float32)
        if x.ndim != 4 or x.shape[1] != 3 or 0 in x.shape:
            raise ParameterError(f"A detector needs pictures (B, 3, H, W), and got {x.shape}.")
        batch, _, height, width = x.shape

        def look(rows: slice, columns: slice) -> Pixels:
            return self._look(x[:, :, rows, columns])

        return self.in_tiles(look, (batch, 1, height, width))

    def _look(self, x: Pixels) -> Pixels:
        self.account(x.shape)
        height, width = x.shape[2:]
        stride = self.card.architecture.stride
        rows, columns = (reflected(n, -(-n // stride) * stride) for n in (height, width))
        f = self._network(np.ascontiguousarray(x[:, :, rows][:, :, :, columns]))
        probability: Pixels = 1 / (1 + np.exp(-logit(f[:, :, :height, :width])))
        return probability
