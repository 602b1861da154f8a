"""A KL autoencoder: from a picture to a Gaussian in a smaller space, and back.

Kingma & Welling 2014, in the shape in which latent diffusion uses it (Rombach et al. 2022): plain
convolutions, with the residual blocks of the U-Net.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from restore.diffusion.arrays import Array
from restore.diffusion.bound import kl
from restore.diffusion.denoiser import VectorJacobian
from restore.diffusion.differentiating import vjp_of
from restore.diffusion.discrete import Normal
from restore.networks.unet import ResidualBlock

__all__ = ["Autoencoder", "Coded", "TorchCoder", "kl_to_standard"]

LOG_VARIANCE = -20.0, 10.0
"""What the encoder's word is clipped to."""


class Coded(NamedTuple):
    """What became of a batch of pictures.

    Attributes:
        x_hat: The pictures again, (B, C, H, W) in [-1, 1], not clipped.
        mean: Of q(z | x), (B, c, h, w).
        log_variance: Of q(z | x), of the same shape.
    """

    x_hat: Tensor
    mean: Tensor
    log_variance: Tensor


class Autoencoder(nn.Module):
    """q(z | x) = N(mean, exp(log variance)), and the decoder's picture of z.

    Args:
        channels: Width of each level, from the finest, which stands at half resolution.
        blocks: Residual blocks of each level, on the way in and again on the way out.
        inputs: C, channels of a picture.
        latents: c, channels of a latent.
    """

    def __init__(
        self, channels: Sequence[int], blocks: Sequence[int], inputs: int, latents: int
    ) -> None:
        super().__init__()
        self.inputs, self.latents = inputs, latents
        self.stride = int(2 ** len(channels))
        self.encoder = _Encoder(channels, blocks, inputs, 2 * latents)
        self.decoder = _Decoder(channels, blocks, latents, inputs)

    def forward(self, x: Tensor, eps: Tensor) -> Coded:
        """Return x̂ of z = mean + exp(log variance / 2) ε, and the moments of z.

        Args:
            x: (B, C, H, W) in [-1, 1], H and W multiples of the stride.
            eps: Standard normal noise, (B, c, H/stride, W/stride) or larger; what is beyond is not
                used.
        """
        mean, log_variance = self.encode(x)
        eps = eps[:, :, : mean.shape[2], : mean.shape[3]]
        return Coded(self.decode(mean + torch.exp(log_variance / 2) * eps), mean, log_variance)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance of q(z | x), (B, c, h, w) each."""
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        return mean, log_variance.clamp(*LOG_VARIANCE)

    def decode(self, z: Tensor) -> Tensor:
        """Return the picture of a latent, (B, C, H, W)."""
        x: Tensor = self.decoder(z)
        return x


class _Encoder(nn.Module):
    def __init__(
        self, channels: Sequence[int], blocks: Sequence[int], inputs: int, outputs: int
    ) -> None:
        super().__init__()
        self.head = nn.Conv2d(inputs * 4, channels[0], 3, padding=1)
        layers: list[nn.Module] = []
        for level, width in enumerate(channels):
            if level:
                layers.append(nn.Conv2d(channels[level - 1], width, 2, stride=2))
            layers += [ResidualBlock(width, 0) for _ in range(blocks[level])]
        self.layers = nn.ModuleList(layers)
        self.tail = nn.Conv2d(channels[-1], outputs, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.head(functional.pixel_unshuffle(x, 2))
        for layer in self.layers:
            h = layer(h, None) if isinstance(layer, ResidualBlock) else layer(h)
        moments: Tensor = self.tail(h)
        return moments


class _Decoder(nn.Module):
    def __init__(
        self, channels: Sequence[int], blocks: Sequence[int], inputs: int, outputs: int
    ) -> None:
        super().__init__()
        self.head = nn.Conv2d(inputs, channels[-1], 3, padding=1)
        layers: list[nn.Module] = []
        for level in reversed(range(len(channels))):
            layers += [ResidualBlock(channels[level], 0) for _ in range(blocks[level])]
            if level:
                layers.append(nn.Conv2d(channels[level], channels[level - 1] * 4, 1))
        self.layers = nn.ModuleList(layers)
        self.tail = nn.Conv2d(channels[0], outputs * 4, 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        h = self.head(z)
        for layer in self.layers:
            if isinstance(layer, ResidualBlock):
                h = layer(h, None)
            else:
                h = functional.pixel_shuffle(layer(h), 2)
        return functional.pixel_shuffle(self.tail(h), 2)


def kl_to_standard(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return KL(N(mean, exp(log variance)) ‖ N(0, I)), (B,) nats (Kingma & Welling 2014, B)."""
    found: Tensor = kl(Normal(mean, log_variance.exp()), Normal(torch.zeros_like(mean), 1.0))
    return found.sum((1, 2, 3))


class TorchCoder:
    """A trained autoencoder as `restore.diffusion.latent` takes it; its weights stay as they are.

    Args:
        autoencoder: With its weights, on its device.
    """

    def __init__(self, autoencoder: Autoencoder) -> None:
        self.autoencoder = autoencoder.eval().requires_grad_(False)

    @torch.no_grad()
    def encode(self, x: Array) -> Normal:
        """Return q(z | x)."""
        mean, log_variance = self.autoencoder.encode(x)
        return Normal(mean, log_variance.exp())

    @torch.no_grad()
    def decode(self, z: Array) -> Array:
        """Return the picture of z."""
        return self.autoencoder.decode(z)

    def decode_vjp(self, z: Array) -> tuple[Array, VectorJacobian]:
        """Return the picture of z, and v → vᵀ ∂x/∂z."""
        return vjp_of(self.autoencoder.decode, z)
