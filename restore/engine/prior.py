"""A model as a `Denoiser`: any size, in tiles, with an account of what computed it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from restore.diffusion.arrays import Array
from restore.diffusion.denoiser import Look, Observation, VectorJacobian
from restore.engine.backends.network import Pixels
from restore.engine.backends.torch_backend import TorchNetwork
from restore.engine.tiled import TiledModel
from restore.errors import MemoryLimitError, ParameterError
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
    """A prior in torch, which can also be differentiated; that is done on the whole picture."""

    _network: TorchNetwork

    def vjp(
        self, x_t: Array, sigma: float, y: Observation | None = None
    ) -> tuple[Pixels, VectorJacobian]:
        """Return E[x_0 | x_t, y] and the function v → vᵀ ∂E[x_0 | x_t, y]/∂x_t.

        Raises:
            ParameterError: The shapes do not fit.
            MemoryLimitError: The picture is too large to be differentiated in one piece.
        """
        import torch

        device = self._network.provider
        views = _as_float32(x_t, sigma, y)
        self.info = replace(self.info, evaluations=self.info.evaluations + 1)
        self.account(views.like.shape)
        height, width = views.like.shape[2:]
        variable = torch.from_numpy(np.ascontiguousarray(views.x_t)).to(device)
        variable.requires_grad_(True)
        if views.y is not None:
            views = replace(views, y=_to_torch(views.y, device))
        conditioning, stride = self.card.conditioning, self.card.architecture.stride
        views = replace(views, x_t=variable)
        try:
            prepared = conditioning.prepare(views.padded(stride))
            f = self._network.forward(prepared.x)
            x_0 = conditioning.finish(prepared, f)[:, :, :height, :width]
        except (MemoryError, torch.OutOfMemoryError) as error:
            raise MemoryLimitError(
                f"A picture of {width}×{height} pixels is too large to be differentiated.",
                "Take a method that needs no gradients, or a smaller picture.",
            ) from error

        def vector_jacobian(v: Array) -> Pixels:
            seed = torch.from_numpy(np.ascontiguousarray(v, np.float32)).to(device)
            (gradient,) = torch.autograd.grad(x_0, variable, seed, retain_graph=True)
            result: Pixels = gradient.cpu().numpy()
            return result

        return x_0.detach().cpu().numpy(), vector_jacobian


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
