"""A host for the actions, and photographs that come with scikit-image (public domain and CC0)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from restore.diffusion import Denoiser
from restore.engine import Detector, Engine
from restore.hooks import Action, Result
from restore.hooks.run import run_action
from restore.photo import Photo, Pixels, read
from restore.tasks.builtin import restore_actions

Run = Callable[..., Result]


class Host:
    """Lends the shipped model."""

    def __init__(self) -> None:
        self.engine = Engine(device="cpu", threads=2)
        self.lent = 0

    def prior(self, model: str, calls: int = 1) -> Denoiser:
        self.lent += 1
        return self.engine.prior(model)

    def detector(self, model: str) -> Detector:
        return self.engine.detector(model)

    def progress(self, fraction: float, text: str = "") -> None:
        pass


@pytest.fixture(scope="session")
def host() -> Host:
    return Host()


@pytest.fixture(scope="session")
def run(host: Host) -> Run:
    """Run an action by name on a photo or an array."""
    actions: dict[str, Action] = {action.name: action for action in restore_actions()}

    def call(name: str, photo: Photo | Pixels, **parameters: Any) -> Result:
        given = photo if isinstance(photo, Photo) else Photo.from_array(photo)
        return run_action(actions[name], given, parameters, host)

    return call


@pytest.fixture(scope="session")
def photographs() -> dict[str, Pixels]:
    """Photographs, float64 (H, W, 3) in [0, 1]."""
    from skimage import data

    names = ("astronaut", "chelsea", "coffee", "rocket")
    return {name: getattr(data, name)() / 255 for name in names}


def with_noise(image: Pixels, sigma: float, seed: int = 0) -> Pixels:
    """Add white Gaussian noise, not clipped, float32."""
    noise = np.random.default_rng(seed).standard_normal(image.shape)
    return np.asarray(image + sigma * noise, np.float32)


def to_bytes(image: Pixels) -> Pixels:
    return np.asarray((image.clip(0, 1) * 255).round(), np.uint8)


def as_jpeg(image: Pixels, quality: int, subsampling: str = "4:2:0") -> Photo:
    """Compress an image in [0, 1] and read it back, with its tables."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.jpg"
        Image.fromarray(to_bytes(image)).save(path, quality=quality, subsampling=subsampling)
        return read(path)


def psnr(a: Photo | Pixels, b: Pixels) -> float:
    values = a.to_float() if isinstance(a, Photo) else a
    return float(-10 * np.log10(np.mean((values.clip(0, 1) - b) ** 2)))
