"""What a result owes to its photo: type, size, transparency, strength, and nothing by chance."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from restore.hooks.blend import values_of_size
from restore.hooks.variants import draws_samples
from restore.photo import Photo, Pixels
from restore.testing.photos import extremes, layered, sample
from restore.testing.subject import Subject, Unmet, require
from restore.testing.wording import is_sentence

__all__ = [
    "alpha_and_metadata_stay",
    "any_size",
    "depths_agree",
    "extremes_are_survived",
    "linear_light_agrees",
    "photo_is_not_written_to",
    "report_is_plain",
    "runs_with_defaults",
    "same_parameters_same_pixels",
    "strength_blends",
]

NEAR = 2 / 255
"""Root mean square by which results of one picture may differ that come in different forms."""


def runs_with_defaults(subject: Subject) -> None:
    """An ordinary photo goes through with the defaults."""
    subject.run(sample())


def depths_agree(subject: Subject) -> None:
    """One picture in 8 bits, 16 bits and floats, gray or colour, gives one result."""
    for channels in (1, 3):
        for dtype in (np.uint8, np.uint16):
            held = sample(channels=channels, dtype=dtype)
            floats = Photo(held.to_float())
            away = _distance(_look(subject, held).clip(0, 1), _look(subject, floats).clip(0, 1))
            require(
                away <= NEAR,
                f"A photo of {np.dtype(dtype)} with {channels} channels and the same picture in "
                f"floats give results {away:.3f} apart. Compute with `photo.to_float()`, return "
                "with `photo.with_float(values)`, and never look at `photo.pixels`.",
            )


def linear_light_agrees(subject: Subject) -> None:
    """A picture in linear light gives what the same picture gives as it is seen."""
    encoded = sample(dtype=np.float32)
    linear = encoded.converted(transfer="linear", premultiplied=False)
    away = _distance(_look(subject, encoded), _look(subject, linear))
    require(
        away <= NEAR,
        f"In linear light the result is {away:.3f} away. `photo.to_float()` gives values as they "
        "are seen; `photo.pixels` may be anything.",
    )


def alpha_and_metadata_stay(subject: Subject) -> None:
    """Alpha and metadata come through, and what is hidden neither shows nor changes."""
    photo = layered()
    done = subject.run(photo).photo
    require(done.alpha is not None, "The result of a photo with alpha has none.")
    for name in ("exif", "icc", "dpi"):
        same = getattr(done.metadata, name) == getattr(photo.metadata, name)
        require(same, f"The metadata lost their {name}.")
    if subject.action.scale:
        return
    assert done.alpha is not None
    assert photo.alpha is not None
    require(
        np.array_equal(done.alpha, photo.alpha),
        "Alpha changed. Return `photo.with_float(values)` and leave alpha to the host.",
    )
    clear = photo.alpha == 0
    require(
        np.array_equal(done.pixels[clear], photo.pixels[clear]),
        "Colours that alpha hides were changed.",
    )
    other = subject.run(layered(hidden=255)).photo
    require(
        np.array_equal(done.pixels[~clear], other.pixels[~clear]),
        "Colours that alpha hides show in the result.",
    )


def any_size(subject: Subject) -> None:
    """The smallest and the oddest sizes give a result of the promised size, or a refusal."""
    for size in ((1, 1), (1, 9), (9, 1), (2, 2), (33, 17)):
        try:
            subject.run_or_refuse(sample(size))
        except Unmet as fault:
            raise Unmet(f"With {size[0]} × {size[1]} pixels: {fault}") from fault


def strength_blends(subject: Subject) -> None:
    """Strength 0 is the photo, 1 the result, and ½ lies half way between."""
    photo = sample(dtype=np.float32)
    none, half, full = (subject.run(photo, strength=part).photo for part in (0, 0.5, 1))
    before = values_of_size(photo, full.size)
    require(np.array_equal(none.to_float(), before), "Strength 0 changes the photo.")
    away = float(np.abs(half.to_float() - (before + full.to_float()) / 2).max())
    require(
        away < 1e-4,
        f"Strength ½ is {away:.3f} away from half way. Leave `strength` to the host, which blends "
        "the result with the photo.",
    )


def same_parameters_same_pixels(subject: Subject) -> None:
    """The same parameters give the same pixels; where samples are drawn, another seed others."""
    photo = sample()
    drawn: dict[str, Any] = {"seed": 1, "steps": 2} if draws_samples(subject.action) else {}
    state = np.random.get_state()  # noqa: NPY002 - that of everybody else
    try:
        np.random.seed(1)  # noqa: NPY002
        first = subject.run(photo, **drawn).photo.pixels
        np.random.seed(2)  # noqa: NPY002
        second = subject.run(photo, **drawn).photo.pixels
    finally:
        np.random.set_state(state)  # noqa: NPY002
    require(
        np.array_equal(first, second),
        "Two runs with the same parameters differ. Draw from `np.random.default_rng(seed)`, with a "
        "seed that is a parameter, and from nothing global.",
    )
    if drawn and not np.array_equal(first, photo.pixels):
        other = subject.run(photo, **(drawn | {"seed": 2})).photo.pixels
        require(
            not np.array_equal(first, other),
            "Another seed gives the same pixels. Use it, or derive the parameters from "
            "`Parameters`, which has none.",
        )


def photo_is_not_written_to(subject: Subject) -> None:
    """The photo is the same afterwards."""
    photo = sample(dtype=np.float32)
    before = photo.pixels.copy()
    subject.run(photo)
    require(
        np.array_equal(photo.pixels, before),
        "The photo was written to. It is the person's: `photo.to_float()` returns a copy.",
    )


def extremes_are_survived(subject: Subject) -> None:
    """Black, white, flat and out-of-range photos give finite values, or a refusal."""
    for name, photo in extremes().items():
        try:
            with np.errstate(all="ignore"):
                subject.run_or_refuse(photo)
        except Unmet as fault:
            raise Unmet(f"With {name}: {fault}") from fault


def report_is_plain(subject: Subject) -> None:
    """The report can be sent to an editor, and its notes are sentences for a person."""
    report = subject.run(sample()).report
    try:
        json.dumps(report.as_dict(), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise Unmet(
            f"The report is not plain JSON: {error}. Put `float(…)` and `str(…)` around what "
            "`found` and `checks` hold."
        ) from error
    for note in report.notes:
        require(is_sentence(note), f"A note is no sentence for a person: {note!r}.")


def _look(subject: Subject, photo: Photo) -> Pixels:
    return subject.run(photo).photo.to_float()


def _distance(a: Pixels, b: Pixels) -> float:
    return float(np.sqrt(np.square(a - b).mean()))
