"""The network in two runtimes, and what it is told."""

import math

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from restore.diffusion import UNKNOWN, Observation, fuse
from restore.errors import ParameterError
from restore.networks.conditioning import Conditioning, Views, reflected
from restore.networks.graph import build_graph
from restore.networks.unet import UNet

ort = pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")
SHAPE = (2, 3, 24, 40)


def network(channels, blocks, told=1):
    torch.manual_seed(0)
    module = UNet(channels, blocks, embedding=16, told=told).eval()
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if "film" in name or "tail" in name:
                parameter.normal_(0, 0.2)
    return module


@pytest.mark.parametrize(
    ("channels", "blocks"), [((8,), (2,)), ((8, 12), (1, 2)), ((4, 8, 12), (2, 0, 1))]
)
@pytest.mark.parametrize("told", [1, 4])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_onnx_equals_torch_at_odd_sizes(tmp_path, channels, blocks, dtype, told):
    module = network(channels, blocks, told)
    weights = {name: w.numpy().astype(dtype) for name, w in module.state_dict().items()}
    module.load_state_dict({k: torch.from_numpy(w.astype(np.float32)) for k, w in weights.items()})
    save_file(weights, tmp_path / "w.safetensors")
    (tmp_path / "g.onnx").write_bytes(build_graph(tmp_path / "w.safetensors", channels, blocks))
    session = ort.InferenceSession(tmp_path / "g.onnx", providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    for batch, rows, columns in ((1, 1, 1), (3, 1, 5), (2, 7, 3)):
        size = (batch, 10, rows * module.stride, columns * module.stride)
        x = rng.standard_normal(size, np.float32)
        with torch.inference_mode():
            expected = module(torch.from_numpy(x)).numpy()
        f = session.run(None, {"x": x})[0]
        assert f.shape == (batch, 3, *size[2:])
        np.testing.assert_allclose(f, expected, atol=1e-5 * np.abs(expected).max(), rtol=0)


def test_graph_holds_no_weights(tmp_path):
    module = network((8, 12), (1, 2))
    save_file({n: w.numpy() for n, w in module.state_dict().items()}, tmp_path / "w.safetensors")
    graph = build_graph(tmp_path / "w.safetensors", (8, 12), (1, 2))
    assert len(graph) < (tmp_path / "w.safetensors").stat().st_size / 2


def test_moving_the_input_by_the_stride_moves_the_output():
    module = network((4, 8, 12), (1, 1, 1))
    x = torch.zeros(1, 10, 256, 256)
    x[:, :, 112:144, 104:136] = torch.randn(1, 10, 32, 32)
    with torch.inference_mode():
        here = module(x)
        there = module(x.roll((8, -16), (2, 3)))
    inner = (..., slice(80, 176), slice(80, 176))
    torch.testing.assert_close(here.roll((8, -16), (2, 3))[inner], there[inner])


def test_a_network_without_a_noise_level_has_inputs_and_outputs_of_its_own(tmp_path):
    torch.manual_seed(0)
    module = UNet((8, 12), (1, 1), inputs=3, outputs=1, embedding=0).eval()
    torch.nn.init.normal_(module.tail.weight)
    save_file({n: w.numpy() for n, w in module.state_dict().items()}, tmp_path / "w.safetensors")
    (tmp_path / "g.onnx").write_bytes(build_graph(tmp_path / "w.safetensors", (8, 12), (1, 1)))
    session = ort.InferenceSession(tmp_path / "g.onnx", providers=["CPUExecutionProvider"])
    x = np.random.default_rng(0).standard_normal((1, 3, 12, 20), np.float32)
    with torch.inference_mode():
        expected = module(torch.from_numpy(x)).numpy()
    assert expected.shape == (1, 1, 12, 20)
    np.testing.assert_allclose(session.run(None, {"x": x})[0], expected, atol=1e-5)


def test_each_cell_is_told_its_own_noise_level():
    module = network((4, 8, 12), (1, 1, 1))
    x = torch.randn(1, 10, 256, 256)
    other = x.clone()
    other[:, -1, :, 128:] += 0.3
    with torch.inference_mode():
        here, there = module(x), module(other)
    torch.testing.assert_close(here[..., :64], there[..., :64])
    assert (here - there)[..., 128:].abs().max() > 1e-3


def test_blocks_are_modulated_by_the_maps_they_are_told():
    x = torch.randn(1, 10, 64, 64, generator=torch.Generator().manual_seed(1))
    for told, changes in ((1, False), (4, True)):
        module = network((8, 12), (1, 1), told)
        module.head.weight.data[:, 4 * 6 :] = 0  # the head, too, is shown the maps
        other = x.clone()
        other[:, 7] += 0.5
        with torch.inference_mode():
            assert (module(x) - module(other)).abs().max().item() > 1e-3 or not changes
            assert torch.equal(module(x), module(other)) or changes


@pytest.mark.parametrize(("length", "padded"), [(1, 8), (2, 8), (3, 8), (5, 8), (8, 8), (17, 24)])
def test_reflection_is_numpy_s(length, padded):
    axis = np.arange(length)
    np.testing.assert_array_equal(
        axis[reflected(length, padded)], np.pad(axis, (0, padded - length), mode="reflect")
    )


def views(noise, **more):
    rng = np.random.default_rng(1)
    return Views(None, 0.0, Observation(rng.standard_normal(SHAPE, np.float32), noise, **more))


def test_number_and_map_of_the_same_noise_are_the_same():
    conditioning = Conditioning()
    level = np.full((2, 1, *SHAPE[2:]), 0.25, np.float32)
    one, other = views(0.25, scale=2.0, jpeg=70.0), views(level, scale=2.0, jpeg=70.0)
    np.testing.assert_allclose(
        conditioning.prepare(one).x, conditioning.prepare(other).x, rtol=1e-5, atol=1e-6
    )


def test_x_t_and_y_are_interchangeable_but_for_what_is_told_beside():
    rng = np.random.default_rng(2)
    noisy = rng.standard_normal(SHAPE, np.float32)
    conditioning = Conditioning()
    as_x_t = conditioning.prepare(Views(noisy, 0.2, None))
    as_y = conditioning.prepare(Views(noisy, 0.2, Observation(noisy, math.inf)))
    np.testing.assert_array_equal(as_x_t.x, as_y.x)
    alone = conditioning.prepare(Views(None, 0.0, Observation(noisy, 0.2)))
    np.testing.assert_allclose(as_x_t.fused.z, alone.fused.z, atol=1e-4)


def test_what_stands_in_a_hole_is_not_seen():
    noise = np.zeros((1, 1, *SHAPE[2:]), np.float32)
    noise[..., 5:12, 8:20] = math.inf
    clean = np.random.default_rng(3).uniform(-1, 1, SHAPE).astype(np.float32)
    spoilt = np.where(np.isinf(noise), np.nan, clean)
    conditioning = Conditioning()
    prepared = [
        conditioning.prepare(Views(None, 0.0, Observation(y, noise))) for y in (clean, spoilt)
    ]
    np.testing.assert_array_equal(prepared[0].x, prepared[1].x)


def test_a_clean_pixel_comes_back_whatever_the_network_says():
    clean = np.random.default_rng(4).uniform(-1, 1, SHAPE).astype(np.float32)
    conditioning = Conditioning()
    prepared = conditioning.prepare(Views(None, 0.0, Observation(clean, 0.0)))
    x_0 = conditioning.finish(prepared, np.full(SHAPE, 3.0, np.float32))
    assert np.abs(x_0 - clean).max() < 0.1 / 127.5


def test_a_gaussian_prior_s_ideal_network_gives_its_posterior_mean():
    # For x_0 ~ N(0, σ_data²) the residual that F must give is zero: E[x_0 | z] = c_skip z.
    rng = np.random.default_rng(5)
    x_0 = 0.5 * rng.standard_normal((1, 3, 256, 256))
    x_t = (x_0 + 0.4 * rng.standard_normal(x_0.shape)).astype(np.float32)
    y = (x_0 + 0.3 * rng.standard_normal(x_0.shape)).astype(np.float32)
    conditioning = Conditioning()
    prepared = conditioning.prepare(Views(x_t, 0.4, Observation(y, 0.3)))
    mean = conditioning.finish(prepared, np.zeros_like(x_t))
    variance = 1 / (1 / 0.5**2 + 1 / 0.4**2 + 1 / 0.3**2)
    assert np.mean((mean - x_0) ** 2) == pytest.approx(variance, rel=0.01)
    assert prepared.x[:, :3].std() == pytest.approx(1, rel=0.01)


def test_usual_errors_of_upscaled_and_compressed_views():
    conditioning = Conditioning()
    blank = np.zeros(SHAPE, np.float32)

    def error(*known):
        maps = conditioning.maps(Observation(blank, *known), like=blank)
        return float(conditioning.error(maps)[0, 0, 0, 0])

    assert error(0.0, 4.0) == pytest.approx(0.1)
    assert error(0.3, 4.0) == pytest.approx(math.hypot(0.3, 0.1))
    assert error(0.0, 1.0, 10.0) > error(0.0, 1.0, 60.0) > error(0.0, 1.0, 95.0) > 0.02
    assert error(UNKNOWN) == pytest.approx(0.1)
    assert error(0.0, 1.0, UNKNOWN) == pytest.approx(0.05)
    assert error(math.inf, 2.0, 50.0) == math.inf


def test_torch_and_numpy_agree():
    conditioning = Conditioning()
    rng = np.random.default_rng(6)
    noise = rng.choice([0.0, 0.2, -1.0, math.inf], (2, 1, *SHAPE[2:])).astype(np.float32)
    x_t, y = rng.standard_normal((2, *SHAPE), np.float32)
    ours = Views(x_t, 0.7, Observation(y, noise, 3.0, 40.0)).padded(16)
    theirs = Views(
        torch.from_numpy(x_t),
        0.7,
        Observation(torch.from_numpy(y), torch.from_numpy(noise), 3.0, 40.0),
    ).padded(16)
    np.testing.assert_allclose(
        conditioning.prepare(ours).x, conditioning.prepare(theirs).x.numpy(), atol=1e-5
    )


def test_fusion_is_the_one_of_the_mathematics():
    rng = np.random.default_rng(8)
    x_t, y = rng.standard_normal((2, *SHAPE), np.float32)
    prepared = Conditioning().prepare(Views(x_t, 0.5, Observation(y, 0.1)))
    z, sigma_eff = fuse(x_t, 0.5, y, 0.1)
    np.testing.assert_allclose(prepared.fused.z, z)
    np.testing.assert_allclose(prepared.fused.sigma_eff, sigma_eff)


@pytest.mark.parametrize(
    ("x_t", "sigma", "y"),
    [
        (None, 0.1, None),
        (np.zeros(SHAPE), math.nan, None),
        (np.zeros(SHAPE), -1.0, None),
        (np.zeros(SHAPE), 0.1, Observation(np.zeros((1, 3, 8, 8)))),
    ],
)
def test_views_that_do_not_fit_are_refused(x_t, sigma, y):
    with pytest.raises(ParameterError):
        Views(x_t, sigma, y)
