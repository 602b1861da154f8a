"""The identity over every format, depth, channel, profile and orientation: nothing changes."""

from __future__ import annotations

from dataclasses import replace

import imagecodecs
import numpy as np
import pytest

from restore.errors import WriteError
from restore.hooks.registration import collect
from restore.hooks.run import run_action
from restore.photo import FORMATS, Format, Metadata, Photo, read, write
from restore.photo.orientation import turn
from tests.fuzz.anatomy import mend
from tests.photo.comparing import same
from tests.photo.conftest import exif_block, picture, profile
from tests.plugins import identity

(IDENTITY,) = collect("identity", identity, trace=False).actions
UPRIGHT = b"\x12\x01\x03\0\1\0\0\0\1\0"
"""The orientation as it stands in EXIF blocks and TIFF directories: tag, type, count, value."""

TURNS = ("JPEG", "PNG", "TIFF", "WEBP")
"""Formats in which EXIF tells the orientation; in others the container does, in its own way."""

CASES = [
    pytest.param(target, dtype, channels, id=f"{target.name}-{np.dtype(dtype)}-{channels}")
    for target in FORMATS
    if target.encode
    for dtype in target.types
    for channels in ((1, 2, 3, 4) if target.alpha else (1, 3))
]


def stored(channels: int, dtype: type, icc: bytes | None) -> Photo:
    """Return a photo with colours where it is transparent, and values at both ends."""
    array = picture(11, 17, channels, dtype)
    top = 1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    array[0, :2], array[0, 2:4] = 0, top
    if channels in (2, 4):
        array[3:6, :, -1], array[6:9, :, -1] = 0, top
    photo = Photo.from_array(array)
    return replace(photo, metadata=Metadata(icc=icc, exif=exif_block(1)))


def turned(data: bytes, orientation: int) -> bytes:
    """Return a file that says its picture lies on its side."""
    at = data.rindex(UPRIGHT) + len(UPRIGHT) - 2
    return mend(data[:at] + bytes([orientation]) + data[at + 1 :])


@pytest.mark.parametrize("strength", [1.0, 0.0])
@pytest.mark.parametrize("with_profile", [False, True], ids=["untagged", "profile"])
@pytest.mark.parametrize(("target", "dtype", "channels"), CASES)
def test_the_identity_changes_nothing(
    tmp_path, target: Format, dtype, channels, with_profile, strength
):
    whole = stored(channels, dtype, profile(channels) if with_profile else None)
    try:
        file = write(whole, tmp_path / f"in{target.suffixes[0]}")
    except WriteError as error:
        assert with_profile, "only a profile may be more than a format can hold"
        pytest.skip(error.message)
    upright = read(file)
    if target.name == "JPEG":
        decoded = imagecodecs.jpeg8_decode(file.read_bytes())
        np.testing.assert_array_equal(upright.pixels.squeeze(), decoded.squeeze())
    if not target.lossy:
        assert upright.source.lossless
    if upright.source.lossless:
        same(upright, whole)
    assert upright.metadata.icc in (None, whole.metadata.icc)
    data = file.read_bytes()
    for orientation in range(1, 9) if target.name in TURNS else (1,):
        file.write_bytes(turned(data, orientation) if orientation > 1 else data)
        photo = read(file)
        np.testing.assert_array_equal(photo.to_array(), turn(upright.to_array(), orientation))
        done = run_action(IDENTITY, photo, {"strength": strength}, None).photo
        same(done, photo)
        again = read(write(done, tmp_path / f"out{target.suffixes[0]}", overwrite=True))
        assert again.metadata.icc == upright.metadata.icc
        assert again.source.lossless == upright.source.lossless
        if again.source.lossless:
            same(again, photo)
        else:
            assert again.pixels.shape == photo.pixels.shape
            difference = again.to_float() - photo.to_float()
            assert np.sqrt(np.mean(difference**2)) < 0.02


@pytest.mark.parametrize(("target", "dtype", "channels"), CASES)
def test_no_format_changes_what_another_holds(tmp_path, target: Format, dtype, channels):
    """A photo read from one format and written to each other one that is as deep is the same."""
    photo = read(write(stored(channels, dtype, None), tmp_path / f"in{target.suffixes[0]}"))
    for other in FORMATS:
        alpha = photo.alpha is None or other.alpha
        if other.encode and not other.lossy and dtype in other.types and alpha:
            same(read(write(photo, tmp_path / f"out{other.suffixes[0]}", overwrite=True)), photo)
