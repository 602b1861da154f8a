"""Filling by PatchMatch (Barnes et al. 2009), from the package `PyPatchMatch`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from benchmarks.peers.peer import Peer, UnavailableError
from restore.evaluation.degrade import Case, Setting
from restore.evaluation.peers import Method, to_bytes
from restore.photo import Pixels

__all__ = ["PEERS"]

PATCH_RADIUS = 3
"""As in the package's own examples."""


def load() -> Method:
    """Return PatchMatch.

    Raises:
        UnavailableError: Its library was not made for this system.
    """
    patchmatch: Any = import_module("patchmatch.patch_match")
    if not patchmatch.patchmatch_available:
        raise UnavailableError("its library cannot be loaded here")

    def run(case: Case, setting: Setting) -> Pixels:
        patchmatch.set_random_seed(0)
        mask = np.asarray(case.mask, np.uint8) * 255
        return np.asarray(patchmatch.inpaint(to_bytes(case), mask, patch_size=PATCH_RADIUS)) / 255

    return run


PEERS = (
    Peer("PatchMatch", ("PyPatchMatch",), "MIT", lambda setting: setting.task == "inpaint", load),
)
