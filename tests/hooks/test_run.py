"""The promises that hold for every action, whatever it does."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import restore
from restore.diffusion.denoiser import Denoiser
from restore.engine import Engine
from restore.errors import (
    CancelledError,
    MemoryLimitError,
    ParameterError,
    PhotoError,
    PluginError,
    RestoreError,
    ResultError,
)
from restore.hooks import Action, Context, Detector, Parameters, PriorParameters, Report, Result
from restore.hooks.registration import collect
from restore.hooks.run import run_action
from restore.photo import Metadata, Photo, Source
from restore.tasks.context import EngineContext
from tests.plugins import invert, misbehaves

RNG = np.random.default_rng(7)
COLOR = RNG.integers(1, 256, (9, 6, 3), dtype=np.uint8)
PHOTOS = {
    "gray8": Photo(COLOR[:, :, :1]),
    "color8": Photo(COLOR),
    "color16": Photo(RNG.integers(1, 65536, (9, 6, 3), dtype=np.uint16)),
    "float": Photo(RNG.normal(0.5, 0.4, (9, 6, 3)).astype(np.float32)),
}
FULL = replace(
    PHOTOS["color8"],
    alpha=COLOR[:, :, 0].copy(),
    metadata=Metadata(icc=b"icc", exif=b"exif", xmp=b"xmp", dpi=(300, 300)),
    source=Source(format="JPEG"),
)
INVERT, REPEAT = collect("invert", invert, trace=False).actions
FAULTS = {a.name: a for a in collect("misbehaves", misbehaves, trace=False).actions}


class Quiet:
    """A context without models."""

    def prior(self, model: str, calls: int = 1) -> Denoiser:
        raise AssertionError

    def detector(self, model: str) -> Detector:
        raise AssertionError

    def progress(self, fraction: float, text: str = "") -> None:
        pass


def never(*_: Any) -> Any:
    raise AssertionError


def peak(photo: Photo) -> float:
    return 1.0 if photo.pixels.dtype == np.float32 else float(np.iinfo(photo.pixels.dtype).max)


@pytest.mark.parametrize("photo", PHOTOS.values(), ids=PHOTOS)
def test_strength_0_is_the_photo_and_runs_nothing(photo: Photo) -> None:
    action = replace(INVERT, run=never)
    result = run_action(action, photo, {"strength": 0}, Quiet())
    assert result.photo is photo
    assert "Strength 0" in result.report.notes[0]
    assert result.report.action == "invert"


def test_strength_0_of_an_enlargement_is_the_plain_enlargement() -> None:
    from PIL import Image

    action = replace(REPEAT, run=never)
    mild = COLOR // 3 + 80  # so that nothing overshoots: Pillow clips after each axis
    result = run_action(action, replace(FULL, pixels=mild), {"strength": 0, "times": 3}, Quiet())
    assert result.photo.size == (18, 27)
    expected = Image.fromarray(mild).resize((18, 27), Image.Resampling.BICUBIC)
    difference = result.photo.pixels.astype(int) - np.asarray(expected)
    assert np.abs(difference).max() <= 1
    assert result.photo.metadata == FULL.metadata


@pytest.mark.parametrize("photo", PHOTOS.values(), ids=PHOTOS)
@given(strength=st.floats(0, 1))
def test_strength_blends_photo_and_result(photo: Photo, strength: float) -> None:
    blended = run_action(INVERT, photo, {"strength": strength}, Quiet()).photo.pixels
    whole = run_action(INVERT, photo, {}, Quiet()).photo.pixels.astype(np.float64)
    original = photo.pixels.astype(np.float64)
    expected = original + strength * (whole - original)
    # A level for dithering, half of one for rounding, and single precision.
    tolerance = {255: 1, 65535: 0.5, 1: 0}[int(peak(photo))] + 1e-6 * peak(photo) * 4
    np.testing.assert_allclose(blended, expected, rtol=0, atol=tolerance)
    assert blended.dtype == photo.pixels.dtype


@pytest.mark.parametrize("photo", PHOTOS.values(), ids=PHOTOS)
@given(strength=st.floats(0, 1))
def test_what_an_action_leaves_alone_stays_bit_for_bit(photo: Photo, strength: float) -> None:
    def half(given: Photo, *_: Any) -> Result:
        pixels = given.pixels.copy()
        pixels[:4] = 1
        return Result(Photo(pixels), Report("half"))

    action = Action("half", "Half", "", Parameters, half)
    result = run_action(action, photo, {"strength": strength}, Quiet())
    np.testing.assert_array_equal(result.photo.pixels[4:], photo.pixels[4:])


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_alpha_and_metadata_are_carried(strength: float) -> None:
    done = run_action(FAULTS["strips"], FULL, {"strength": strength}, Quiet()).photo
    assert done.alpha is not None
    assert FULL.alpha is not None
    np.testing.assert_array_equal(done.alpha, FULL.alpha)
    assert (done.metadata, done.source) == (FULL.metadata, FULL.source)


@pytest.mark.parametrize("strength", [0.5, 1])
def test_a_restored_photo_is_not_written_with_coarse_tables(strength: float, tmp_path: Any) -> None:
    smooth = np.linspace(60, 190, 64 * 64).reshape(64, 64, 1).astype(np.uint8)
    for quality in (12, 98):
        path = tmp_path / f"{quality}.jpg"
        Photo(smooth).write(path, quality=quality)
        read = restore.read(path)
        done = run_action(INVERT, read, {"strength": strength}, Quiet()).photo
        again = restore.read(done.write(tmp_path / f"{quality}-done.jpg"))

        assert np.abs(again.pixels.astype(int) - done.pixels).max() <= 4
        kept = run_action(INVERT, read, {"strength": 0}, Quiet()).photo
        assert kept.source.jpeg_tables == read.source.jpeg_tables != ()
        assert (done.source == read.source) == (quality == 98)


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_alpha_is_enlarged_with_the_photo(strength: float) -> None:
    from PIL import Image

    done = run_action(REPEAT, FULL, {"times": 4, "strength": strength}, Quiet()).photo
    assert done.alpha is not None
    assert FULL.alpha is not None
    expected = Image.fromarray(FULL.alpha).resize((24, 36), Image.Resampling.BICUBIC)
    assert np.abs(done.alpha.astype(int) - np.asarray(expected)).max() <= 1
    if strength == 1:
        np.testing.assert_array_equal(done.pixels, COLOR.repeat(4, 0).repeat(4, 1))


@pytest.mark.parametrize(
    ("name", "error", "text"),
    [
        ("divides-by-zero", PluginError, "ZeroDivisionError: integer division or modulo by zero"),
        ("exits", PluginError, "tried to end the program with exit code bye"),
        ("out-of-memory", MemoryLimitError, "not enough memory"),
        ("refuses", ParameterError, "The moon is not full. (Plugin “misbehaves”.)"),
        ("nothing", PluginError, "returned a NoneType, not a Result"),
        ("array", PluginError, "not a Result with a photo"),
        ("nan", ResultError, "not finite"),
        ("black", ResultError, "black"),
        ("smaller", PluginError, "returned 6 × 8, not 6 × 9"),
        ("other-depth", PluginError, "returned 3 channels of uint16, not 3 of uint8"),
        ("gray", PluginError, "returned 1 channels of uint8, not 3 of uint8"),
        ("wrong-mask", PluginError, "returned a mask of bool (9, 6, 3)"),
        ("writes-to-pixels", PluginError, "read-only"),
        ("writes-to-alpha", PluginError, "read-only"),
    ],
)
def test_a_failing_action_is_named_with_its_plugin(
    name: str, error: type[RestoreError], text: str
) -> None:
    before = FULL.pixels.copy()
    with pytest.raises(error) as caught:
        run_action(FAULTS[name], FULL, {}, Quiet())
    assert type(caught.value) is error
    assert text in str(caught.value)
    assert "misbehaves" in str(caught.value)
    if error is PluginError:
        assert "--no-plugins" in caught.value.hint
        assert "RESTORE_PLUGINS" in caught.value.hint
    np.testing.assert_array_equal(FULL.pixels, before)
    FULL.pixels[0, 0, 0] = before[0, 0, 0]  # it is still its owner's to write to


def test_one_hidden_nan_is_found() -> None:
    with pytest.raises(ResultError, match="misbehaves"):
        run_action(FAULTS["hidden-nan"], PHOTOS["float"], {}, Quiet())


def test_being_stopped_is_nobodys_fault() -> None:
    with pytest.raises(CancelledError) as error:
        run_action(FAULTS["cancels"], FULL, {}, Quiet())
    assert error.value.message == "Stopped."


def test_a_fault_of_ours_is_called_that() -> None:
    action = replace(FAULTS["divides-by-zero"], plugin="builtin")
    with pytest.raises(PluginError, match="“divides-by-zero” failed: ZeroDivisionError") as error:
        run_action(action, FULL, {}, Quiet())
    assert "fault in restore itself" in error.value.hint


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_photo_that_is_not_finite_is_refused_before_anything_runs(bad: float) -> None:
    pixels = PHOTOS["float"].pixels.copy()
    pixels[3, 3, 1] = bad
    with pytest.raises(PhotoError, match="finite"):
        run_action(replace(INVERT, run=never), Photo(pixels), {}, Quiet())


def test_parameters_are_refused_before_anything_runs() -> None:
    with pytest.raises(ParameterError, match=r"White point must be a number from 0\.5 to 1 °"):
        run_action(replace(INVERT, run=never), FULL, {"white": 3}, Quiet())


def test_a_mask_of_another_size_is_refused_before_anything_runs() -> None:
    from restore.hooks import MaskParameters

    action = Action("fill", "Fill", "", MaskParameters, never, needs_mask=True)
    with pytest.raises(ParameterError, match="9 × 6 pixels, the photo 6 × 9"):
        run_action(action, FULL, {"mask": np.ones((6, 9), bool)}, Quiet())


def test_the_report_says_what_was_done() -> None:
    result = run_action(INVERT, FULL, {"white": 0.9}, Quiet())
    report = result.report
    assert report.action == "invert"
    assert report.parameters == {"strength": 1.0, "white": 0.9}
    assert report.megapixels == 54e-6
    assert report.seconds > 0
    assert report.model == ""
    json.dumps(report.as_dict())


def test_samples_and_their_spread_follow_the_strength() -> None:
    photo = PHOTOS["float"]  # whose sample of seed s is the photo plus s: eight have σ = √6
    result = run_action(INVERT, photo, {"strength": 0.25}, Quiet())
    assert result.sample is not None
    np.testing.assert_allclose(result.sample(2), photo.pixels + 0.5, atol=1e-6)
    np.testing.assert_allclose(result.uncertainty, 0.25 * 6**0.5, atol=1e-5)


def test_a_sample_that_fails_names_the_plugin() -> None:
    def run(photo: Photo, *_: Any) -> Result:
        return Result(photo, Report("x"), sample=lambda seed: 1 // seed)  # type: ignore[arg-type,return-value]

    action = Action("sampler", "Sampler", "", Parameters, run, plugin="dice")
    result = run_action(action, FULL, {}, Quiet())
    assert result.sample is not None
    with pytest.raises(PluginError, match="“dice” failed: ZeroDivisionError"):
        result.sample(0)


@dataclass
class Watch:
    """Remembers what it is told; stops when a limit is passed."""

    limit: float = 2.0
    told: list[tuple[float, str]] = field(default_factory=list)

    def __call__(self, fraction: float, text: str) -> bool:
        self.told.append((fraction, text))
        return fraction <= self.limit


def twice(photo: Photo, parameters: PriorParameters, context: Context) -> Result:
    """Call the model twice, as an action with two steps would."""
    from restore.diffusion.arrays import from_signed, to_signed

    prior = context.prior(parameters.model, calls=2)
    x = prior(to_signed(photo.to_float()), 0.1)
    return Result(photo.with_float(from_signed(prior(x, 0.05))), Report("twice"))


TWICE = Action("twice", "Twice", "", PriorParameters, twice, plugin="two")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(device="cpu", threads=2, tile=128)


def test_models_report_their_own_progress_and_are_named(engine: Engine) -> None:
    photo = Photo(RNG.integers(0, 256, (200, 200, 3), dtype=np.uint8))
    watch = Watch()
    report = run_action(TWICE, photo, {}, EngineContext(engine, watch)).report
    fractions = [fraction for fraction, _ in watch.told]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] == 1
    assert 0.5 in fractions
    assert len(fractions) > 4
    info = engine.prior("base").info
    assert (report.model, report.model_sha256) == ("base", info.sha256)
    assert (report.backend, report.provider) == (info.backend, info.provider)
    assert report.parameters["model"] == "base"


def test_an_action_can_report_the_progress_of_its_calls_itself(engine: Engine) -> None:
    watch = Watch()
    context = EngineContext(engine, watch)
    pixels = np.zeros((1, 3, 140, 140), np.float32)
    small = context.prior("base", calls=0)
    for part in (1, 2):
        small(pixels, 0.1)
        context.progress(part / 10)
    assert watch.told[-1][0] == 0.2
    context.prior("base")(pixels, 0.1)
    fractions = [fraction for fraction, _ in watch.told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


@pytest.mark.parametrize("limit", [-1.0, 0.0, 0.4])
def test_returning_false_stops_the_action(engine: Engine, limit: float) -> None:
    watch = Watch(limit)
    photo = Photo(RNG.integers(0, 256, (140, 140, 3), dtype=np.uint8))
    with pytest.raises(CancelledError):
        run_action(TWICE, photo, {}, EngineContext(engine, watch))
    assert [fraction for fraction, _ in watch.told if fraction > limit] == [watch.told[-1][0]]


def test_progress_never_leaves_its_range_or_goes_back(engine: Engine) -> None:
    watch = Watch()
    context = EngineContext(engine, watch)
    for fraction in (0.5, 0.2, -1, 7):
        context.progress(fraction)
    assert [fraction for fraction, _ in watch.told] == [0.5, 0.5, 0.5, 1.0]
