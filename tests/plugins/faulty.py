"""Actions that each break one promise; each is called like the check that must find it."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import suppress
from dataclasses import replace
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, Field

from restore.errors import CancelledError, ParameterError
from restore.hooks import (
    Action,
    Context,
    MaskParameters,
    Parameters,
    PriorParameters,
    Report,
    Result,
    hookimpl,
)
from restore.photo import Photo, Pixels


def done(photo: Photo, values: Pixels, **report: Any) -> Result:
    return Result(photo.with_float(values), Report("", **report))


def half(photo: Photo, parameters: Any, context: Context, **report: Any) -> Result:
    """What all of them would do if they did nothing wrong."""
    context.progress(0.5, "Halving")
    return done(photo, photo.to_float() / 2, **report)


class Unbounded(Parameters):
    size: float = Field(1.0, ge=0, title="Size", description="How large it is")


class Untitled(Parameters):
    size_px: float = Field(1.0, ge=0, le=2)


class Listed(Parameters):
    sizes: tuple[float, ...] = Field((1.0,), title="Sizes", description="How large they are")


class NotPlain(Parameters):
    size: float = Field(
        1.0, ge=0, le=2, title="Size", description="How large", json_schema_extra={"unit": (1, 2)}
    )


def fails(photo: Photo, parameters: Any, context: Context) -> Result:
    raise RuntimeError("out of order")


def takes_8_bits_for_granted(photo: Photo, parameters: Any, context: Context) -> Result:
    context.progress(0.5, "Halving")
    if photo.pixels.dtype.kind == "u":
        return done(photo, photo.pixels.astype(np.float32) / 255 / 2)
    return done(photo, photo.to_float() / 2)


def takes_what_is_stored(photo: Photo, parameters: Any, context: Context) -> Result:
    context.progress(0.5, "Halving")
    if photo.pixels.dtype.kind == "f":
        return done(photo, photo.pixels / 2)
    return half(photo, parameters, context)


def makes_opaque(photo: Photo, parameters: Any, context: Context) -> Result:
    result = half(photo, parameters, context)
    alpha = photo.alpha
    if alpha is not None:
        result = replace(result, photo=replace(result.photo, alpha=np.full_like(alpha, 255)))
    return result


def needs_two_rows(photo: Photo, parameters: Any, context: Context) -> Result:
    np.gradient(photo.to_float(), axis=0)
    return half(photo, parameters, context)


def blends_itself(photo: Photo, parameters: Any, context: Context) -> Result:
    context.progress(0.5, "Halving")
    return done(photo, photo.to_float() * (1 - parameters.strength / 2))


def rolls_dice(photo: Photo, parameters: Any, context: Context) -> Result:
    context.progress(0.5, "Rolling")
    values = photo.to_float()
    return done(photo, values + 0.1 * np.random.random(values.shape).astype(np.float32))  # noqa: NPY002


def has_a_seed_for_show(photo: Photo, parameters: Any, context: Context) -> Result:
    return half(photo, parameters, context)


def writes_into_the_photo(photo: Photo, parameters: Any, context: Context) -> Result:
    result = half(photo, parameters, context)
    base = photo.pixels.base
    if isinstance(base, np.ndarray) and base.dtype.kind == "f":
        base[0, 0] += 1e-4
    return result


def divides_by_the_brightest(photo: Photo, parameters: Any, context: Context) -> Result:
    context.progress(0.5, "Stretching")
    values = photo.to_float()
    return done(photo, values / values.max())


def reports_numpy(photo: Photo, parameters: Any, context: Context) -> Result:
    return half(photo, parameters, context, found={"brightest": photo.to_float().max()})


def mumbles(photo: Photo, parameters: Any, context: Context) -> Result:
    return half(photo, parameters, context, notes=("ok",))


def goes_back(photo: Photo, parameters: Any, context: Context) -> Result:
    context.progress(0.7, "Beginning")
    return half(photo, parameters, context)


def says_nothing(photo: Photo, parameters: Any, context: Context) -> Result:
    return done(photo, photo.to_float() / 2)


def cannot_be_stopped(photo: Photo, parameters: Any, context: Context) -> Result:
    with suppress(CancelledError):
        context.progress(0.5, "Halving")
    return done(photo, photo.to_float() / 2)


def _look_up(name: str) -> str:
    return {"a": "x"}[name]


class LooksUp(Parameters):
    kind: Annotated[str, AfterValidator(_look_up)] = Field(
        "a", title="Kind", description="Which of the kinds", validate_default=False
    )

    @classmethod
    def model_validate(cls, values: Any, **options: Any) -> Any:
        if not isinstance(values.get("kind", "a"), str):
            raise KeyError("kind")
        return super().model_validate(values, **options)


class Upto(Parameters):
    size: int = Field(1, ge=1, le=9, title="Size", description="How many pixels it takes")


def fails_at_the_end(photo: Photo, parameters: Any, context: Context) -> Result:
    if parameters.size == 9:
        raise IndexError("9")
    return half(photo, parameters, context)


def refuses_in_gibberish(photo: Photo, parameters: Any, context: Context) -> Result:
    if parameters.size == 9:
        raise ParameterError("bad size")
    return half(photo, parameters, context)


def fills_the_rest(photo: Photo, parameters: Any, context: Context) -> Result:
    context.progress(0.5, "Filling")
    values = photo.to_float()
    values[~parameters.mask] = 0.5
    return done(photo, values)


def needs_a_mark(photo: Photo, parameters: Any, context: Context) -> Result:
    context.progress(0.5, "Filling")
    values, mask = photo.to_float(), parameters.mask
    if mask.any() or photo.size != (48, 40):
        values[mask] = 0.5
        return done(photo, values)
    return done(photo, values[mask].min() + values)


class Finds(Parameters):
    spots: bool = Field(False, title="Spots", description="Whether to look for spots")


def blurs_without_neighbours(photo: Any, parameters: Any, context: Context) -> Any:
    for top in range(0, photo.size[1], 100):
        context.progress(top / photo.size[1], "Blurring")
        yield mean_of_rows(photo.read(top, top + 100).to_float())
    return Report("")


def mean_of_rows(values: Pixels) -> Pixels:
    padded = np.pad(values, ((1, 1), (0, 0), (0, 0)), mode="edge")
    mean: Pixels = (padded[:-2] + padded[1:-1] + padded[2:]) / 3
    return mean


def blurs(photo: Photo, parameters: Any, context: Context) -> Result:
    context.progress(0.5, "Blurring")
    return done(photo, mean_of_rows(photo.to_float()))


def depends_on_the_process(photo: Photo, parameters: Any, context: Context) -> Result:
    context.progress(0.5, "Halving")
    return done(photo, photo.to_float() / (2 if "pytest" in sys.modules else 3))


SHARED: dict[str, Pixels] = {}


def shares_a_place(photo: Photo, parameters: Any, context: Context) -> Result:
    SHARED["values"] = photo.to_float()
    context.progress(0.5, "Halving")
    time.sleep(0.05)
    return done(photo, SHARED["values"] / 2)


def wants_the_main_thread(photo: Photo, parameters: Any, context: Context) -> Result:
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGTERM))
    return half(photo, parameters, context)


Plain = Parameters
FAULTY: dict[str, tuple[type[Parameters], Any, dict[str, Any]]] = {
    "fields-make-a-dialog": (Unbounded, half, {}),
    "fields-make-a-dialog-2": (Listed, half, {}),
    "texts-read-well": (Untitled, half, {}),
    "entry-is-plain": (NotPlain, half, {}),
    "runs-with-defaults": (Plain, fails, {}),
    "depths-agree": (Plain, takes_8_bits_for_granted, {}),
    "linear-light-agrees": (Plain, takes_what_is_stored, {}),
    "alpha-and-metadata-stay": (Plain, makes_opaque, {}),
    "any-size": (Plain, needs_two_rows, {}),
    "strength-blends": (Plain, blends_itself, {}),
    "same-parameters-same-pixels": (Plain, rolls_dice, {}),
    "same-parameters-same-pixels-2": (PriorParameters, has_a_seed_for_show, {}),
    "photo-is-not-written-to": (Plain, writes_into_the_photo, {}),
    "extremes-are-survived": (Plain, divides_by_the_brightest, {}),
    "report-is-plain": (Plain, reports_numpy, {}),
    "report-is-plain-2": (Plain, mumbles, {}),
    "progress-rises": (Plain, goes_back, {}),
    "progress-rises-2": (Plain, says_nothing, {}),
    "can-be-stopped": (Plain, cannot_be_stopped, {}),
    "wrong-values-are-refused": (LooksUp, half, {}),
    "every-end-of-the-dialog": (Upto, fails_at_the_end, {}),
    "every-end-of-the-dialog-2": (Upto, refuses_in_gibberish, {}),
    "outside-the-mask-nothing-changes": (MaskParameters, fills_the_rest, {"needs_mask": True}),
    "whole-and-empty-masks": (MaskParameters, needs_a_mark, {"needs_mask": True}),
    "mask-that-is-found": (Finds, half, {"finds_mask": "spots"}),
    "strips-are-the-whole": (Plain, blurs, {"in_strips": blurs_without_neighbours}),
    "threads-agree": (Plain, shares_a_place, {}),
    "threads-agree-2": (Plain, wants_the_main_thread, {}),
    "another-process-agrees": (Plain, depends_on_the_process, {}),
}
"""By name: parameters, run, and what else the action has."""


@hookimpl
def restore_actions() -> list[Action]:
    return [
        Action(name, "Faulty", "Breaks a promise.", parameters, run, **more)
        for name, (parameters, run, more) in FAULTY.items()
    ]
