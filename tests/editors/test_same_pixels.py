"""One photo and one set of parameters give the same pixels through every host, bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

import restore
from restore.hooks.manager import Plugins
from restore_editors.restore_client import Image
from tests.editors.inside import CHECKOUT
from tests.editors.programs.gimp import Gimp
from tests.editors.programs.krita import Krita
from tests.editors.toolkit import Toolkit

SCRIPTS = Path(__file__).parent / "scripts"
DTYPES = {"u8": np.uint8, "u16": np.uint16, "f32": np.float32}
SIDE = 96

Pixels = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Work:
    """An action with its parameters, as Python and as GIMP's configuration name them."""

    action: str
    parameters: dict[str, Any]
    in_gimp: dict[str, Any]


WORKS = [
    Work("denoise", {"noise": 0.08, "steps": 2, "seed": 7}, {"noise": "0.08"}),
    Work("negative", {"white": 0.75, "rounds": 3, "mirror": True, "channel": "first"}, {}),
]


@dataclass(frozen=True)
class Case:
    """One photo as a file, at one depth.

    Attributes:
        dtype: "u8", "u16" or "f32".
        path: The file.
        pixels: (H, W, 3) of the file.
    """

    dtype: str
    path: Path
    pixels: Pixels


@pytest.fixture(scope="module", params=DTYPES)
def case(request: pytest.FixtureRequest, scratch: Callable[[], Path]) -> Case:
    """A noisy piece of a photo; at 16 and 32 bits with values between those of 8."""
    with Pillow.open(CHECKOUT / "demo" / "photos" / "hippos-noisy.jpg") as photo:
        whole = np.asarray(photo.convert("RGB"))
    eight = whole[200 : 200 + SIDE, 300 : 300 + SIDE]
    between = np.random.default_rng(3).uniform(0, 0.9, eight.shape)
    fine = (eight + between) / 256
    dtype = request.param
    path = scratch() / ("photo.tif" if dtype == "f32" else "photo.png")
    if dtype == "f32":
        pixels = fine.astype(np.float32)
        tifffile.imwrite(path, pixels, photometric="rgb")
    else:
        pixels = eight if dtype == "u8" else (fine * 65535).astype(np.uint16)
        restore.Photo.from_array(pixels).write(path)
    return Case(dtype, path, pixels)


@pytest.fixture(scope="module", params=WORKS, ids=lambda work: work.action)
def work(request: pytest.FixtureRequest) -> Work:
    asked: Work = request.param
    return asked


@pytest.fixture(scope="module")
def expected(case: Case, work: Work, toolkit: Toolkit) -> Pixels:
    """What Python returns; it must be another picture, or the other tests say nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(toolkit.site)
        patch.delenv("RESTORE_PLUGINS", raising=False)
        plugins = Plugins.load(allow=["classic", "editors"])
    photo = restore.Photo.from_array(case.pixels)
    result = restore.run(work.action, photo, plugins=plugins, **work.parameters)
    assert result.photo.pixels.dtype == case.pixels.dtype
    assert np.abs(result.photo.to_float() - photo.to_float()).mean() > 0.01
    return result.photo.pixels


def test_the_command_line(
    case: Case, work: Work, expected: Pixels, toolkit: Toolkit, tmp_path: Path
) -> None:
    options = [f"--{name}={value}" for name, value in work.parameters.items() if value is not True]
    options += [f"--{name}" for name, value in work.parameters.items() if value is True]
    out = tmp_path / case.path.name
    done = toolkit.restore(work.action, case.path, *options, "-o", out)
    assert done.returncode == 0, done.stderr

    _assert_same(restore.read(out).pixels, expected)


def test_the_worker(case: Case, work: Work, expected: Pixels, toolkit: Toolkit) -> None:
    sent = Image(SIDE, SIDE, 3, False, case.dtype, case.pixels.tobytes())

    outcome = toolkit.worker().run(work.action, work.parameters, sent)

    assert (outcome.image.dtype, outcome.image.channels) == (case.dtype, 3)
    _assert_same(np.frombuffer(outcome.image.data, DTYPES[case.dtype]), expected)


def test_gimp(case: Case, work: Work, expected: Pixels, gimp: Gimp) -> None:
    out = case.path.with_name(f"{work.action}-gimp.raw")
    asked = {"photo": case.path, "action": work.action, "out": out}

    told = gimp.run(
        SCRIPTS / "in_gimp.py", "restored", asked | {"parameters": work.parameters | work.in_gimp}
    )

    assert told.get("size") == [SIDE, SIDE], told
    _assert_same(np.fromfile(out, DTYPES[case.dtype]), expected)


def test_krita(case: Case, work: Work, expected: Pixels, krita: Krita) -> None:
    out = case.path.with_name(f"{work.action}-krita.raw")
    asked = {"photo": case.path, "action": work.action, "out": out}

    told = krita.run(SCRIPTS / "in_krita.py", "restored", asked | {"parameters": work.parameters})

    assert told.get("colours", [])[:2] == ["RGBA", case.dtype.replace("f", "F").upper()], told
    pixels = np.fromfile(out, DTYPES[case.dtype]).reshape(SIDE, SIDE, 4)
    blue_first = case.dtype != "f32"
    _assert_same(pixels[..., 2::-1] if blue_first else pixels[..., :3], expected)


def _assert_same(pixels: Pixels, expected: Pixels) -> None:
    np.testing.assert_array_equal(pixels.reshape(expected.shape), expected)
