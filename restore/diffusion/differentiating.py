"""Vector-Jacobian products of functions of torch tensors; torch comes with the tensors."""

from __future__ import annotations

from collections.abc import Callable

from restore.diffusion.arrays import Array
from restore.diffusion.denoiser import VectorJacobian

__all__ = ["vjp_of"]


def vjp_of(function: Callable[[Array], Array], x: Array) -> tuple[Array, VectorJacobian]:
    """Return f(x), and v → vᵀ ∂f/∂x, by backpropagation.

    Args:
        function: f, of torch tensors.
        x: Where.

    Returns:
        The value, detached, and a function that can be called again and again.
    """
    import torch

    with torch.enable_grad():
        leaf = x.detach().requires_grad_()
        value = function(leaf)

    def vector_jacobian(v: Array) -> Array:
        (found,) = torch.autograd.grad(value, leaf, v, retain_graph=True)
        return found

    return value.detach(), vector_jacobian
