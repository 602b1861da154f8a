"""A network of numbered steps and a denoiser of σ say the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.diffusion.crossing import as_denoiser, sigma_at, time_of
from restore.diffusion.discrete import DiscreteProcess
from restore.diffusion.gaussian import GaussianPrior
from restore.diffusion.noise import noise_like
from restore.diffusion.parametrisation import Parametrisation, convert
from restore.diffusion.reverse import fixed_variance, predict_by, sample_ddpm
from restore.diffusion.samplers import sample_ddim
from restore.diffusion.schedule import cosine, karras, linear
from restore.errors import ParameterError
from tests.diffusion.libraries import Library, on_all_libraries, random

SHAPE = (1, 2, 3)
PRIOR = GaussianPrior(0.3 * random(0, *SHAPE), 0.04 * np.eye(6) + 0.02 * np.ones((6, 6)))
PROCESSES = [DiscreteProcess.of(levels) for levels in (linear(), cosine(), karras(30))]
on_all_processes = pytest.mark.parametrize("process", PROCESSES, ids=["linear", "cosine", "karras"])


@on_all_processes
def test_whole_steps_are_those_of_the_table_both_ways(process: DiscreteProcess) -> None:
    for t, sigma in enumerate(process.sigma):
        assert sigma_at(process, t) == sigma
        assert time_of(process, sigma) == t


@on_all_processes
@given(st.floats(0, 1))
def test_time_and_sigma_are_each_other_s_inverse(process: DiscreteProcess, share: float) -> None:
    t = share * process.T
    assert time_of(process, sigma_at(process, t)) == pytest.approx(t, rel=1e-9, abs=1e-12)
    sigma = share**4 * process.sigma[-1]
    assert sigma_at(process, time_of(process, sigma)) == pytest.approx(sigma, rel=1e-9)


@on_all_processes
def test_more_noise_is_later(process: DiscreteProcess) -> None:
    times = np.linspace(0, process.T, 5 * process.T + 2)
    levels = [sigma_at(process, t) for t in times]
    assert (np.diff(levels) > 0).all()


@on_all_libraries
@pytest.mark.parametrize("kind", ["x_0", "eps", "v"])
def test_a_numbered_network_becomes_the_denoiser_that_it_was_made_of(
    lib: Library, kind: Parametrisation
) -> None:
    process = PROCESSES[1]

    def network(x_t, t):
        sigma = sigma_at(process, t)
        x = x_t * (1 + sigma**2) ** 0.5
        return convert(PRIOR(x, sigma), x, sigma, "x_0", kind)

    denoise = as_denoiser(process, network, kind)
    x = lib(random(1, 2, *SHAPE))
    for sigma in (0.01, 0.5, 7.0):
        found = denoise(x, sigma)
        assert lib.owns(found)
        np.testing.assert_allclose(found, PRIOR(x, sigma), atol=400 * lib.eps * max(1, 1 / sigma))


def test_a_denoiser_walks_the_numbered_steps() -> None:
    process = DiscreteProcess.of(cosine(25))
    x_T = random(2, 2, *SHAPE)
    noise = noise_like(x_T, seed=3)
    reverse = fixed_variance(process, predict_by(process, PRIOR))
    start = process.to_x_sigma(x_T, process.T)
    ours = sample_ddim(PRIOR, start, process.sigmas, eta=1.0, noise=noise)
    np.testing.assert_allclose(sample_ddpm(process, reverse, x_T, noise), ours, atol=1e-9)


@pytest.mark.parametrize("out", [-1e-9, 31, np.nan, np.inf])
def test_what_lies_outside_is_refused(out: float) -> None:
    process = PROCESSES[2]
    with pytest.raises(ParameterError, match="no step"):
        sigma_at(process, out)
    with pytest.raises(ParameterError, match="does not reach"):
        time_of(process, out if out != 31 else 81.0)
