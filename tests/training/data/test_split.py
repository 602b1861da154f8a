"""The held-out split is fixed by names alone."""

from __future__ import annotations

import zipfile

from hypothesis import given
from hypothesis import strategies as st

from restore.training.data.cache import build_cache
from restore.training.data.pictures import is_held_out
from tests.training.data.pictures import noise, save


def crc32(data: bytes) -> int:
    """CRC-32 of ISO 3309, bit by bit."""
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xEDB88320 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


@given(st.text())
def test_one_name_in_forty_is_held_out_by_its_crc(name):
    assert is_held_out(name) == (crc32(name.encode()) % 40 == 0)


def test_names_that_were_held_out_before_still_are():
    held_out = [f"{i:03}.png" for i in range(200) if is_held_out(f"{i:03}.png")]
    assert held_out == [f"{i:03}.png" for i in (5, 6, 73, 74, 75, 77, 95, 118, 119, 168)]


def test_pictures_of_one_name_are_on_one_side(tmp_path):
    file = save(tmp_path / "photos" / "005.png", noise(4, 4))
    save(tmp_path / "photos" / "below" / "005.png", noise(4, 5))
    save(tmp_path / "photos" / "below" / "001.png", noise(4, 6))
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.write(file, "005.png")
        archive.write(file, "folder/005.png")
        archive.write(file, "folder/001.png")

    cache = build_cache([tmp_path / "photos", tmp_path / "x.zip"], tmp_path / "cache")

    assert cache.split(held_out=True).names == ("005.png",) * 4
    assert cache.split(held_out=False).names == ("001.png",) * 2
