"""The toolkit in one line each: `restore.denoise(photo)` and the like."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from restore.errors import ParameterError
from restore.hooks import Result
from restore.hooks.action import OF_RUN
from restore.hooks.manager import Plugins
from restore.hooks.run import run_action
from restore.photo import Photo, Pixels
from restore.photo import read as read_photo

if TYPE_CHECKING:
    from PIL.Image import Image

    from restore.engine import Engine
    from restore.tasks.context import Progress

__all__ = ["clean", "deblur", "denoise", "inpaint", "read", "run", "upscale", "vary"]

Picture = TypeVar("Picture", Photo, "Image", Pixels)
"""A photo, a Pillow image, or an array (H, W) or (H, W, C) of uint8, uint16 or floats."""


def read(path: str | Path, *, plugins: Plugins | None = None, **options: Any) -> Photo:
    """Read a photo, upright, at its own bit depth, in a format of the toolkit or of a plugin.

    Args:
        path: The file.
        plugins: By default those that are installed, loaded once.
        **options: Those of `restore.photo.read`, such as `page` and `max_pixels`.

    Raises:
        RestoreError: See `restore.photo.read`.
    """
    return read_photo(path, formats=(plugins or _plugins()).formats(), **options)


def denoise(photo: Picture, noise: float | str = "auto", **parameters: Any) -> Picture:
    """Remove noise.

    Args:
        photo: A `Photo`, a Pillow image or an array; the same kind comes back. Integers span their
            range; floats are nominally in [0, 1] and are not clipped.
        noise: "auto", or the standard deviation of the noise in [0, 1] units.
        **parameters: Others of the action, such as `steps`, `seed` and `strength`; and those of
            `run`.

    Raises:
        RestoreError: See `run`.
    """
    return _restored("denoise", photo, {"noise": noise, **parameters})


def clean(photo: Picture, **parameters: Any) -> Picture:
    """Remove noise and what JPEG compression left; with `defects=True` scratches and dust as well.

    Other arguments and errors are those of `denoise`.
    """
    return _restored("clean", photo, parameters)


def upscale(photo: Picture, scale: int = 4, **parameters: Any) -> Picture:
    """Enlarge width and height by `scale`. Other arguments and errors are those of `denoise`."""
    return _restored("upscale", photo, {"scale": scale, **parameters})


def inpaint(photo: Picture, mask: Any, **parameters: Any) -> Picture:
    """Fill in what a mask marks; every other pixel comes back bit for bit.

    Args:
        photo: As for `denoise`.
        mask: (H, W), an array, a Pillow image or a `Photo`: True, or at least half of the range,
            where to fill.
        **parameters: As for `denoise`.

    Raises:
        RestoreError: See `run`.
    """
    return _restored("inpaint", photo, {"mask": mask, **parameters})


def deblur(photo: Picture, **parameters: Any) -> Picture:
    """Sharpen a photo whose blur is known.

    Args:
        photo: As for `denoise`.
        **parameters: `shape`, `size` and `angle`, or `kernel`; others as for `denoise`.

    Raises:
        RestoreError: See `run`.
    """
    return _restored("deblur", photo, parameters)


def vary(name: str, photo: Picture, count: int = 4, **parameters: Any) -> list[Picture]:
    """Return several results of an action to choose from, all of them plausible.

    They are samples of what the photo may have been. Each is what `run` returns with its own seed,
    the one that was given (0 by default), the next one and so on, and with at least two steps.

    Args:
        name: Name of the action.
        photo: As for `denoise`.
        count: How many.
        **parameters: As for `run`.

    Raises:
        ParameterError: The action draws no samples, or fewer than one was asked for.
        RestoreError: See `run`.
    """
    from restore.hooks.variants import variant

    if count < 1:
        raise ParameterError(f"{count} variants are none.", "Ask for 1 or more.")
    action = (parameters.get("plugins") or _plugins()).action(name)
    hosts = {key: parameters[key] for key in OF_RUN if key in parameters}
    own = {key: value for key, value in parameters.items() if key not in hosts}
    return [
        _restored(name, photo, variant(action, own, number) | hosts)
        for number in range(1, count + 1)
    ]


def run(
    name: str,
    photo: Photo | Image | Pixels,
    /,
    *,
    engine: Engine | None = None,
    plugins: Plugins | None = None,
    progress: Progress | None = None,
    provenance: bool = True,
    **parameters: Any,
) -> Result:
    """Run an action, built in or of a plugin, and return the photo with a report.

    Args:
        name: Name of the action.
        photo: A `Photo`, a Pillow image or an array.
        engine: Where models run; by default one for the whole program, on the best device.
        plugins: By default those that are installed, loaded once.
        progress: Is told the fraction done and a text; returning False stops the action.
        provenance: Whether the result's XMP tells what was done: action, parameters, model and its
            hash, version and date. An unchanged photo tells nothing.
        **parameters: Of the action, by name.

    Raises:
        ParameterError: No such action, or a parameter that it does not take.
        PhotoError: What was passed is no photo, or holds NaN or infinity.
        RestoreError: Whatever the action raises.
    """
    from restore.tasks.context import EngineContext

    action = (plugins or _plugins()).action(name)
    given = _photo(photo)
    context = EngineContext(engine or _engine(), progress)
    return run_action(action, given, parameters, context, provenance=provenance)


@cache
def _plugins() -> Plugins:
    return Plugins.load()


@cache
def _engine() -> Engine:
    from restore.engine import Engine

    return Engine(folders=_plugins().models())


def _photo(picture: Any) -> Photo:
    if isinstance(picture, Photo):
        return picture
    if isinstance(picture, np.ndarray):
        return Photo.from_array(picture)
    if _is_pillow(picture):
        return Photo.from_pil(picture)
    hint = "Pass a Photo, a Pillow image or a numpy array."
    if isinstance(picture, str | Path):
        hint = f"Read it first: restore.read({str(picture)!r})."
    raise ParameterError(f"A {type(picture).__name__} is no photo.", hint)


def _restored(name: str, picture: Picture, parameters: dict[str, Any]) -> Picture:
    restored: Picture = _like(picture, run(name, picture, **parameters))
    return restored


def _like(picture: Any, result: Result) -> Any:
    """Return the result as what came in; a float64 that did not change keeps all its digits."""
    if isinstance(picture, Photo):
        return result.photo
    if not isinstance(picture, np.ndarray):
        return result.photo.to_pil()
    array = result.photo.to_array(picture)
    if array.shape == picture.shape and array.dtype.itemsize > 4:
        np.copyto(array, picture, where=array == picture.astype(np.float32))
    return array


def _is_pillow(picture: Any) -> bool:
    pillow = sys.modules.get("PIL.Image")
    return pillow is not None and isinstance(picture, pillow.Image)
