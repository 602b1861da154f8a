"""Filling marked pixels window by window, which leaves every other pixel as it is."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from restore.hooks.report import Check
from restore.photo import Photo, Pixels

if TYPE_CHECKING:
    from restore.diffusion import Array, Denoiser
    from restore.tasks.posterior import Posterior
    from restore.tasks.regions import Window
    from restore.tasks.walk import Walk

__all__ = ["Filling", "error_of_filling", "percent"]

_FILL_ERROR = 0.03
"""Standard deviation told to the prior of a smooth filling of thin damage, [-1, 1] units."""
_DOUBT = 0.03
"""What is added to it for a sampler per pixel from the rim: what a hole holds may be anything."""


@dataclass(frozen=True, eq=False)
class Filling:
    """A photo whose marked pixels are to be filled from what surrounds them.

    A smooth filling is refined by the prior in one step: best for scratches, dust and creases.
    More steps draw texture over it, the more freely the further from the rim.

    Attributes:
        photo: The photo.
        mask: What to fill, (H, W) bool; neither nothing nor everything.
        windows: Each with its context, from `regions.windows_around(mask)`.
        prior: The model; it is called `steps` times a window.
        on_window: Told after each window how many are done, of how many.
    """

    photo: Photo
    mask: Pixels
    windows: list[tuple[Window, Window]]
    prior: Denoiser
    on_window: Callable[[int, int], None] = lambda done, windows: None

    def values(self, steps: int, seed: int, walk: Walk | None = None) -> Pixels:
        """Return the photo with its marked pixels filled, (H, W, C) float32 in [0, 1].

        Args:
            steps: Calls of the prior for a window.
            seed: Of what more than one step draws.
            walk: By which they are taken, if not by the usual one.
        """

        def draw(posterior: Posterior) -> Array:
            if walk is None:
                return posterior.estimate(steps, seed)
            return posterior.draw(steps, seed, walk)

        values, todo, waiting = self.photo.to_float(), self.mask.copy(), deque(self.windows)
        while waiting:
            window, context = waiting.popleft()
            if todo[context].all():  # its neighbours must be filled first
                waiting.append((window, context))
                continue
            filled = _fill_window(values[context], todo[context], self.prior, steps, context, draw)
            within = tuple(
                slice(inner.start - outer.start, inner.stop - outer.start)
                for inner, outer in zip(window, context, strict=True)
            )
            marked = todo[window]
            values[window][marked] = filled[within][marked]
            todo[window] = False
            self.on_window(len(self.windows) - len(waiting), len(self.windows))
        return values

    def filled(self, steps: int, seed: int) -> Photo:
        """Return the photo with its marked pixels filled and all others bit for bit."""
        filled = self.photo.with_float(self.values(steps, seed)).pixels
        return replace(
            self.photo, pixels=np.where(self.mask[:, :, None], filled, self.photo.pixels)
        )

    def check(self, filled: Photo) -> Check:
        """Count the values outside the mask that differ from the photo's."""
        changed = filled.pixels != self.photo.pixels
        outside = int(np.count_nonzero(changed) - np.count_nonzero(changed[self.mask]))
        return Check("values changed outside the mask", outside == 0, float(outside), 0.0)


def percent(share: float) -> str:
    """Return a share of a photo in words, such as "2.5 %"."""
    return f"{100 * share:.2g} %" if share >= 0.001 else "less than 0.1 %"


def error_of_filling(marked: Pixels, steps: int) -> Pixels:
    """Return what the prior is told of a smooth filling's error, (H, W) in [-1, 1] units."""
    from scipy.ndimage import distance_transform_edt

    error = np.where(marked, np.float32(_FILL_ERROR), np.float32(0))
    if steps > 1:
        error = np.maximum(error, _DOUBT * distance_transform_edt(marked)).astype(np.float32)
    return error


def _fill_window(
    image: Pixels,
    marked: Pixels,
    prior: Denoiser,
    steps: int,
    window: Window,
    draw: Callable[[Posterior], Array],
) -> Pixels:
    """Return a window of the photo with its marked pixels filled."""
    from restore.diffusion import Observation
    from restore.tasks.fill import smooth_fill
    from restore.tasks.posterior import Posterior, in_range, seen_by_prior, to_photo

    inside, beyond = in_range(smooth_fill(image, marked), 0.0)
    y = Observation(seen_by_prior(inside), error_of_filling(marked, steps)[None, None])
    posterior = Posterior(prior, y, origin=(window[0].start, window[1].start))
    filled: Pixels = to_photo(draw(posterior), image.shape[2]) + beyond
    return filled
