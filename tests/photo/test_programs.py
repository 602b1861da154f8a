"""Files written by other programs hold for us what they hold for the program itself."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest
import tifffile

from restore.hooks.run import run_action
from restore.photo import FORMATS, read, suffixes, write
from restore.photo.depth import peak
from restore.photo.formats.registry import by_suffix
from tests.photo.conftest import picture
from tests.photo.programs import PROGRAMS, CannotError, Program
from tests.plugins.identity import IDENTITY

CASES = [
    pytest.param(program, way, id=" ".join((program.name, *way)))
    for program in PROGRAMS
    for way in (*program.ways, *((known.suffixes[0],) for known in FORMATS if known.decode))
]
SAMPLES = [(np.uint8, 1), (np.uint8, 3), (np.uint8, 4), (np.uint16, 1), (np.uint16, 3)]

APART = {
    ("FFmpeg", "AVIF"): "leaves gray in the range of video, shifts 10 bits to 16",
    ("FFmpeg", "BMP"): "rounds the grays of a palette",
    ("FFmpeg", "WEBP"): "enlarges colours stored at half size in its own way",
}
"""Programs that do not decode exactly as the format's own library does, and why."""


@pytest.mark.parametrize(("dtype", "channels"), SAMPLES)
@pytest.mark.parametrize(("program", "way"), CASES)
def test_a_file_of_another_program(tmp_path, program: Program, way, dtype, channels):
    if not program.command:
        pytest.skip(f"{program.name} is not installed")
    suffix, *options = way
    source, file = tmp_path / "source.tif", tmp_path / f"file{suffix}"
    kind = {1: "minisblack", 3: "rgb", 4: "rgb"}[channels]
    extra = {"extrasamples": ["unassalpha"]} if channels == 4 else {}
    array = picture(37, 52, channels, dtype)
    tifffile.imwrite(source, array.squeeze(), photometric=kind, metadata=None, **extra)
    if suffix == ".pfm" and program.name != "ImageMagick":
        pytest.skip(f"{program.name} writes a PFM's rows from the top, against its specification")
    try:
        program.write(source, file, options)
    except CannotError as error:
        pytest.skip(f"{program.name} cannot write this: {error}")

    photo = read(file)
    if by_suffix(suffix).name != photo.source.format:
        pytest.skip(f"{program.name} wrote {photo.source.format} instead")
    stored = photo.to_array()
    if photo.source.format == "JPEG" and "-orient" not in options:
        expected = imagecodecs.jpeg8_decode(file.read_bytes())
    else:
        try:
            expected = program.decode(file, stored)
        except CannotError as error:
            pytest.skip(f"{program.name} cannot decode its own file: {error}")
    found = photo.source.format
    exact = photo.source.lossless or found in ("JPEG", "WEBP")
    if exact and (program.name, found) not in APART:
        np.testing.assert_array_equal(stored, expected)
    else:
        difference = np.abs(stored.astype(float) - expected).mean()
        assert difference < 0.03 * peak(stored.dtype)

    done = run_action(IDENTITY, photo, {}, None).photo
    if suffix not in suffixes(written=True):
        return
    again = read(write(done, tmp_path / f"again{suffix}"))
    if again.source.lossless:
        np.testing.assert_array_equal(
            again.pixels, np.broadcast_to(photo.pixels, again.pixels.shape)
        )
