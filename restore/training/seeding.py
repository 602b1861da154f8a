"""Which random numbers a step draws: a function of the step, so that nothing else is remembered."""

from __future__ import annotations

import hashlib
import struct

__all__ = ["step_seed"]


def step_seed(seed: int, step: int, rank: int = 0) -> int:
    """Return the seed of a step's generator, 63 bits that are unlike those of other steps."""
    key = struct.pack("<3q", seed, step, rank)
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "little") >> 1
