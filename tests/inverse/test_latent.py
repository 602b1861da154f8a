"""Operators through a decoder: with one that is a matrix, the whole is a linear operator."""

import numpy as np
import pytest

from restore.diffusion import GaussianPrior, karras, noise_like
from restore.diffusion.latent import LatentSpace
from restore.errors import ParameterError
from restore.inverse import Downscale, Identity, Mask, Operator, dps, solve
from restore.inverse.latent import ThroughDecoder
from tests.diffusion.libraries import Library, on_float64, random
from tests.diffusion.test_latent import Rotation

NUMPY = Library("numpy", 64)
OPERATORS = {
    "identity": Identity((4, 4)),
    "hole": Mask(np.arange(16).reshape(1, 1, 4, 4) > 5),
    "half": Downscale(2, (4, 4), kernel="area"),
}


def through(name: str, lib: Library = NUMPY) -> ThroughDecoder:
    return ThroughDecoder(OPERATORS[name], LatentSpace(Rotation(lib), 0.5), (4, 2, 2), 1)


@on_float64
@pytest.mark.parametrize("name", OPERATORS)
def test_the_gradient_goes_through_operator_and_decoder(lib: Library, name: str) -> None:
    operator = through(name, lib)
    z, dz = lib(random(0, 3, 4, 2, 2)), lib(random(1, 3, 4, 2, 2))
    y, vjp = operator.vjp(z)
    np.testing.assert_array_equal(y, operator(z))
    assert isinstance(operator, Operator)
    assert operator.shape_y(z.shape) == tuple(y.shape)
    assert operator.shape_x(y.shape) == tuple(z.shape)
    assert operator.size_y == tuple(y.shape[2:])
    v = lib(random(2, *y.shape))
    change = operator(z + dz) - y  # exact, as all of it is linear
    assert float((v * change).sum()) == pytest.approx(float((vjp(v) * dz).sum()), rel=1e-9)


@pytest.mark.parametrize("name", OPERATORS)
def test_dps_through_the_decoder_comes_to_agree_with_the_measurement(name: str) -> None:
    operator = through(name)
    prior = GaussianPrior(np.zeros((4, 2, 2)), np.eye(16))
    y = np.repeat(operator(random(3, 1, 4, 2, 2)), 20, axis=0)
    noise, sigmas = noise_like(np.empty((20, 4, 2, 2)), 4), karras(60, 0.01, 20)
    free, drawn = (
        dps(prior.vjp, operator, y, 0.0, sigmas, noise, zeta=zeta) for zeta in (0.0, 0.5)
    )

    def residual(z: np.ndarray) -> float:
        return float(((y - operator(z)) ** 2).mean() ** 0.5)

    assert residual(drawn) < 0.3 * residual(free)


def test_latents_of_another_shape_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"expected latents \(B, 4, 2, 2\), got"):
        through("hole")(np.zeros((1, 1, 4, 4)))


@pytest.mark.parametrize("name", OPERATORS)
def test_solve_walks_in_the_space_of_latents(name: str) -> None:
    operator, prior = through(name), GaussianPrior(np.zeros((4, 2, 2)), np.eye(16))
    y = operator(random(3, 2, 4, 2, 2))
    z = solve(prior, operator, y, 0.0, method="dps", calls=40, zeta=0.5)
    assert z.shape == (2, 4, 2, 2)
    assert ((y - operator(z)) ** 2).mean() < 0.1 * (y**2).mean()
    with pytest.raises(ParameterError, match="needs a linear operator, not ThroughDecoder"):
        solve(prior, operator, y, 0.0, method="ddnm", calls=40)
