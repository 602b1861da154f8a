"""Running an action, with what is promised for every action: this file keeps the promises."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from restore.diffusion.denoiser import Denoiser
from restore.errors import ParameterError, PhotoError, PluginError
from restore.hooks.action import Action, Context, Detector, Parameters
from restore.hooks.blend import alpha_of_size, blend, values_of_size
from restore.hooks.isolation import BUILTIN, how_to_switch_off, isolated
from restore.hooks.record import with_record
from restore.hooks.report import Report, Result
from restore.hooks.transparency import hidden, visible
from restore.hooks.validation import validate
from restore.photo import Photo, Pixels
from restore.photo.dither import AGAIN

__all__ = [
    "Lender",
    "broken",
    "carried",
    "check_finite",
    "extent",
    "fault",
    "finished",
    "read_only",
    "run_action",
]


def run_action(
    action: Action,
    photo: Photo,
    parameters: Mapping[str, Any],
    context: Context,
    *,
    provenance: bool = True,
) -> Result:
    """Run an action on a photo.

    The photo is never written to. The result has its type, channels, alpha and metadata, in which
    it is told what was done, and the size that the action's `scale` promises; it is finite and not
    black where the photo was not. `strength` is applied here, at float precision; with 0 the action
    does not even run. What is fully transparent is hidden from the action, and stays as it was; an
    action never sees colours that are multiplied by alpha.

    Args:
        action: What to do.
        photo: To which photo.
        parameters: By name; those left out take their defaults.
        context: What the host lends.
        provenance: Whether the result's metadata tell what was done, if anything was.

    Raises:
        PhotoError: The photo holds NaN or infinity.
        ParameterError: A parameter is unknown or not what it may be.
        ResultError: The result is not finite, black, or far out of range.
        PluginError: The action failed, or returned what it must not.
        RestoreError: Whatever else the action raises on purpose.
    """
    start = time.perf_counter()
    check_finite(photo)
    given = validate(action, parameters)
    _check_mask(given, photo)
    size = _promised_size(action, given, photo)
    lender = Lender(context)
    if given.strength == 0:
        result = _untouched(photo, size)
    else:
        seen = read_only(visible(photo))
        with isolated(action.plugin, fault(action)):
            result = action.run(seen, given, lender)
            _check_result(action, result, seen, size)
        done = carried(result.photo, seen, photo, given.strength)
        result = replace(result, photo=done, sample=_blended(action, result, seen, given.strength))
    seconds = time.perf_counter() - start
    report = finished(action, given, lender, photo, result.report, seconds)
    report = replace(report, megapixels=result.photo.megapixels)
    done = with_record(result.photo, photo, report) if provenance else result.photo
    return replace(result, photo=done, report=report)


def finished(
    action: Action,
    given: Parameters,
    lender: Lender,
    photo: Photo,
    report: Report,
    seconds: float,
) -> Report:
    """Return a report with all that the action need not say itself, but for the size."""
    return replace(
        report,
        action=action.name,
        parameters=given.model_dump(mode="json"),
        **lender.account(),
        notes=tuple(dict.fromkeys((*photo.notes, *report.notes, *lender.notes))),
        seconds=seconds,
    )


@dataclass(frozen=True)
class Lender:
    """The host's context, with a memory of the models that it lent."""

    context: Context
    lent: list[Denoiser | Detector] = field(default_factory=list)

    def prior(self, model: str, calls: int = 1) -> Denoiser:
        """Lend a model, and remember it."""
        prior = self.context.prior(model, calls)
        self.lent.append(prior)
        return prior

    def detector(self, model: str) -> Detector:
        """Lend a detector, and remember it."""
        detector = self.context.detector(model)
        self.lent.append(detector)
        return detector

    def progress(self, fraction: float, text: str = "") -> None:
        """Pass on how much is done."""
        self.context.progress(fraction, text)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the models have to say."""
        return tuple(note for info in self._infos for note in info.notes)

    @property
    def _infos(self) -> list[Any]:
        return [info for model in self.lent if (info := getattr(model, "info", None))]

    def account(self) -> dict[str, Any]:
        """Return what the report should say of the models."""
        infos = self._infos
        if not infos:
            return {}
        return {
            "model": ", ".join(dict.fromkeys(info.model for info in infos)),
            "model_sha256": ", ".join(dict.fromkeys(info.sha256 for info in infos)),
            "backend": ", ".join(dict.fromkeys(info.backend for info in infos)),
            "provider": ", ".join(dict.fromkeys(info.provider for info in infos)),
            "evaluations": sum(info.evaluations for info in infos),
            "gflop": sum(info.gflop for info in infos),
        }


def check_finite(photo: Photo) -> None:
    """Refuse a photo with NaN or infinity."""
    pixels = photo.pixels
    if pixels.dtype.kind == "f" and not np.isfinite([pixels.min(), pixels.max()]).all():
        raise PhotoError("The photo holds values that are not finite (NaN or infinity).")


def _check_mask(given: Parameters, photo: Photo) -> None:
    mask = getattr(given, "mask", None)
    if mask is not None and mask.shape != photo.pixels.shape[:2]:
        raise ParameterError(
            f"The mask has {mask.shape[1]} × {mask.shape[0]} pixels, the photo {_size(photo)}.",
            "Make the mask from the photo, so that both have one size.",
        )


def _promised_size(action: Action, given: Parameters, photo: Photo) -> tuple[int, int]:
    scale = getattr(given, action.scale) if action.scale else 1
    return round(photo.size[0] * scale), round(photo.size[1] * scale)


def fault(action: Action) -> str:
    """Return how a message about a failure begins."""
    of = "" if action.plugin in ("", BUILTIN) else f" of the plugin “{action.plugin}”"
    return f"The action “{action.name}”{of} failed"


def _untouched(photo: Photo, size: tuple[int, int]) -> Result:
    if size == photo.size:
        return Result(photo, Report("", notes=("Strength 0: the photo is as it was.",)))
    note = "Strength 0: the photo was enlarged bicubically and nothing else."
    values = values_of_size(visible(photo), size)
    enlarged = photo.with_float(values, alpha=alpha_of_size(photo, size))
    return Result(enlarged, Report("", notes=(note,)))


def read_only(photo: Photo) -> Photo:
    """Return the photo with arrays that cannot be written to."""

    def view(values: Pixels) -> Pixels:
        values = values.view()
        values.setflags(write=False)
        return values

    alpha = None if photo.alpha is None else view(photo.alpha)
    return replace(photo, pixels=view(photo.pixels), alpha=alpha)


def _check_result(action: Action, result: Any, photo: Photo, size: tuple[int, int]) -> None:
    from restore.engine.checks import check_result

    if not (isinstance(result, Result) and isinstance(result.photo, Photo)):
        raise broken(action, f"it returned a {type(result).__name__}, not a Result with a photo")
    pixels = result.photo.pixels
    if result.photo.size != size:
        raise broken(action, f"it returned {_size(result.photo)}, not {size[0]} × {size[1]}")
    if (pixels.dtype, pixels.shape[2]) != (photo.pixels.dtype, photo.pixels.shape[2]):
        raise broken(
            action,
            f"it returned {pixels.shape[2]} channels of {pixels.dtype}, not "
            f"{photo.pixels.shape[2]} of {photo.pixels.dtype}",
        )
    mask = result.mask
    if mask is not None and (mask.dtype, mask.shape) != (np.bool_, pixels.shape[:2]):
        raise broken(action, f"it returned a mask of {mask.dtype} {mask.shape}")
    check_result(extent(pixels, photo), extent(photo.pixels, photo))


def extent(pixels: Pixels, photo: Photo) -> Pixels:
    """Return the extremes of pixels that are like a photo's, which is all that the checks look at.

    They are in the units of `Photo.to_float`. Floats that are such already are returned whole.
    """
    if pixels.dtype.kind == "f" and photo.transfer == "encoded":
        return pixels
    ends = np.array([pixels.min(), pixels.max()], pixels.dtype)
    return replace(photo, pixels=ends[:, None, None], alpha=None).to_float()


def broken(action: Action, what: str) -> PluginError:
    """Return the error of an action that does what it must not."""
    return PluginError(f"{fault(action)}: {what}.", how_to_switch_off(action.plugin))


def _size(photo: Photo) -> str:
    return f"{photo.size[0]} × {photo.size[1]}"


def carried(done: Photo, seen: Photo, photo: Photo, strength: float) -> Photo:
    """Apply the strength, and carry alpha, metadata, source and what the action did not see.

    Args:
        done: What the action made.
        seen: Of what it made it.
        photo: The photo itself.
        strength: In (0, 1].
    """
    alpha = alpha_of_size(photo, done.size) if done.alpha is None else done.alpha
    made = replace(seen, pixels=done.pixels, alpha=None)
    if strength < 1:
        values = blend(values_of_size(seen, done.size), made.to_float(), strength)
        made = made.with_float(values, pattern=AGAIN)
    straight = replace(photo, pixels=made.pixels, alpha=alpha, premultiplied=False)
    stored = straight.converted(transfer=photo.transfer, premultiplied=photo.premultiplied)
    pixels = stored.pixels
    if photo.alpha is not None and alpha is not None and done.size == photo.size:
        kept = hidden(photo.alpha)[:, :, None]
        if photo.premultiplied:  # else what did not change is what it was anyway
            kept = kept | (made.pixels == seen.pixels)
        kept = kept & (alpha == photo.alpha)[:, :, None]
        if kept.any():
            pixels = np.where(kept, photo.pixels, pixels)
    source = photo.source if _equal(pixels, photo.pixels) else photo.source.restored()
    return replace(stored, pixels=pixels, source=source)


def _equal(a: Pixels, b: Pixels) -> bool:
    """Whether two pictures are equal; where they differ early on, little is read."""
    rows = max(1, (1 << 20) // (a.shape[1] * a.shape[2]))
    return a.shape == b.shape and all(
        np.array_equal(a[top : top + rows], b[top : top + rows]) for top in range(0, len(a), rows)
    )


def _blended(
    action: Action, result: Result, photo: Photo, strength: float
) -> Callable[[int], Pixels] | None:
    """Return the action's posterior samples at this strength."""
    sample = result.sample
    if sample is None:
        return None

    def draw(seed: int) -> Pixels:
        with isolated(action.plugin, fault(action)):
            values = sample(seed)
        if strength == 1:
            return values
        return blend(values_of_size(photo, result.photo.size), values, strength)

    return draw
