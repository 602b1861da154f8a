"""The Krita plug-in's arithmetic on bytes, held to numpy's; it needs no Krita."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

FILE = Path(__file__).parents[2] / "integrations/restore_krita/plugin/restore_krita/pixels.py"


@pytest.fixture(scope="module")
def pixels() -> ModuleType:
    spec = importlib.util.spec_from_file_location("krita_pixels", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ALL = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
NORMAL = ALL[np.isfinite(ALL) & ((np.abs(ALL) >= 2.0**-14) | (ALL == 0))]


@pytest.mark.parametrize("halves", [ALL, NORMAL, ALL[:0], ALL[1:4]])
def test_half_floats_become_floats_exactly(pixels: ModuleType, halves: Any) -> None:
    floats = np.frombuffer(pixels.floats_of(halves.tobytes()), np.float32)
    np.testing.assert_array_equal(floats, halves.astype(np.float32))
    np.testing.assert_array_equal(np.signbit(floats), np.signbit(halves))


def test_floats_become_the_nearest_half_floats(pixels: ModuleType) -> None:
    rng = np.random.default_rng(0)
    floats = (rng.standard_normal(100_000) * 10.0 ** rng.integers(-8, 5, 100_000)).astype("f4")
    floats = np.append(floats.clip(-65504, 65504), np.float32([0.0, -0.0, 65504, 2**-24, 2**-25]))

    halves = np.frombuffer(pixels.halves_of(floats.tobytes()), np.float16)

    np.testing.assert_array_equal(halves, floats.astype(np.float16))


def test_what_is_too_large_for_a_half_float_becomes_the_largest(pixels: ModuleType) -> None:
    floats = np.float32([1e9, -1e9, 65520, 1.5])
    halves = np.frombuffer(pixels.halves_of(floats.tobytes()), np.float16)
    assert halves.tolist() == [65504, -65504, 65504, 1.5]


@pytest.mark.parametrize("dtype", ["u8", "u16", "f32"])
@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_a_preview_is_blue_green_red_alpha_of_8_bits(
    pixels: ModuleType, dtype: str, order: str
) -> None:
    rgba = np.array([[[255, 0, 51, 102], [0, 102, 255, 255]]], np.uint8)
    sent = rgba if order == "rgb" else rgba[:, :, [2, 1, 0, 3]]
    values = {"u8": sent, "u16": sent.astype("u2") * 257, "f32": sent.astype("f4") / 255}[dtype]
    image = SimpleNamespace(
        width=2,
        height=1,
        channels=3,
        alpha=True,
        dtype=dtype,
        order=order,
        transfer="encoded",
        data=values.tobytes(),
    )

    shown = np.frombuffer(pixels.as_screen(image), np.uint8).reshape(1, 2, 4)

    np.testing.assert_array_equal(shown, rgba[:, :, [2, 1, 0, 3]])


def test_a_gray_preview_without_alpha_is_opaque(pixels: ModuleType) -> None:
    image = SimpleNamespace(
        width=2,
        height=1,
        channels=1,
        alpha=False,
        dtype="u8",
        order="rgb",
        transfer="encoded",
        data=b"\x10\xf0",
    )
    assert pixels.as_screen(image) == b"\x10\x10\x10\xff\xf0\xf0\xf0\xff"


def test_strips_are_joined_in_their_order(pixels: ModuleType) -> None:
    assert pixels.joined([b"ab", bytearray(b"c"), memoryview(b"de")]) == b"abcde"
