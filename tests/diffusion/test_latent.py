"""Latents of an autoencoder that is a matrix, and has a closed form for everything."""

import numpy as np
import pytest

from restore.diffusion.discrete import Normal
from restore.diffusion.latent import LatentSpace, scale_factor
from restore.errors import ParameterError
from tests.diffusion.libraries import Library, on_all_libraries, random

ROOT = np.linalg.qr(random(0, 16, 16))[0]


class Rotation:
    """z = 3 R x with an orthogonal R, and noise of 0.1: (B, 1, 4, 4) → (B, 4, 2, 2) and back."""

    def __init__(self, lib: Library) -> None:
        self.matrix = lib(ROOT)

    def encode(self, x):
        return Normal(3 * (x.reshape(-1, 16) @ self.matrix).reshape(-1, 4, 2, 2), 0.01)

    def decode(self, z):
        return (z.reshape(-1, 16) @ self.matrix.T).reshape(-1, 1, 4, 4) / 3

    def decode_vjp(self, z):
        return self.decode(z), lambda v: (v.reshape(-1, 16) @ self.matrix).reshape(-1, 4, 2, 2) / 3


@on_all_libraries
def test_latents_have_unit_variance_after_scaling(lib: Library) -> None:
    x, eps = lib(0.4 * random(1, 50, 1, 4, 4)), lib(random(2, 50, 4, 2, 2))
    space = LatentSpace.fitted(Rotation(lib), x, eps)
    z = space.encode(x, eps)
    assert lib.owns(z)
    assert float(np.asarray(z).std()) == pytest.approx(1, abs=1e-5)
    assert 1 / space.scale == pytest.approx(np.hypot(3 * 0.4, 0.1), rel=0.05)
    np.testing.assert_allclose(space.encode(x, 0 * eps), space.encode(x), atol=4 * lib.eps)


@on_all_libraries
def test_what_was_encoded_is_decoded_and_its_derivative_knows_the_scale(lib: Library) -> None:
    space = LatentSpace(Rotation(lib), 0.7)
    x, v, dz = lib(random(3, 2, 1, 4, 4)), lib(random(4, 2, 1, 4, 4)), lib(random(5, 2, 4, 2, 2))
    z = space.encode(x)
    np.testing.assert_allclose(space.decode(z), x, atol=32 * lib.eps)
    value, vjp = space.decode_vjp(z)
    assert lib.owns(value)
    assert lib.owns(vjp(v))
    change = space.decode(z + dz) - value
    assert float((v * change).sum()) == pytest.approx(float((vjp(v) * dz).sum()), rel=1e-3)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_latents_that_say_nothing_are_refused(value: float) -> None:
    with pytest.raises(ParameterError, match="cannot be scaled"), np.errstate(invalid="ignore"):
        scale_factor(np.full((2, 1, 2, 2), value))
