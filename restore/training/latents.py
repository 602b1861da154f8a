"""Pictures as the latents of a trained autoencoder, to train a prior of these."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor

from restore.diffusion.latent import LatentSpace
from restore.errors import ParameterError
from restore.networks.autoencoder import Autoencoder, TorchCoder
from restore.training.data.labelled import Labelled, LabelledPictures
from restore.training.finished import load_network

__all__ = ["Latents", "load_autoencoder"]

SCALED_ON, SEED = 1024, 1
"""Pictures whose latents decide the scale."""


def load_autoencoder(run: Path, device: torch.device | str = "cpu") -> TorchCoder:
    """Return the autoencoder of a finished run.

    Raises:
        ParameterError: The folder is of no run, or of one that trained something else.
        ModelError: See `load_network`.
    """
    recipe, network = load_network(run, device)
    if not isinstance(network, Autoencoder):
        raise ParameterError(
            f"{run} trained no autoencoder, but “{recipe.objective.kind}”.",
            "Name the folder of a run whose objective is of the kind “autoencoder”.",
        )
    return TorchCoder(network)


@dataclass(frozen=True, eq=False)
class Latents:
    """The latents of labelled pictures, drawn anew from q(z | x) each time.

    Attributes:
        space: The autoencoder, and the scale that gives its latents unit variance.
        pictures: Whose latents they are.
    """

    space: LatentSpace
    pictures: LabelledPictures

    @classmethod
    def fitted(cls, coder: TorchCoder, pictures: LabelledPictures) -> Latents:
        """Return the latents of pictures, scaled to unit variance by some of them."""
        plain = cls(LatentSpace(coder), pictures)
        some = plain.pictures.fixed(SCALED_ON, SEED).x_0
        eps = plain._eps(some, torch.Generator(some.device).manual_seed(SEED))
        return cls(LatentSpace.fitted(coder, some, eps), pictures)

    def draw(self, n: int, generator: Generator) -> Labelled:
        """Return random latents with their labels."""
        x, label = self.pictures.draw(n, generator)
        return Labelled(self.space.encode(x, self._eps(x, generator)), label)

    def fixed(self, n: int, seed: int) -> Labelled:
        """Return the mean latents of the same pictures at each call, with their labels."""
        x, label = self.pictures.fixed(n, seed)
        return Labelled(self.space.encode(x), label)

    def shown(self, x: Tensor) -> Tensor:
        """Return the pictures of latents."""
        pictures: Tensor = self.space.decode(x)
        return pictures

    def _eps(self, x: Tensor, generator: Generator) -> Tensor:
        shape = self.space.encode(x[:1]).shape[1:]
        return torch.randn(len(x), *shape, device=x.device, generator=generator)
