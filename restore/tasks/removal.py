"""Removing what is wrong with a photo strip by strip: only the network looks further than a pixel.

What it sees of a strip and what becomes of its answer is the same as of the whole photo; so is the
result, bit for bit.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Protocol

from restore.diffusion import Array, Look, StripDenoiser
from restore.errors import PluginError
from restore.hooks.action import Context, PriorParameters
from restore.hooks.report import Report
from restore.photo import Pixels, StripsReader
from restore.tasks.found import Degradations, Found
from restore.tasks.gaussian import WhiteNoise

__all__ = ["Removal", "as_it_is", "removal_of", "removed"]


class Removal(Protocol):
    """How one kind of degradation is removed."""

    @property
    def reach(self) -> int:
        """How many rows further than its own one part of the photo is looked at."""
        ...

    def look(self, image: Pixels) -> Look:
        """Return what the prior is told of a photo, or of rows of it, (H, W, C) in [0, 1]."""
        ...

    def finish(self, x: Array, image: Pixels, rows: slice = slice(None)) -> Pixels:
        """Return the result (h, W, C) in [0, 1].

        Args:
            x: What the prior says of these rows, (1, 3, h, W).
            image: The photo, or a part of it that reaches far enough beyond the rows.
            rows: Which rows of `image` they are.
        """
        ...


def removal_of(found: Found, clipped: bool) -> Removal:
    """Return how the degradations that were found are removed."""
    if (sigma := found.even_noise) is not None:
        return WhiteNoise(sigma, clipped)
    return Degradations(found, clipped)


def removed(
    photo: StripsReader,
    removal: Removal,
    parameters: PriorParameters,
    context: Context,
    report: Report,
) -> Generator[Pixels, None, Report]:
    """Yield a photo without a degradation, in strips, by one call of the prior."""
    prior = context.prior(parameters.model)
    if not isinstance(prior, StripDenoiser):
        raise PluginError(f"The model “{parameters.model}” cannot work on strips.")
    width, height = photo.size

    def seen(rows: slice) -> tuple[Pixels, slice]:
        """Return rows with all that must be seen around them, and where in it they are."""
        top = max(0, rows.start - removal.reach)
        image = photo.read(top, rows.stop + removal.reach).to_float()
        return image, slice(rows.start - top, rows.stop - top)

    def look(rows: slice) -> Look:
        image, own = seen(rows)
        x_t, sigma, y = removal.look(image)
        whole = slice(None)
        return (
            None if x_t is None else x_t[:, :, own],
            sigma,
            None if y is None else y.crop(own, whole),
        )

    for rows, x in prior.in_strips(look, (height, width)):
        image, own = seen(rows)
        yield removal.finish(x, image, own)
    return report


def as_it_is(photo: StripsReader, report: Report) -> Generator[Pixels, None, Report]:
    """Yield a photo as it is."""
    rows: Iterator[Pixels] = (strip.to_float() for strip in photo.all().rows)
    yield from rows
    return report
