"""Loads well; each of its actions breaks another promise."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from restore.errors import CancelledError, ParameterError
from restore.hooks import Action, Context, Parameters, Report, Result, hookimpl
from restore.photo import Photo


def divides_by_zero(photo: Photo) -> Any:
    return Result(photo, Report(str(1 // (photo.pixels.ndim - 3))))


def exits(photo: Photo) -> Any:
    sys.exit("bye")


def out_of_memory(photo: Photo) -> Any:
    raise MemoryError


def refuses(photo: Photo) -> Any:
    raise ParameterError("The moon is not full.", "Wait.")


def cancels(photo: Photo) -> Any:
    raise CancelledError("Stopped.")


def nothing(photo: Photo) -> Any:
    return None


def array(photo: Photo) -> Any:
    return Result(photo.pixels, Report("array"))  # type: ignore[arg-type]


def nan(photo: Photo) -> Any:
    return Result(photo.with_float(photo.to_float() * np.nan), Report("nan"))


def hidden_nan(photo: Photo) -> Any:
    values = photo.to_float()
    values[0, 0, 0] = np.nan
    return Result(Photo(values), Report("hidden-nan"))


def black(photo: Photo) -> Any:
    return Result(photo.with_float(photo.to_float() * 0), Report("black"))


def smaller(photo: Photo) -> Any:
    return Result(Photo(photo.pixels[1:]), Report("smaller"))


def other_depth(photo: Photo) -> Any:
    return Result(Photo(photo.pixels.astype(np.uint16)), Report("other-depth"))


def gray(photo: Photo) -> Any:
    return Result(Photo(photo.pixels[:, :, :1]), Report("gray"))


def wrong_mask(photo: Photo) -> Any:
    mask = np.ones(photo.pixels.shape, bool)
    return Result(photo, Report("wrong-mask"), mask=mask)


def writes_to_pixels(photo: Photo) -> Any:
    photo.pixels[:] = 7
    return Result(photo, Report("writes-to-pixels"))


def writes_to_alpha(photo: Photo) -> Any:
    assert photo.alpha is not None
    photo.alpha[:] = 7
    return Result(photo, Report("writes-to-alpha"))


def strips(photo: Photo) -> Any:
    bare = Photo(255 - photo.pixels)
    return Result(replace(bare, alpha=None), Report("strips"))


FAULTS: tuple[Callable[[Photo], Any], ...] = (
    divides_by_zero,
    exits,
    out_of_memory,
    refuses,
    cancels,
    nothing,
    array,
    nan,
    hidden_nan,
    black,
    smaller,
    other_depth,
    gray,
    wrong_mask,
    writes_to_pixels,
    writes_to_alpha,
    strips,
)


def _action(fault: Callable[[Photo], Any]) -> Action:
    def run(photo: Photo, parameters: Parameters, context: Context) -> Any:
        return fault(photo)

    name = fault.__name__.replace("_", "-")
    return Action(name, name, "Misbehaves.", Parameters, run)


@hookimpl
def restore_actions() -> list[Action]:
    return [_action(fault) for fault in FAULTS]
