"""Which photos a restorer is taught on: kinds of damage, their shares, and what is told of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from pydantic import Field
from torch import Generator, Tensor

from restore.diffusion import UNKNOWN
from restore.networks.conditioning import JPEG_OFFSET, NOTHING_KNOWN
from restore.training.degradations import Chain, View, apply
from restore.training.degradations.drawing import Piece, Share

__all__ = ["Degraded", "Kind", "degrade", "maps_of"]

MOST_NOISE = 1.99
"""Told of whatever is noisier, which is still not nothing."""


class Kind(Piece):
    """A kind of examples.

    Attributes:
        name: Of the kind, for reports.
        share: Of all examples; only the ratios count.
        chain: What happens to the pictures; nothing for plain diffusion, without an observation.
        unknown_noise: Share of the examples that do not tell how noisy they are.
        unknown_jpeg: Share that does not tell whether and how strongly it was compressed; the
            lesser of the two shares lies within the other. Those in both tell nothing, not even
            by how much they were enlarged.
        untouched: Share of those that tell nothing to which nothing happened, so that a good
            photo is left as it is.
    """

    name: str = Field(min_length=1)
    share: float = Field(gt=0)
    chain: Chain = ()
    unknown_noise: Share = 0.0
    unknown_jpeg: Share = 0.0
    untouched: Share = 0.1


@dataclass(frozen=True, eq=False)
class Degraded:
    """A batch of observations.

    Attributes:
        y: (B, 3, H, W) in [-1, 1]; zeros where nothing is observed.
        maps: (B, 3, H, W), the degradation maps that the network is given.
        kind: Index of each example's kind, (B,).
    """

    y: Tensor
    maps: Tensor
    kind: Tensor


def degrade(x_0: Tensor, kinds: Sequence[Kind], generator: Generator) -> Degraded:
    """Degrade clean pictures, each after a kind of its own.

    The examples of a batch are dealt out by systematic sampling, so that every kind has its share
    on average even if the batch is smaller than the number of kinds.

    Args:
        x_0: (B, 3, H, W) in [-1, 1].
        kinds: At least one.
        generator: On the device of x_0.
    """
    kind = deal([k.share for k in kinds], len(x_0), x_0.device, generator)
    y, maps = torch.zeros_like(x_0), torch.zeros_like(x_0)
    maps[:, 0] = NOTHING_KNOWN
    for number, each in enumerate(kinds):
        at = torch.nonzero(kind == number)[:, 0]
        if len(at) and each.chain:
            y[at], maps[at] = observe(x_0[at], each, generator)
    return Degraded(y, maps, kind)


def deal(shares: Sequence[float], count: int, device: torch.device, generator: Generator) -> Tensor:
    """Return indices (count,) in random order, each `count` times its share, give or take one."""
    edges = torch.tensor(shares, dtype=torch.float64, device=device).cumsum(0)
    start = torch.rand(1, dtype=torch.float64, device=device, generator=generator)
    ticks = (start + torch.arange(count, device=device)) / count * edges[-1]
    dealt = torch.searchsorted(edges, ticks, right=True).clamp(max=len(shares) - 1)
    return dealt[torch.randperm(count, device=device, generator=generator)]


def observe(x_0: Tensor, kind: Kind, generator: Generator) -> tuple[Tensor, Tensor]:
    """Return y and its maps for pictures of one kind."""
    clean = View.clean(x_0)
    view = apply(kind.chain, clean, generator)
    lot = torch.rand(len(x_0), 1, 1, 1, device=x_0.device, generator=generator)
    spared = torch.rand(len(x_0), device=x_0.device, generator=generator) < kind.untouched
    told_nothing = (lot < min(kind.unknown_noise, kind.unknown_jpeg)).flatten()
    at = torch.nonzero(spared & told_nothing)[:, 0]
    view = view.put(at, clean.at(at))
    maps = maps_of(view, lot < kind.unknown_noise, lot < kind.unknown_jpeg)
    return torch.where(view.noise.isinf(), 0.0, view.y), maps


def maps_of(view: View, unknown_noise: Tensor, unknown_jpeg: Tensor) -> Tensor:
    """Return the degradation maps (B, 3, H, W) that tell a network of a view.

    They say what `restore.tasks` could find out of a photo: nothing of the noise of a blind view,
    and if neither noise nor compression is known, nothing of an enlargement.

    Args:
        view: The observations.
        unknown_noise: Which examples do not tell their noise, (B, 1, 1, 1).
        unknown_jpeg: Which do not tell their compression.
    """
    hidden = unknown_noise | view.blind
    noise = torch.where(hidden, UNKNOWN, view.noise.clamp(max=MOST_NOISE))
    noise = torch.where(view.noise.isinf(), NOTHING_KNOWN, noise)
    jpeg = torch.where(view.jpeg > 0, (100 - view.jpeg) / 100 + JPEG_OFFSET, 0.0)
    jpeg = torch.where(unknown_jpeg, UNKNOWN, jpeg)
    scale = torch.where(unknown_noise & unknown_jpeg, 0.0, view.scale.log2() / 2)
    return torch.cat([noise, scale.expand_as(noise), jpeg.expand_as(noise)], 1)
