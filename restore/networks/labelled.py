"""A U-Net that is told a class: what it reads beside the noisy picture, and what it returns.

The class is told by planes, one a class, of which one is 1 everywhere; where all are 0, no class is
told, and the network is the plain prior. So one network serves both sides of classifier-free
guidance (Ho & Salimans 2022).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from restore.diffusion.denoiser import Observation, VectorJacobian
from restore.diffusion.differentiating import vjp_of
from restore.diffusion.preconditioning import SIGMA_DATA, precondition
from restore.errors import ParameterError

__all__ = ["NO_CLASS", "ClassPrior", "Labelling", "Told"]

NO_CLASS = -1
"""The label of a picture of which no class is told."""


@dataclass(frozen=True)
class Labelling:
    """How a network reads noisy pictures with classes.

    Attributes:
        classes: How many there are; 0 for a network that is told none.
        sigma_data: Standard deviation of the clean data.
    """

    classes: int
    sigma_data: float = SIGMA_DATA

    def assemble(self, x: Tensor, sigma: Tensor, label: Tensor) -> Tensor:
        """Return c_in x, the planes of the classes and c_noise, (B, C + classes + 1, H, W).

        Args:
            x: x_0 + σ ε, (B, C, H, W).
            sigma: (B, 1, 1, 1), in the units of x.
            label: (B,) int64, `NO_CLASS` for none.
        """
        c = precondition(sigma, self.sigma_data)
        one_hot = label[:, None] == torch.arange(self.classes, device=x.device)
        size = (-1, -1, *x.shape[2:])
        planes = one_hot.to(x.dtype)[:, :, None, None].expand(size)
        level = torch.as_tensor(c.c_noise).to(x.dtype).expand(len(x), 1, 1, 1).expand(size)
        return torch.cat([c.c_in * x, planes, level], dim=1)

    def finish(self, x: Tensor, sigma: Tensor, f: Tensor) -> Tensor:
        """Return E[x_0 | x_σ, class] = c_skip x + c_out F."""
        c = precondition(sigma, self.sigma_data)
        denoised: Tensor = c.c_skip * x + c.c_out * f
        return denoised


@dataclass(frozen=True, eq=False)
class ClassPrior:
    """A prior of pictures of several classes.

    Attributes:
        network: (B, C + classes + 1, H, W) → (B, C, H, W).
        labelling: How it reads them.
    """

    network: Callable[[Tensor], Tensor]
    labelling: Labelling

    def told(self, label: int | Tensor = NO_CLASS) -> Told:
        """Return the denoiser of one class.

        Args:
            label: Of all pictures, or of each, (B,); `NO_CLASS` for the plain prior.

        Raises:
            ParameterError: There is no such class.
        """
        low, high = (int(v) for v in torch.as_tensor(label).aminmax())
        if low < NO_CLASS or high >= self.labelling.classes:
            raise ParameterError(
                f"There is no class {low if low < NO_CLASS else high}.",
                f"Classes go from 0 to {self.labelling.classes - 1}; {NO_CLASS} is none of them.",
            )
        return Told(self, label)


@dataclass(frozen=True, eq=False)
class Told:
    """The prior of one class: a `DifferentiableDenoiser`.

    Attributes:
        prior: Of all classes.
        label: The class of all pictures, or of each.
    """

    prior: ClassPrior
    label: int | Tensor

    @torch.no_grad()
    def __call__(self, x_t: Any, sigma: float, y: Observation | None = None) -> Any:
        """Return E[x_0 | x_σ, class], (B, C, H, W)."""
        self._expect_no(y)
        return self._denoised(x_t, sigma)

    def vjp(
        self, x_t: Any, sigma: float, y: Observation | None = None
    ) -> tuple[Any, VectorJacobian]:
        """Return E[x_0 | x_σ, class], and v → vᵀ of its Jacobian."""
        self._expect_no(y)
        return vjp_of(lambda x: self._denoised(x, sigma), x_t)

    def _denoised(self, x: Tensor, sigma: float) -> Tensor:
        level = torch.full((len(x), 1, 1, 1), float(sigma), dtype=x.dtype, device=x.device)
        label = torch.as_tensor(self.label, device=x.device).expand(len(x))
        labelling = self.prior.labelling
        return labelling.finish(x, level, self.prior.network(labelling.assemble(x, level, label)))

    @staticmethod
    def _expect_no(y: Observation | None) -> None:
        if y is not None:
            raise ParameterError("A prior of classes is told a class, and no observation.")
