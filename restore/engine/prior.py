"""A model as a `Denoiser`: any size, in tiles, with an account of what computed it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from restore.diffusion.arrays import Array
from restore.diffusion.denoiser import Look, Observation, VectorJacobian
from restore.engine.backends.network import Pixels
from restore.engine.backends.torch_backend import TorchNetwork, memory_errors
from restore.engine.tiled import TiledModel
from restore.engine.tiles import pulled_through_tiles
from restore.errors import ParameterError
from restore.networks.conditioning import Views

__all__ = ["DifferentiablePrior", "Prior"]


class Prior(TiledModel):
    """A `Denoiser` of numpy arrays over a network."""

    def __call__(self, x_t: Array | None, sigma: float, y: Observation | None = None) -> Pixels:
        """Return E[x_0 | x_t, y], (B, 3, H, W) float32 in [-1, 1], not clipped.

        Args:
            x_t: x_0 + σ·n, (B, 3, H, W); None for no such view (σ is then ignored).
            sigma: Standard deviation of the noise in x_t, in [-1, 1] units.
            y: Another view of the same picture, or None for the plain prior.

        Raises:
            ParameterError: Neither view is there, or their shapes do not fit.
            MemoryLimitError: Not even the smallest tiles fit into memory.
        """
        views = _as_float32(x_t, sigma, y)
        shape = views.like.shape

        def denoise(rows: slice, columns: slice) -> Pixels:
            return self._denoise(views.crop(rows, columns))

        return self.in_tiles(denoise, shape)

    def in_strips(
        self, look: Callable[[slice], Look], size: tuple[int, int]
    ) -> Iterator[tuple[slice, Pixels]]:
        """Yield the same of one picture in strips; see `restore.diffusion.StripDenoiser`."""
        seen: dict[int, Views] = {}

        def denoise(rows: slice, columns: slice) -> Pixels:
            if rows.start not in seen:
                seen.clear()
                seen[rows.start] = _as_float32(*look(rows))
            return self._denoise(seen[rows.start].crop(slice(None), columns))

        return self.in_bands(denoise, (1, 3, *size))

    def _denoise(self, views: Views) -> Pixels:
        conditioning = self.card.conditioning
        self.account(views.like.shape)
        height, width = views.like.shape[2:]
        prepared = conditioning.prepare(views.padded(self.card.architecture.stride))
        f = self._network(np.ascontiguousarray(prepared.x))
        x_0: Pixels = conditioning.finish(prepared, f)[:, :, :height, :width]
        return x_0


class DifferentiablePrior(Prior):
    """A prior in torch, which can also be differentiated, tile by tile."""

    _network: TorchNetwork

    def vjp(
        self, x_t: Array, sigma: float, y: Observation | None = None
    ) -> tuple[Pixels, VectorJacobian]:
        """Return E[x_0 | x_t, y] and the function v → vᵀ ∂E[x_0 | x_t, y]/∂x_t.

        Of a picture of several tiles, each is computed again when a gradient is asked for, so that
        one tile's intermediate results are in memory at a time.

        Raises:
            ParameterError: The shapes do not fit.
            MemoryLimitError: Not even the smallest tiles fit into memory.
        """
        views = _as_float32(x_t, sigma, y)
        shape = views.like.shape
        kept = self._in_one_piece(views)

        def pull_tile(rows: slice, columns: slice, share: Pixels) -> Pixels:
            pulled: Pixels = self._differentiated(views.crop(rows, columns))[1](share)
            return pulled

        def vector_jacobian(v: Array) -> Array:
            nonlocal kept
            v = np.asarray(v, np.float32)
            while True:
                try:
                    if kept:
                        return kept[1](v)
                    return pulled_through_tiles(pull_tile, v, self._tiling)
                except MemoryError:
                    kept = None
                    self._halve_tiles(shape)

        return kept[0] if kept else self(x_t, sigma, y), vector_jacobian

    def _in_one_piece(self, views: Views) -> tuple[Pixels, VectorJacobian] | None:
        """Compute a picture that is a single tile, ready to be differentiated; None of others."""
        while self._tiling.holds(views.like.shape):
            try:
                whole = self._differentiated(views)
            except MemoryError:
                self._halve_tiles(views.like.shape)
            else:
                self.info = replace(self.info, evaluations=self.info.evaluations + 1)
                return whole
        return None

    def _differentiated(self, views: Views) -> tuple[Pixels, VectorJacobian]:
        """Compute a picture in one piece; return it and v → vᵀ J, which keeps all that it needs."""
        import torch

        device = self._network.provider
        self.account(views.like.shape)
        height, width = views.like.shape[2:]
        variable = torch.from_numpy(np.ascontiguousarray(views.x_t)).to(device)
        variable.requires_grad_(True)
        y = None if views.y is None else _to_torch(views.y, device)
        conditioning, stride = self.card.conditioning, self.card.architecture.stride
        with memory_errors():
            prepared = conditioning.prepare(replace(views, x_t=variable, y=y).padded(stride))
            f = self._network.forward(prepared.x)
            x_0 = conditioning.finish(prepared, f)[:, :, :height, :width]

        def pull(v: Array) -> Pixels:
            seed = torch.from_numpy(np.ascontiguousarray(v, np.float32)).to(device)
            with memory_errors():
                (gradient,) = torch.autograd.grad(x_0, variable, seed, retain_graph=True)
            result: Pixels = gradient.cpu().numpy()
            return result

        return x_0.detach().cpu().numpy(), pull


def _as_float32(x_t: Array | None, sigma: float, y: Observation | None) -> Views:
    """Bring what a caller gave to numpy and single precision, and check its shape."""

    def cast(a: Any) -> Any:
        return a if a is None or isinstance(a, float | int) else np.asarray(a, np.float32)

    if y is not None:
        y = replace(y, y=cast(y.y), noise=cast(y.noise))
    views = Views(cast(x_t), float(sigma), y)
    shape = views.like.shape
    if len(shape) != 4 or shape[1] != 3 or 0 in shape:
        raise ParameterError(f"A prior needs pictures (B, 3, H, W), and got {tuple(shape)}.")
    return views


def _to_torch(y: Observation, device: str) -> Observation:
    import torch

    noise = y.noise
    if not isinstance(noise, float | int):
        noise = torch.from_numpy(np.ascontiguousarray(noise)).to(device)
    return replace(y, y=torch.from_numpy(np.ascontiguousarray(y.y)).to(device), noise=noise)
