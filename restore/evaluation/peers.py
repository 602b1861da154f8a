"""Other methods on the same pictures: what scikit-image, OpenCV and Pillow offer out of the box."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeAlias

import numpy as np

from restore.evaluation.degrade import Case, Setting
from restore.photo import Pixels

__all__ = ["Method", "noise_level", "peers", "to_bytes", "unchanged"]

Method: TypeAlias = Callable[[Case, Setting], Pixels]
"""(case, setting) → (H, W, 3) float in [0, 1]."""


def peers(task: str) -> dict[str, Method]:
    """Return the methods that are run beside ours, by name.

    OpenCV's are among them where it is installed; those that need wavelets where PyWavelets is.
    """
    opencv, wavelets = find_spec("cv2") is not None, find_spec("pywt") is not None
    methods: dict[str, dict[str, tuple[Method, bool]]] = {
        "denoise": {
            "wavelet": (wavelet, wavelets),
            "TV": (tv, True),
            "NLM": (nlm, True),
            "OpenCV NLM": (opencv_nlm, opencv),
        },
        "clean": {
            "wavelet": (wavelet, wavelets),
            "TV": (tv, wavelets),
            "OpenCV NLM": (opencv_nlm, opencv and wavelets),
        },
        "camera": {
            "wavelet": (wavelet, wavelets),
            "TV": (tv, wavelets),
            "OpenCV NLM": (opencv_nlm, opencv and wavelets),
        },
        "upscale": {"bicubic": (bicubic, True)},
        "inpaint": {"biharmonic": (biharmonic, True), "OpenCV Telea": (telea, opencv)},
    }
    return {name: method for name, (method, possible) in methods[task].items() if possible}


def unchanged(case: Case, setting: Setting) -> Pixels:
    """The degraded picture itself, enlarged without interpolation for `upscale`."""
    pixels = case.photo.to_float()
    scale = int(setting.value) if setting.task == "upscale" else 1
    return pixels.repeat(scale, axis=0).repeat(scale, axis=1)


def wavelet(case: Case, setting: Setting) -> Pixels:
    """BayesShrink in YCbCr (Chang, Yu and Vetterli 2000)."""
    return np.asarray(
        _restoration().denoise_wavelet(
            case.photo.to_float(),
            sigma=noise_level(case, setting),
            convert2ycbcr=True,
            rescale_sigma=True,
            channel_axis=2,
        )
    )


def tv(case: Case, setting: Setting) -> Pixels:
    """Total variation (Chambolle 2004), weighted by the noise level."""
    weight = noise_level(case, setting)
    return np.asarray(
        _restoration().denoise_tv_chambolle(case.photo.to_float(), weight=weight, channel_axis=2)
    )


def nlm(case: Case, setting: Setting) -> Pixels:
    """Non-local means (Buades, Coll and Morel 2005), fast variant, h = 0.8σ."""
    sigma = noise_level(case, setting)
    return np.asarray(
        _restoration().denoise_nl_means(
            case.photo.to_float(),
            h=0.8 * sigma,
            sigma=sigma,
            patch_size=5,
            patch_distance=6,
            fast_mode=True,
            channel_axis=2,
        )
    )


def opencv_nlm(case: Case, setting: Setting) -> Pixels:
    """OpenCV's fastNlMeansDenoisingColored on 8 bits, h = 0.8σ for light and colour alike."""
    import cv2

    h = float(0.8 * 255 * noise_level(case, setting))
    return np.asarray(cv2.fastNlMeansDenoisingColored(to_bytes(case), None, h, h, 7, 21)) / 255


def bicubic(case: Case, setting: Setting) -> Pixels:
    """Pillow's bicubic enlargement."""
    from PIL import Image

    size = case.truth.shape[1], case.truth.shape[0]
    return np.asarray(Image.fromarray(to_bytes(case)).resize(size, Image.Resampling.BICUBIC)) / 255


def biharmonic(case: Case, setting: Setting) -> Pixels:
    """Biharmonic equations (Damelin and Hoang 2018)."""
    return np.asarray(
        _restoration().inpaint_biharmonic(case.photo.to_float(), case.mask, channel_axis=2)
    )


def telea(case: Case, setting: Setting) -> Pixels:
    """Fast marching (Telea 2004), radius 3."""
    import cv2

    mask = np.asarray(case.mask, dtype=np.uint8)
    return np.asarray(cv2.inpaint(to_bytes(case), mask, 3, cv2.INPAINT_TELEA)) / 255


def _restoration() -> Any:
    return import_module("skimage.restoration")


def to_bytes(case: Case) -> np.ndarray[Any, Any]:
    """The degraded picture as (H, W, 3) uint8, for methods that take nothing else."""
    return (np.clip(case.photo.to_float(), 0, 1) * 255).round().astype(np.uint8)


def noise_level(case: Case, setting: Setting) -> float:
    """The known noise level; for JPEGs and cameras, scikit-image's own estimate."""
    if setting.task == "denoise":
        return setting.value
    return float(
        _restoration().estimate_sigma(case.photo.to_float(), channel_axis=2, average_sigmas=True)
    )
