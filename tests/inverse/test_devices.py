"""Everything an operator brings along goes to the device of what it is given.

Shown with torch's device without memory, which takes part in no operation with the processor's.
"""

import pytest
import torch

from restore.inverse import (
    Blur,
    Downscale,
    Identity,
    Jpeg,
    LinearOperator,
    Mask,
    Operator,
    spectrum,
)
from restore.inverse import gaussian_kernel as gaussian
from tests.diffusion.libraries import random
from tests.inverse.test_operators import COMPOSED, gentle, holes
from tests.inverse.test_spectrum import CLOSED

SIZE = (10, 7)
OPERATORS: dict[str, Operator] = {
    "identity": Identity(SIZE),
    "mask": holes(0, SIZE),
    "mask of torch": Mask(torch.ones(1, 1, *SIZE)),
    "downscale": Downscale(2, SIZE),
    "blur": gentle(0, SIZE),
    "gaussian": Blur(gaussian(1), SIZE),
    "jpeg": Jpeg(50, SIZE),
    **{name: make(1, SIZE) for name, make in COMPOSED.items()},
}
DIRECT = ["identity", "mask", "mask of torch", "blur", "gaussian", *CLOSED]


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("name", OPERATORS)
def test_an_operator_stays_on_the_device_of_its_pictures(name: str, bits: int) -> None:
    A = OPERATORS[name]
    dtype = torch.float32 if bits == 32 else torch.float64
    x = torch.zeros(2, 3, *A.size_x, device="meta", dtype=dtype)

    y, pull = A.vjp(x)
    results = {"y": y, "A": A(x), "vjp": pull(y)}
    if isinstance(A, LinearOperator):
        results["adjoint"] = A.adjoint(y)
        if name in DIRECT:  # conjugate gradients look at values; a banded solve is numpy's
            if name not in ("downscale∘grayscale", "grayscale∘downscale"):
                results["pinv"] = A.pinv(y)
            space = spectrum(A)
            results |= {"to": space.to(x), "back": space.back(space.to(x))}
            results["measured"] = space.measured(y)
        if name in [*DIRECT, "downscale"]:
            results["ridge"] = A.pinv(y, 0.1)

    for what, result in results.items():
        assert result.device == x.device, what
        if not result.is_complex():
            assert result.dtype == dtype, what
    assert tuple(y.shape) == A.shape_y(x.shape)
    assert tuple(pull(y).shape) == tuple(x.shape)


def test_values_of_the_processor_are_not_mixed_in() -> None:
    """The device itself refuses it, or the test above could not fail."""
    with pytest.raises((RuntimeError, NotImplementedError)):
        torch.zeros(2, device="meta") + torch.from_numpy(random(0, 2))
