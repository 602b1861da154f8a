"""Every depth, encoding and profile: what comes back is what Python gives, bit for bit."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import restore
from restore.hooks.manager import Plugins
from restore.photo import Photo
from restore.photo.colour import profiles
from restore.photo.colour.transfer import Transfer
from tests.editors.gimp.conftest import Studio, photo, pixels_of

DEPTHS = {
    "U8": np.uint8,
    "U16": np.uint16,
    "HALF": np.float16,
    "FLOAT": np.float32,
    "DOUBLE": np.float64,
}
ADOBE_GAMMA = 563 / 256


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize(
    ("encoding", "channels", "output"),
    [
        ("NON_LINEAR", 1, "new-layer"),
        ("NON_LINEAR", 2, "in-place"),
        ("NON_LINEAR", 3, "in-place"),
        ("NON_LINEAR", 4, "new-layer"),
        ("PERCEPTUAL", 4, "in-place"),
        ("LINEAR", 1, "new-layer"),
        ("LINEAR", 4, "in-place"),
    ],
)
def test_a_result_is_that_of_python_bit_for_bit(
    studio: Studio, plugins: Plugins, depth: str, encoding: str, channels: int, output: str
) -> None:
    given = photo(40, 50, channels, DEPTHS[depth])

    told = studio.run(
        "negative", given, precision=f"{depth}_{encoding}", arguments={"output": output}
    )

    assert told["status"] == "success", told["error"]
    expected = negative(given, plugins, "linear" if encoding == "LINEAR" else "encoded")
    assert_nearest(pixels_of(told["layers"][0], given.dtype), expected)


@pytest.mark.parametrize("depth", ["U8", "U16", "HALF", "FLOAT"])
@pytest.mark.parametrize("encoding", ["LINEAR", "NON_LINEAR", "PERCEPTUAL"])
def test_an_action_that_changes_nothing_changes_nothing(
    studio: Studio, depth: str, encoding: str
) -> None:
    given = photo(40, 50, 4, DEPTHS[depth])

    told = studio.run(
        "same", given, precision=f"{depth}_{encoding}", arguments={"output": "in-place"}
    )

    assert np.array_equal(pixels_of(told["layers"][0], given.dtype), given)


@pytest.mark.parametrize("profile", [profiles.adobe_rgb(), profiles.prophoto()])
@pytest.mark.parametrize("depth", ["U8", "U16", "FLOAT"])
def test_a_profile_is_sent_and_its_numbers_are_not_converted(
    studio: Studio, plugins: Plugins, profile: bytes, depth: str
) -> None:
    given = photo(40, 50, 3, DEPTHS[depth])
    job = {"precision": f"{depth}_NON_LINEAR", "profile": studio.file(profile)}

    told = studio.run("tell", given, **job)
    changed = studio.run("negative", given, **job)

    assert told["report"]["found"]["icc"] == hashlib.sha256(profile).hexdigest()
    assert_nearest(pixels_of(changed["layers"][0], given.dtype), negative(given, plugins))


def test_light_in_a_profile_is_sent_as_light_with_a_linear_profile(
    studio: Studio, plugins: Plugins
) -> None:
    given = photo(40, 50, 3, np.float32)
    job = {
        "precision": "FLOAT_NON_LINEAR",
        "profile": studio.file(profiles.adobe_rgb()),
        "prepare": [("convert", "FLOAT_LINEAR")],
    }

    told = studio.run("tell", given, **job)["report"]["found"]
    changed = studio.run("negative", given, **job)

    assert told["transfer"] == "linear"
    assert told["icc_is_linear"] == "True"
    original, result = changed["layers"][1], changed["layers"][0]
    light = pixels_of(original, np.float32)
    assert np.abs(light - given.astype(np.float64) ** ADOBE_GAMMA).max() < 1e-4
    assert np.array_equal(pixels_of(result, np.float32), negative(light, plugins, "linear"))


def negative(given: np.ndarray, plugins: Plugins, transfer: Transfer = "encoded") -> np.ndarray:
    """Return what the action makes of native pixels, alpha last, in Python."""
    whole = given.dtype.kind == "u"
    sent = Photo.from_array(given if whole else given.astype(np.float32))
    sent = replace(sent, transfer=transfer)
    result: np.ndarray = restore.run("negative", sent, plugins=plugins).photo.to_array()
    return result.reshape(given.shape)


def assert_nearest(got: np.ndarray, expected: np.ndarray) -> None:
    """Check values bit for bit; halves may be rounded either way if both are as near."""
    if got.dtype == np.float16:
        distance: Any = np.abs(got.astype(np.float32) - expected)
        assert np.array_equal(distance, np.abs(expected.astype(np.float16) - expected))
    else:
        assert np.array_equal(got, expected)
