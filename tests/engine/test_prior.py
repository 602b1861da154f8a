"""A prior on pictures of any size, in tiles, in two runtimes."""

import math
import subprocess
import sys

import numpy as np
import pytest

from restore.diffusion import Denoiser, DifferentiableDenoiser, Observation
from restore.diffusion.arrays import to_signed
from restore.engine import Engine
from restore.engine.backends.network import open_network
from restore.engine.card import Card
from restore.engine.prior import DifferentiablePrior, Prior
from restore.engine.registry import find_model
from restore.engine.tiles import Tiling
from restore.errors import DeviceError, MemoryLimitError, ParameterError
from restore.inverse import METHODS, Identity, Mask, solve
from tests.engine.conftest import picture

LEVEL = 1 / 127.5
"""One step of 255, in [-1, 1] units."""


@pytest.fixture(scope="module")
def base():
    card = find_model("base")
    return card, open_network(card, "cpu", "onnxruntime", 2)[0]


def noisy(height, width, sigma, seed=0):
    x_0 = to_signed(picture(height, width, seed))
    n = np.random.default_rng(seed).standard_normal(x_0.shape, np.float32)
    return x_0, x_0 + np.float32(sigma) * n


def test_it_denoises(base):
    x_0, x_t = noisy(200, 250, 50 * LEVEL)
    prior = Prior(*base, Tiling(512))
    for result in (prior(x_t, 50 * LEVEL), prior(None, 0, Observation(x_t, 50 * LEVEL))):
        gain = np.mean((x_t - x_0) ** 2) / np.mean((result - x_0) ** 2)
        assert 10 * math.log10(gain) > 6


def conditions():
    x_0, x_t = noisy(304, 296, 25 * LEVEL)
    lines = np.zeros((1, 1, 304, 296), np.float32)
    lines[..., 60:64, :] = lines[..., 100:103] = math.inf
    small = x_0[:, :, ::3, ::3].repeat(3, 2).repeat(3, 3)[:, :, :304, :296]
    uneven = np.linspace(0.05, 0.4, 296, dtype=np.float32) * np.ones((1, 1, 304, 1), np.float32)
    return {
        "x_t": (x_t, 25 * LEVEL, None),
        "y": (None, 0.0, Observation(noisy(304, 296, 50 * LEVEL)[1], 50 * LEVEL)),
        "mask": (None, 0.0, Observation(x_0, lines)),
        "scale": (None, 0.0, Observation(small, 0.0, 3.0)),
        "map and jpeg": (x_t, 0.5, Observation(x_t, uneven, 1.0, 40.0)),
    }


@pytest.mark.parametrize("condition", conditions())
def test_tiled_is_untiled(base, condition):
    views = conditions()[condition]
    whole = Prior(*base)(*views)
    tiled = Prior(*base, Tiling(192))(*views)
    assert not np.array_equal(whole, tiled)
    assert np.abs(whole - tiled).max() < LEVEL


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (17, 3), (8, 8), (130, 9)])
@pytest.mark.parametrize("backend", ["torch", "onnxruntime"])
def test_any_size(tiny, backend, size):
    prior = Engine(folders=[tiny], backend=backend, tile=128).prior("tiny")
    _, x_t = noisy(*size, 0.2)
    noise = np.full((1, 1, *size), 0.3, np.float32)
    for result in (prior(x_t, 0.2), prior(x_t, 0.2, Observation(x_t, noise))):
        assert result.shape == (1, 3, *size)
        assert result.dtype == np.float32
        assert np.isfinite(result).all()


def test_backends_agree(tiny):
    _, x_t = noisy(77, 150, 0.4)
    y = Observation(x_t[:, :, ::-1], 0.2, 2.0, 30.0)
    results = [
        Engine(folders=[tiny], backend=backend, tile=128).prior("tiny")(x_t, 0.4, y)
        for backend in ("torch", "onnxruntime")
    ]
    np.testing.assert_allclose(*results, atol=1e-5)


def test_the_same_again_is_the_same(base):
    _, x_t = noisy(150, 210, 0.3)
    prior = Prior(*base, Tiling(128))
    np.testing.assert_array_equal(prior(x_t, 0.3), prior(x_t, 0.3))


def test_a_batch_is_its_pictures(tiny):
    prior = Engine(folders=[tiny], tile=128).prior("tiny")
    x_t = np.concatenate([noisy(60, 140, 0.3, seed)[1] for seed in (1, 2)])
    each = np.concatenate([prior(x_t[:1], 0.3), prior(x_t[1:], 0.3)])
    np.testing.assert_allclose(prior(x_t, 0.3), each, atol=1e-6)


def test_clean_pixels_beside_a_hole_come_back(base):
    x_0, _ = noisy(64, 64, 0)
    noise = np.zeros((1, 1, 64, 64), np.float32)
    noise[..., 20:30, 20:40] = math.inf
    result = Prior(*base, Tiling(512))(
        None, 0, Observation(np.where(noise > 0, np.nan, x_0), noise)
    )
    assert np.isfinite(result).all()
    assert np.abs(result - x_0)[..., noise[0, 0] == 0].max() < LEVEL / 10


class Limited:
    """A network whose device is too small for more than `pixels` at a time."""

    def __init__(self, network, pixels):
        self.network, self.pixels = network, pixels
        self.backend, self.provider, self.device = network.backend, network.provider, network.device
        self.precision = network.precision

    def __call__(self, x):
        if x.shape[2] * x.shape[3] > self.pixels:
            raise MemoryError("no room")
        return self.network(x)


def test_when_memory_runs_out_tiles_are_halved_and_it_is_said(tiny):
    card = Card.load(tiny)
    network, _ = open_network(card, "cpu")
    _, x_t = noisy(300, 300, 0.3)
    prior = Prior(card, Limited(network, 128 * 128), Tiling(512))
    result = prior(x_t, 0.3)
    assert len(prior.info.notes) == 2
    assert "128 were taken" in prior.info.notes[-1]
    np.testing.assert_array_equal(result, Prior(card, network, Tiling(128))(x_t, 0.3))
    assert prior(x_t, 0.3) is not None
    assert len(prior.info.notes) == 2


def test_when_nothing_fits_a_person_is_told(tiny):
    card = Card.load(tiny)
    network, _ = open_network(card, "cpu")
    prior = Prior(card, Limited(network, 100), Tiling(512))
    with pytest.raises(MemoryLimitError, match="300×280"):
        prior(noisy(280, 300, 0.3)[1], 0.3)


def test_a_real_allocation_that_fails_is_memory(tiny):
    code = (
        "import resource, sys, numpy as np\n"
        "from pathlib import Path\n"
        "from restore.engine import Engine\n"
        "from restore.errors import MemoryLimitError\n"
        "prior = Engine(folders=[Path(sys.argv[1])], threads=1, tile=8192).prior('tiny')\n"
        "x = np.zeros((1, 3, 2048, 2048), np.float32)\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * 4096\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + (300 << 20), -1))\n"
        "prior(x, 0.1)\n"
        "print(prior.info.notes)\n"
    )
    if sys.platform != "linux":
        pytest.skip("needs Linux's address space limit")
    run = subprocess.run(
        [sys.executable, "-c", code, str(tiny)], capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr
    assert "were taken" in run.stdout


def test_it_says_what_computes(tiny):
    for backend, provider in (("torch", "cpu"), ("onnxruntime", "CPUExecutionProvider")):
        prior = Engine(folders=[tiny], device="cpu", backend=backend).prior("tiny")
        assert (prior.info.backend, prior.info.provider) == (backend, provider)
        assert prior.info.sha256 == prior.card.files["weights.safetensors"]
        assert isinstance(prior, Denoiser)
        assert isinstance(prior, DifferentiableDenoiser) == (backend == "torch")


@pytest.mark.parametrize("backend", ["auto", "torch", "onnxruntime"])
def test_cuda_that_is_not_there_is_refused(tiny, backend):
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    with pytest.raises(DeviceError, match=r"CUDA"):
        Engine(folders=[tiny], device="cuda", backend=backend).prior("tiny")


def test_gradients_are_those_of_finite_differences(tiny):
    prior = Engine(folders=[tiny], backend="torch").prior("tiny")
    rng = np.random.default_rng(0)
    x_t, direction, v = rng.standard_normal((3, 1, 3, 21, 13), np.float32)
    y = Observation(rng.standard_normal((1, 3, 21, 13), np.float32), 0.5)
    x_0, vector_jacobian = prior.vjp(x_t, 0.3, y)
    np.testing.assert_allclose(x_0, prior(x_t, 0.3, y), atol=1e-5)
    h = 1e-2
    change = (prior(x_t + h * direction, 0.3, y) - prior(x_t - h * direction, 0.3, y)) / (2 * h)
    expected = float(np.sum(v * change, dtype=np.float64))
    found = float(np.sum(vector_jacobian(v) * direction, dtype=np.float64))
    assert found == pytest.approx(expected, rel=0.02)


def test_gradients_through_tiles_are_those_of_finite_differences(tiny):
    prior = Engine(folders=[tiny], backend="torch", tile=128).prior("tiny")
    rng = np.random.default_rng(0)
    x_t, direction, v = rng.standard_normal((3, 1, 3, 40, 200), np.float32)
    y = Observation(x_t[:, :, ::-1], rng.uniform(0.2, 0.5, (1, 1, 40, 200)).astype(np.float32))
    x_0, vector_jacobian = prior.vjp(x_t, 0.3, y)
    np.testing.assert_array_equal(x_0, prior(x_t, 0.3, y))
    h = 1e-2
    change = (prior(x_t + h * direction, 0.3, y) - prior(x_t - h * direction, 0.3, y)) / (2 * h)
    expected = float(np.sum(v * change, dtype=np.float64))
    found = float(np.sum(vector_jacobian(v) * direction, dtype=np.float64))
    assert found == pytest.approx(expected, rel=0.02)


@pytest.fixture(scope="module")
def whole_and_tiled():
    card = find_model("base")
    network, _ = open_network(card, "cpu", "torch", 1)
    return [DifferentiablePrior(card, network, Tiling(size)) for size in (512, 192)]


def test_gradients_through_tiles_are_those_of_the_whole(whole_and_tiled):
    _, x_t = noisy(208, 32, 0.3)
    v = np.random.default_rng(1).standard_normal(x_t.shape, np.float32)
    whole, tiled = (prior.vjp(x_t, 0.3)[1](v) for prior in whole_and_tiled)
    assert not np.array_equal(whole, tiled)
    assert np.sqrt(np.mean((whole - tiled) ** 2)) < 0.02 * np.sqrt(np.mean(whole**2))


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_the_same_through_tiles(whole_and_tiled, method):
    x_0, _ = noisy(208, 32, 0)
    sigma_y = 0.2 if METHODS[method].noisy else 0.0
    operator = Mask(np.random.default_rng(2).random((1, 1, 208, 32)) > 0.2)
    if METHODS[method].only is Identity:
        operator = Identity((208, 32))
    n = np.random.default_rng(3).standard_normal(x_0.shape, np.float32)
    y = operator(x_0 + np.float32(sigma_y) * n)
    options = {"zeta": 1.0} if method == "dps" else {}  # in so few steps its own goes far astray
    whole, tiled = (
        solve(prior, operator, y, sigma_y, method=method, calls=3, sigma_max=1.0, **options)
        for prior in whole_and_tiled
    )
    assert not np.array_equal(whole, tiled)
    assert np.abs(whole - tiled).max() < LEVEL


def test_when_memory_runs_out_for_a_gradient_smaller_tiles_are_taken(tiny):
    card = Card.load(tiny)
    network, _ = open_network(card, "cpu", "torch", 1)
    _, x_t = noisy(40, 200, 0.3)
    prior = DifferentiablePrior(card, network, Tiling(256))
    module, width = network.module, 128

    def limited(x):
        if x.requires_grad and x.shape[3] > width:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return module(x)

    network.module = limited
    _, vector_jacobian = prior.vjp(x_t, 0.3)
    found = vector_jacobian(x_t)
    expected = DifferentiablePrior(card, network, Tiling(128)).vjp(x_t, 0.3)[1](x_t)
    np.testing.assert_array_equal(found, expected)
    assert "128 were taken" in prior.info.notes[-1]
    width = 16
    with pytest.raises(MemoryLimitError, match="200×40"):
        vector_jacobian(x_t)


@pytest.mark.parametrize("shape", [(3, 8, 8), (1, 1, 8, 8), (1, 3, 0, 8)])
def test_what_is_no_picture_is_refused(tiny, shape):
    with pytest.raises(ParameterError):
        Engine(folders=[tiny]).prior("tiny")(np.zeros(shape), 0.1)


def peak(folder, megapixels):
    """Return the peak memory in bytes of a process that denoises so many megapixels."""
    code = (
        "import resource, sys, numpy as np\n"
        "from pathlib import Path\n"
        "from restore.engine import Engine\n"
        "x = np.zeros((1, 3, 1000, int(sys.argv[2]) * 1000), np.float32)\n"
        "Engine(folders=[Path(sys.argv[1])], threads=1, device='cpu').prior('tiny')(x, 0.1)\n"
        "assert 'torch' not in sys.modules\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    unit = 1 if sys.platform == "darwin" else 1024
    run = subprocess.run(
        [sys.executable, "-c", code, str(folder), str(megapixels)],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(run.stdout) * unit


def test_memory_grows_by_the_pictures_own_buffers_only(tiny):
    if sys.platform == "win32":
        pytest.skip("needs getrusage")
    small, large = 1, 6
    # x_t and the result take 12 bytes a pixel each; what the network is told takes 40 alone.
    slope = (peak(tiny, large) - peak(tiny, small)) / ((large - small) * 1e6)
    assert slope < 2 * 12 + 6


def test_half_precision_is_near_and_differentiable(tiny):
    x_t = np.random.default_rng(0).standard_normal((1, 3, 32, 32)).astype(np.float32)
    exact, near = (
        Engine(device="cpu", backend=backend, precision=precision, threads=1, folders=[tiny]).prior(
            "tiny"
        )
        for backend, precision in (("torch", "float32"), ("auto", "bfloat16"))
    )
    assert near.info.backend == "torch"
    assert (exact.info.precision, near.info.precision) == ("float32", "bfloat16")
    difference = near(x_t, 0.5) - exact(x_t, 0.5)
    assert 0 < np.abs(difference).max() < 0.02 * np.abs(exact(x_t, 0.5)).max()

    x_0, vjp = near.vjp(x_t, 0.5)
    assert np.array_equal(x_0, near(x_t, 0.5))
    gradient, expected = vjp(x_t), exact.vjp(x_t, 0.5)[1](x_t)
    assert np.abs(gradient - expected).mean() < 0.02 * np.abs(expected).mean()


@pytest.mark.parametrize(
    ("backend", "precision"), [("onnxruntime", "bfloat16"), ("torch", "float16")]
)
def test_precisions_that_cannot_be_are_refused(tiny, backend, precision):
    engine = Engine(device="cpu", backend=backend, precision=precision, folders=[tiny])
    with pytest.raises(ParameterError, match=r"float32"):
        engine.prior("tiny")
