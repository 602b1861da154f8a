"""What goes in comes out: the same kind, type and number of axes, and nothing else changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

import restore
from restore.diffusion.denoiser import Denoiser, Observation
from restore.engine import Engine
from restore.errors import CancelledError, ParameterError, PhotoError
from restore.hooks.manager import Plugins
from restore.photo import Metadata
from restore.photo.metadata.provenance import events
from tests.engine.conftest import tiny
from tests.photo.conftest import profile

__all__ = ["tiny"]

RNG = np.random.default_rng(3)


class FlatEngine:
    """Lends the exact denoiser of a world in which every picture is mid-gray."""

    def prior(self, model: str, *, on_tile: Callable[[int, int], None]) -> Denoiser:
        def denoise(x_t: Any, sigma: float, y: Observation | None = None) -> Any:
            on_tile(1, 1)
            assert y is not None or x_t is not None
            return np.zeros_like(x_t if x_t is not None else y.y)  # type: ignore[union-attr]

        return denoise


@pytest.fixture
def plugins() -> Plugins:
    return Plugins.load(enabled=False)


@pytest.fixture
def flat() -> Any:
    return FlatEngine()


ARRAYS = {
    f"{np.dtype(dtype)}-{len(shape)}d-{shape[2:]}": (
        RNG.random(shape) * (1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max)
    ).astype(dtype)
    for dtype in (np.uint8, np.uint16, np.float16, np.float32, np.float64)
    for shape in ((20, 17), (20, 17, 1), (20, 17, 3), (20, 17, 4))
}


@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)
def test_an_array_comes_back_as_the_same_kind_of_array(
    array: Any, plugins: Plugins, flat: Any
) -> None:
    before = array.copy()
    done = restore.denoise(array, noise=0.2, plugins=plugins, engine=flat)
    assert (done.dtype, done.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(array, before)
    colors = slice(None) if array.ndim == 2 else (..., slice(0, 3))
    half = 0.5 if array.dtype.kind == "f" else np.iinfo(array.dtype).max / 2
    seen = array[..., 3] > 0 if array.shape[2:] == (4,) else ...
    assert np.abs(done[colors].astype(float) - half)[seen].max() <= 0.5 + 1e-6
    if array.shape[2:] == (4,):
        np.testing.assert_array_equal(done[:, :, 3], array[:, :, 3])
    larger = restore.upscale(array, scale=2, plugins=plugins, engine=flat)
    assert (larger.dtype, larger.shape) == (array.dtype, (40, 34, *array.shape[2:]))
    unchanged = restore.denoise(array, strength=0, plugins=plugins, engine=flat)
    np.testing.assert_array_equal(unchanged, array)
    assert not np.shares_memory(unchanged, array)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_outside_the_mask_keep_every_digit_and_are_not_clipped(
    dtype: Any, plugins: Plugins, flat: Any
) -> None:
    array = (RNG.normal(0.5, 2, (40, 40, 3))).astype(dtype)
    mask = np.zeros((40, 40), bool)
    mask[10:20, 12:15] = True
    done = restore.inpaint(array, mask, plugins=plugins, engine=flat)
    np.testing.assert_array_equal(done[~mask], array[~mask])
    assert done.dtype == dtype
    assert not np.array_equal(done[mask], array[mask])


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "I;16", "F"])
def test_a_pillow_image_comes_back_as_one(mode: str, plugins: Plugins, flat: Any) -> None:
    if mode in ("I;16", "F"):
        image = Image.fromarray(np.full((9, 8), 0.3).astype("f4" if mode == "F" else "u2"))
    else:
        image = Image.fromarray(RNG.integers(0, 255, (9, 8, 4), dtype=np.uint8)).convert(mode)
    icc = profile(3 if mode.startswith("RGB") else 1)
    image.info["icc_profile"] = icc
    done = restore.clean(image, plugins=plugins, engine=flat)
    assert isinstance(done, Image.Image)
    assert (done.mode, done.size) == (mode, image.size)
    assert done.info["icc_profile"] == icc


def test_a_photo_comes_back_as_one_with_its_metadata(plugins: Plugins, flat: Any) -> None:
    photo = restore.Photo(
        RNG.integers(0, 256, (9, 8, 3), dtype=np.uint8),
        metadata=Metadata(icc=b"profile", dpi=(72, 72)),
    )
    done = restore.denoise(photo, noise=0.1, plugins=plugins, engine=flat)
    assert isinstance(done, restore.Photo)
    assert replace(done.metadata, xmp=None) == photo.metadata
    (event,) = events(done.metadata.xmp)
    assert (event.action, event.parameters["noise"]) == ("denoise", 0.1)
    silent = restore.denoise(photo, noise=0.1, plugins=plugins, engine=flat, provenance=False)
    assert silent.metadata is photo.metadata


@pytest.mark.parametrize(
    ("picture", "error", "text"),
    [
        (np.full((2, 2), np.nan), PhotoError, "not finite"),
        (np.full((2, 2, 3), np.inf, np.float32), PhotoError, "not finite"),
        (np.zeros((2, 2), bool), PhotoError, "bool"),
        (np.zeros((2, 2), np.int64), PhotoError, "int64"),
        (np.zeros((3, 20, 20), np.uint8), PhotoError, "Channels come last"),
        (np.zeros((0, 2), np.uint8), PhotoError, "no photo"),
        ("photo.jpg", ParameterError, "restore.read('photo.jpg')"),
        ([[1, 2]], ParameterError, "A list is no photo"),
    ],
)
def test_what_is_no_photo_is_refused(picture: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        restore.denoise(picture)
    assert text in str(caught.value)


def test_progress_is_told_and_can_stop(plugins: Plugins, flat: Any) -> None:
    told: list[float] = []
    array = ARRAYS["uint8-3d-(3,)"]
    restore.denoise(array, 0.1, plugins=plugins, engine=flat, progress=lambda f, _: told.append(f))
    assert told[-1] == 1
    with pytest.raises(CancelledError):
        restore.denoise(array, 0.1, plugins=plugins, engine=flat, progress=lambda *_: False)


def test_a_wrong_parameter_is_refused(plugins: Plugins) -> None:
    with pytest.raises(ParameterError, match="Did you mean “noise”"):
        restore.denoise(ARRAYS["uint8-2d-()"], nosie=3, plugins=plugins)
    with pytest.raises(ParameterError, match="no action “denoize”"):
        restore.run("denoize", ARRAYS["uint8-2d-()"], plugins=plugins)


def test_the_shipped_model_denoises(plugins: Plugins) -> None:
    rows, columns = np.mgrid[0:96, 0:96] / 95
    clean = np.stack([rows, columns, (rows + columns) / 2], axis=2) * 0.8 + 0.1
    noisy = clean + RNG.normal(0, 0.1, clean.shape)
    engine = Engine(device="cpu", threads=2)
    result = restore.run("denoise", noisy, noise=0.1, plugins=plugins, engine=engine)
    error = np.sqrt(np.mean((result.photo.pixels - clean) ** 2))
    assert error < 0.02
    assert result.report.model == "base"


def test_variants_are_what_their_seeds_give(plugins: Plugins, tiny: Any) -> None:
    engine = Engine(device="cpu", backend="onnxruntime", threads=1, folders=[tiny])
    image = RNG.random((20, 17, 3)).astype(np.float32)
    told = {"noise": 0.2, "model": "tiny", "engine": engine, "plugins": plugins}
    made = restore.vary("denoise", image, 3, seed=4, **told)
    assert len(made) == 3
    for number, variant in enumerate(made):
        again = restore.denoise(image, seed=4 + number, steps=8, **told)
        np.testing.assert_array_equal(variant, again)
    assert not np.array_equal(made[0], made[1])
    with pytest.raises(ParameterError, match="0 variants"):
        restore.vary("denoise", image, 0, **told)
