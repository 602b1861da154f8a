"""BM3D for colour, by its authors (Mäkinen, Azzari and Foi 2020; Dabov et al. 2007)."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from benchmarks.peers.peer import Peer
from restore.evaluation.degrade import Case, Setting
from restore.evaluation.peers import Method, noise_level
from restore.photo import Pixels

__all__ = ["PEERS"]


def load() -> Method:
    """Return BM3D with the profile that its authors take by default."""
    bm3d: Any = import_module("bm3d")

    def run(case: Case, setting: Setting) -> Pixels:
        return np.asarray(bm3d.bm3d_rgb(case.photo.to_float(), noise_level(case, setting)))

    return run


PEERS = (
    Peer(
        "BM3D",
        ("bm3d",),
        "non-commercial only",
        lambda setting: setting.task in ("denoise", "camera"),
        load,
    ),
)
