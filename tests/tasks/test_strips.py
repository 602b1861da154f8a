"""In strips an action does, bit for bit, what it does to the whole photo."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from restore.engine import Engine
from restore.hooks import Action, Report
from restore.hooks.run import run_action
from restore.hooks.strips import run_in_strips
from restore.photo import Photo
from restore.photo.strips import gathered, strips_of
from restore.tasks.builtin import restore_actions
from restore.tasks.context import EngineContext
from restore_classic import restore_actions as classic_actions
from tests.tasks.conftest import as_jpeg, to_bytes, with_noise

ACTIONS: dict[str, Action] = {a.name: a for a in (*restore_actions(), *classic_actions())}
HEIGHT, WIDTH = 290, 150


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(device="cpu", threads=2, tile=128)


@pytest.fixture(scope="module")
def both(engine):
    """Run an action on the whole photo and in strips."""

    def run(name: str, photo: Photo, **parameters: Any):
        whole = run_action(ACTIONS[name], photo, parameters, EngineContext(engine))
        done = run_in_strips(ACTIONS[name], strips_of(photo), parameters, EngineContext(engine))
        assert done is not None
        return whole.photo, whole.report, gathered(done.photo), done.report()

    return run


def assert_same(whole: Photo, whole_report: Report, strips: Photo, strips_report: Report) -> None:
    np.testing.assert_array_equal(strips.pixels, whole.pixels)
    assert strips.pixels.dtype == whole.pixels.dtype
    if whole.alpha is not None:
        np.testing.assert_array_equal(strips.alpha, whole.alpha)
    assert (strips.metadata, strips.source) == (whole.metadata, whole.source)
    assert replace(strips_report, seconds=0) == replace(whole_report, seconds=0)


def noisy(photographs, noise: float, kind: Any = np.uint16, channels: int = 3) -> Photo:
    image = with_noise(photographs["coffee"][:HEIGHT, :WIDTH], noise)
    image = image.mean(2, keepdims=True) if channels < 3 else image
    if kind is np.float32:
        return Photo(image.astype(np.float32))
    top = np.iinfo(kind).max
    return Photo((image.clip(0, 1) * top).round().astype(kind))


@pytest.mark.parametrize(
    ("kind", "channels"), [(np.uint8, 3), (np.uint16, 3), (np.float32, 3), (np.uint16, 1)]
)
def test_denoise_with_a_number(both, photographs, kind, channels):
    assert_same(*both("denoise", noisy(photographs, 0.1, kind, channels), noise=0.1))


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_denoise_by_itself(both, photographs, kind):
    result = both("denoise", noisy(photographs, 0.06, kind))
    assert_same(*result)
    assert result[1].found["noise_kind"] == "white"


def test_noise_that_grows_with_the_light(both, photographs):
    image = photographs["coffee"][:HEIGHT, :WIDTH]
    rng = np.random.default_rng(0)
    image = image + np.sqrt(0.02 * image) * rng.standard_normal(image.shape)
    result = both("clean", Photo((image.clip(0, 1) * 65535).round().astype(np.uint16)))
    assert_same(*result)
    assert "white noise" in result[1].notes[0]


def test_clean_of_a_jpeg(both, photographs):
    photo = as_jpeg(photographs["coffee"][:HEIGHT, :WIDTH], 30)
    result = both("clean", photo)
    assert_same(*result)
    assert result[1].found["jpeg_quality"] == 30
    assert not result[0].source.jpeg_tables


def test_strength(both, photographs):
    for kind in (np.uint8, np.uint16):
        photo = noisy(photographs, 0.1, kind)
        assert_same(*both("denoise", photo, noise=0.1, strength=0.4))
        assert_same(*both("denoise", photo, strength=0))


def test_a_photo_with_alpha_is_needed_whole(photographs, engine):
    """What lies hidden is filled from all that is visible."""
    loose = noisy(photographs, 0.1)
    photo = strips_of(Photo(loose.pixels, loose.pixels[:, :, 0]))
    assert run_in_strips(ACTIONS["denoise"], photo, {}, EngineContext(engine)) is None


def test_what_is_left_alone(both, photographs):
    photo = as_jpeg(photographs["coffee"][:HEIGHT, :WIDTH], 95)
    assert_same(*both("clean", photo))
    assert_same(*both("denoise", photo, noise=0))
    assert photo.source.jpeg_tables == both("denoise", photo, noise=0)[2].source.jpeg_tables


def test_an_action_without_a_model(both, photographs):
    assert_same(*both("classic-denoise", noisy(photographs, 0.1), noise=0.1))
    assert_same(*both("classic-denoise", noisy(photographs, 0.1), noise=0))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("denoise", {"steps": 2}),
        ("clean", {"defects": True}),
        ("upscale", {}),
        ("classic-denoise", {}),
    ],
)
def test_what_needs_the_whole_photo_says_so(photographs, engine, name, parameters):
    photo = strips_of(Photo(to_bytes(photographs["coffee"])))
    assert run_in_strips(ACTIONS[name], photo, parameters, EngineContext(engine)) is None
