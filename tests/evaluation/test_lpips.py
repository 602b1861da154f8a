"""LPIPS against a computation in numpy, written down loop by loop, with weights drawn here."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from restore.errors import ModelError, ParameterError
from restore.evaluation.lpips import Lpips, lpips_available, weights_path

CHANNELS = (3, 4, 6, 5, 7, 3)
KERNELS, STRIDES, PADDINGS = (11, 5, 3, 3, 3), (4, 1, 1, 1, 1), (2, 2, 1, 1, 1)


def drawn_weights(seed=0):
    random = np.random.default_rng(seed)
    weights = {}
    for layer, (c, d, k) in enumerate(zip(CHANNELS, CHANNELS[1:], KERNELS, strict=False)):
        weights[f"conv{layer}.weight"] = random.standard_normal((d, c, k, k)) / (k * c**0.5)
        weights[f"conv{layer}.bias"] = 0.1 * random.standard_normal(d)
        weights[f"w{layer}"] = random.random(d)
    return weights


def metric(weights=None):
    weights = weights or drawn_weights()
    return Lpips({name: torch.tensor(w, dtype=torch.float32) for name, w in weights.items()})


def windows(x, size, stride):
    """Return the windows of (C, H, W) as (C, H', W', size, size)."""
    view = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))
    return view[:, ::stride, ::stride]


def reference(a, b, weights):
    """The paper's eq. 1 in double precision."""
    mean = np.array([0.485, 0.456, 0.406])  # of the pictures that AlexNet was trained on, in [0, 1]
    deviation = np.array([0.229, 0.224, 0.225])
    x = np.stack([((image - mean) / deviation).transpose(2, 0, 1) for image in (a, b)])
    distance = 0.0
    for layer, (k, stride, p) in enumerate(zip(KERNELS, STRIDES, PADDINGS, strict=True)):
        if layer in (1, 2):
            x = np.stack([windows(one, 3, 2).max((-1, -2)) for one in x])
        x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        w, bias = weights[f"conv{layer}.weight"], weights[f"conv{layer}.bias"][:, None, None]
        x = np.stack([np.einsum("dcij,chwij->dhw", w, windows(one, k, stride)) + bias for one in x])
        x = x.clip(0)
        unit = x / (np.sqrt((x**2).sum(1, keepdims=True)) + 1e-10)
        difference = (unit[0] - unit[1]) ** 2
        distance += np.einsum("d,dhw->hw", weights[f"w{layer}"], difference).mean()
    return distance


def pair(height, width, seed=0):
    random = np.random.default_rng(seed)
    a = random.random((height, width, 3)).astype(np.float32)
    return a, np.clip(a + 0.2 * random.standard_normal(a.shape), 0, 1).astype(np.float32)


@pytest.mark.parametrize("size", [(31, 31), (40, 57), (64, 33)])
def test_it_is_the_papers_distance(size):
    a, b = pair(*size)
    # The authors round mean and deviation to three digits in [-1, 1]: -0.030 = 2 · 0.485 - 1.
    assert metric()(a, b) == pytest.approx(reference(a, b, drawn_weights()), rel=1e-4)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_it_is_a_distance(seed):
    a, b = pair(48, 40, seed)
    distance = metric()
    assert distance(a, a) == 0
    assert distance(a, b) == distance(b, a) > 0


def test_more_noise_is_further():
    random = np.random.default_rng(1)
    a, noise = random.random((64, 64, 3)).astype(np.float32), random.standard_normal((64, 64, 3))
    distances = [metric()((a + s * noise).astype(np.float32), a) for s in (0.01, 0.03, 0.1, 0.3)]
    assert distances == sorted(distances)


def test_gray_is_the_same_in_each_channel():
    a, b = (image[:, :, :1] for image in pair(40, 40))
    assert metric()(a, b) == metric()(a.repeat(3, 2), b.repeat(3, 2))


@pytest.mark.parametrize("sizes", [((40, 41), (41, 40)), ((30, 40), (30, 40))])
def test_what_cannot_be_measured_is_refused(sizes):
    a, b = (np.zeros((*size, 3), np.float32) for size in sizes)
    with pytest.raises(ParameterError, match=r"differ in size|31×31"):
        metric()(a, b)


def test_weights_that_are_missing_or_changed_are_not_used(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert not lpips_available()
    with pytest.raises(ModelError, match="not installed"):
        Lpips.load()
    weights_path().parent.mkdir(parents=True)
    weights_path().write_bytes(b"anything else")
    assert lpips_available()
    with pytest.raises(ModelError, match="hash is wrong"):
        Lpips.load()
