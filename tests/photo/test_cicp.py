"""Colour spaces named by numbers, as profiles, mean what their standards say."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from restore.photo import cicp
from restore.photo.srgb import is_linear_srgb, is_srgb

P3_TO_XYZ = np.array(
    [
        [0.4865709, 0.2656677, 0.1982173],
        [0.2289746, 0.6917385, 0.0792869],
        [0, 0.0451134, 1.0439444],
    ]
)
SRGB_TO_XYZ = np.array(
    [
        [0.4123908, 0.3575843, 0.1804808],
        [0.2126390, 0.7151687, 0.0721923],
        [0.0193308, 0.1191948, 0.9505322],
    ]
)


def linear(v):
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def encoded(v):
    return np.where(v <= 0.0031308, 12.92 * v, 1.055 * np.maximum(v, 0) ** (1 / 2.4) - 0.055)


def as_srgb(icc: bytes, values: np.ndarray) -> np.ndarray:
    image = Image.fromarray(values)
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    seen = ImageCms.profileToProfile(
        image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    return np.asarray(seen).astype(float)


def test_display_p3_agrees_with_its_formula():
    rng = np.random.default_rng(0)
    values = rng.integers(60, 200, (20, 20, 3)).astype(np.uint8)
    values[..., 1:] = values[..., :1] * 0.5 + values[..., 1:] * 0.5
    xyz = linear(values / 255) @ P3_TO_XYZ.T
    expected = encoded(xyz @ np.linalg.inv(SRGB_TO_XYZ).T) * 255
    inside = ((expected > 0) & (expected < 255)).all(axis=-1)
    assert inside.mean() > 0.9
    seen = as_srgb(cicp.profile(12, cicp.SRGB), values)
    assert abs(seen - expected)[inside].max() <= 1.01


@pytest.mark.parametrize(
    ("transfer", "curve"),
    [
        (cicp.LINEAR, lambda v: v),
        (2.2, lambda v: v**2.2),
        (4, lambda v: v**2.2),
        (
            18,
            lambda v: np.where(v <= 0.5, v**2 / 3, (np.exp((v - 0.5599) / 0.17883) + 0.28467) / 12),
        ),
    ],
)
@pytest.mark.parametrize("gray", [False, True])
def test_curves_agree_with_their_formulas(transfer, curve, gray):
    ramp = np.arange(256, dtype=np.uint8)[None]
    values = ramp if gray else np.repeat(ramp[:, :, None], 3, axis=2)
    seen = as_srgb(cicp.profile(1, transfer, gray=gray), values)
    expected = encoded(curve(ramp / 255)) * 255
    start = 64 if gray else 0  # littleCMS takes gray through 8 bits of light
    assert abs(seen - expected[:, :, None])[:, start:].max() <= 1.6


def test_the_perceptual_quantiser_reaches_100_nits_where_it_should():
    curve = cicp.profile(9, 16)
    start = curve.index(b"curv") + 12
    samples = np.frombuffer(curve, ">u2", 4096, start) / 65535
    assert samples[round(0.5081 * 4095)] == pytest.approx(0.01, abs=2e-4)
    assert samples[0] == 0
    assert samples[-1] == 1


def test_srgb_needs_no_profile_and_is_known_by_its_colours():
    for transfer in (1, 2, 6, 13, 14, 15):
        assert cicp.profile(1, transfer) is None
    assert is_srgb(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    assert not is_srgb(cicp.profile(12, cicp.SRGB))
    assert not is_srgb(cicp.profile(1, cicp.LINEAR))
    assert not is_srgb(cicp.profile(1, 1.8, gray=True))
    assert not is_srgb(b"no profile")
    for gray in (False, True):
        linear = cicp.profile(1, cicp.LINEAR, gray=gray)
        assert is_linear_srgb(linear)
        assert not is_srgb(linear)
    assert not is_linear_srgb(cicp.profile(12, cicp.LINEAR))
    assert not is_linear_srgb(b"no profile")


def test_what_is_no_colour_space_is_an_error():
    for primaries, transfer in ((99, 13), (12, 99)):
        with pytest.raises(ValueError, match="unknown"):
            cicp.profile(primaries, transfer)
