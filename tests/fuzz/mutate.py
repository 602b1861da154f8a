"""Making a good file bad, in ways that its container knows."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from random import Random

from restore.photo.formats.registry import of_file
from tests.fuzz.anatomy import anatomy, mend

__all__ = ["mutated"]


def mutated(samples: Sequence[bytes], seed: int, number: int) -> bytes:
    """Return the mutated file of this seed and number: the same bytes each time."""
    rng = Random(f"{seed}:{number}")
    data = _drawn(samples, rng)
    for _ in range(rng.choice((1, 1, 1, 1, 2, 3))):
        change = rng.choice(_CHANGES)
        data = change(data, _drawn(samples, rng), rng) or data
    return mend(data) if rng.random() < 0.75 else data


def _drawn(samples: Sequence[bytes], rng: Random) -> bytes:
    """Return a good file: a kind first, then one of it, so that no kind is forgotten."""
    names = [kind.name if (kind := of_file(sample)) else "" for sample in samples]
    name = rng.choice(sorted(set(names)))
    return rng.choice([data for data, kind in zip(samples, names, strict=True) if kind == name])


def _flip_bits(data: bytes, other: bytes, rng: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        changed[_place(data, rng)] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _overwrite(data: bytes, other: bytes, rng: Random) -> bytes:
    at, length = _place(data, rng), rng.choice((1, 2, 4, 8, 32))
    junk = rng.choice((bytes(length), b"\xff" * length, rng.randbytes(length)))
    return data[:at] + junk + data[at + length :]


def _cut_short(data: bytes, other: bytes, rng: Random) -> bytes:
    return data[: max(1, rng.choice((_place(data, rng), len(data) - rng.randrange(1, 40))))]


def _cut_out(data: bytes, other: bytes, rng: Random) -> bytes:
    at = _place(data, rng)
    return data[:at] + data[at + rng.choice((1, 2, 8, 64, 512)) :]


def _put_in(data: bytes, other: bytes, rng: Random) -> bytes:
    at = _place(data, rng)
    length = rng.choice((1, 2, 8, 64, 5000))
    return data[:at] + rng.choice((bytes(length), rng.randbytes(length), data[at:])) + data[at:]


def _lie(data: bytes, other: bytes, rng: Random) -> bytes:
    """Let a number of the container claim something else."""
    numbers = anatomy(data).numbers
    if not numbers:
        return data
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3))):
        at, form = rng.choice(numbers)
        top = 256 ** struct.calcsize(form) - 1
        (old,) = struct.unpack_from(form, data, at)
        near = (old + 1, old - 1, old * 2, old // 2, old << 8, len(data), len(data) - at)
        far = (0, 1, 2, 3, 7, 16, 255, 1000, 60000, 65535, 2**20, 2**31 - 1, 2**31, top, top - 1)
        lie = rng.choice((rng.choice(near), rng.choice(far), rng.randint(0, top)))
        struct.pack_into(form, changed, at, lie & top)
    return bytes(changed)


def _swap_parts(data: bytes, other: bytes, rng: Random) -> bytes:
    parts = anatomy(data).parts
    if len(parts) < 2:
        return data
    (a, b), (c, d) = sorted(rng.sample(parts, 2))
    if b > c:
        return data
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def _drop_part(data: bytes, other: bytes, rng: Random) -> bytes:
    a, b = _part(data, rng)
    return data[:a] + data[b:]


def _repeat_part(data: bytes, other: bytes, rng: Random) -> bytes:
    a, b = _part(data, rng)
    return data[:b] + data[a:b] * rng.choice((1, 1, 2, 50)) + data[b:]


def _move_part(data: bytes, other: bytes, rng: Random) -> bytes:
    (a, b), (at, _) = _part(data, rng), _part(data, rng)
    part, rest = data[a:b], data[:a] + data[b:]
    return rest[:at] + part + rest[at:]


def _borrow_part(data: bytes, other: bytes, rng: Random) -> bytes:
    """Put a part of another file in, or in place of a part."""
    (a, b), (c, d) = _part(data, rng), _part(other, rng)
    return data[: rng.choice((a, b))] + other[c:d] + data[b:]


def _splice(data: bytes, other: bytes, rng: Random) -> bytes:
    """Let a file end as another one."""
    return data[: _place(data, rng)] + other[_place(other, rng) :]


def _place(data: bytes, rng: Random) -> int:
    """Return a position, often near the beginning, where the headers are."""
    return min(rng.randrange(len(data)), rng.choice((64, 1000, len(data) - 1, len(data) - 1)))


def _part(data: bytes, rng: Random) -> tuple[int, int]:
    a = _place(data, rng)
    return rng.choice(anatomy(data).parts or [(a, a + rng.choice((4, 16, 64)))])


_CHANGES = (
    _flip_bits,
    _overwrite,
    _cut_short,
    _cut_out,
    _put_in,
    _lie,
    _lie,
    _lie,
    _lie,
    _swap_parts,
    _drop_part,
    _repeat_part,
    _move_part,
    _borrow_part,
    _splice,
)
