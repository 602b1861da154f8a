"""What masks mean: True is what the action may change, and what it found."""

from __future__ import annotations

from typing import Any

import numpy as np

from restore.testing.photos import SIZE, sample, scratched, spots
from restore.testing.subject import Subject, require

__all__ = ["mask_that_is_found", "outside_the_mask_nothing_changes", "whole_and_empty_masks"]


def outside_the_mask_nothing_changes(subject: Subject) -> None:
    """A pixel that the mask does not mark comes back bit for bit, at every depth."""
    mask = spots()
    for dtype in (np.uint8, np.uint16, np.float32):
        photo = sample(dtype=dtype)
        done = subject.run(photo, mask=mask).photo
        changed = int((done.pixels != photo.pixels).any(axis=2)[~mask].sum())
        require(
            changed == 0,
            f"{changed} pixels outside the mask changed in {np.dtype(dtype)}. True marks what to "
            "fill; write nothing but `values[mask]`.",
        )


def whole_and_empty_masks(subject: Subject) -> None:
    """A mask that marks nothing changes nothing; it, and one that marks all, may be refused."""
    photo = sample()
    width, height = SIZE
    done = subject.run_or_refuse(photo, mask=np.zeros((height, width), bool))
    require(
        done is None or np.array_equal(done.photo.pixels, photo.pixels),
        "A mask that marks nothing changed the photo.",
    )
    subject.run_or_refuse(photo, mask=np.ones((height, width), bool))


def mask_that_is_found(subject: Subject) -> None:
    """Asked to look, the action returns a mask with its result; otherwise it returns none."""
    name = subject.action.finds_mask
    default = subject.action.parameters.model_fields[name].default
    if not isinstance(default, bool):
        return

    def found(look: bool) -> Any:
        return subject.run(scratched(), **{name: look}).mask

    require(found(True) is not None, f"With {name}=True the result carries no mask.")
    require(found(False) is None, f"With {name}=False the result carries a mask.")
