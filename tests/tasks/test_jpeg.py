"""JPEG quality, against files that Pillow's libjpeg wrote."""

import io

import numpy as np
import pytest
from PIL import Image

from restore.tasks.jpeg import estimate_quality, jpeg_of, quality_of_table, scaled_table
from tests.tasks.conftest import as_jpeg, to_bytes, with_noise


def tables_of(quality):
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG", quality=quality)
    return tuple(Image.open(file).quantization[0])


@pytest.mark.parametrize("quality", range(1, 101))
def test_tables_are_those_of_libjpeg(quality):
    assert tuple(scaled_table(quality).ravel()) == tables_of(quality)


def test_every_table_gives_its_quality_back():
    for quality in range(1, 101):
        found = quality_of_table(tables_of(quality))
        assert tables_of(found) == tables_of(quality)


def test_a_table_of_another_encoder_gets_the_nearest_quality():
    other = np.maximum(1, np.array(tables_of(80)) + np.tile([1, -1], 32))

    assert quality_of_table(tuple(other)) == pytest.approx(80, abs=4)


@pytest.mark.parametrize("quality", [10, 25, 50, 75, 90, 95])
@pytest.mark.parametrize("crop", [(0, 0), (3, 5)])
def test_pixels_tell_the_quality_even_when_cropped(photographs, quality, crop):
    for image in photographs.values():
        pixels = as_jpeg(image[:240, :320], quality).to_float()[crop[0] :, crop[1] :]
        assert estimate_quality(pixels) == pytest.approx(quality, abs=3)


def test_photos_that_never_were_a_jpeg_show_no_trace(photographs):
    from skimage.transform import resize

    for image in photographs.values():
        reduced = resize(image[:300, :400], (180, 240), anti_aliasing=True)
        assert estimate_quality(to_bytes(reduced) / np.float32(255)) == 0
        assert estimate_quality(with_noise(reduced, 0.05)) == 0


def test_the_file_counts_unless_pixels_show_a_worse_past(photographs):
    image = photographs["coffee"]
    once = as_jpeg(image, 60)
    again = as_jpeg(as_jpeg(image, 30).to_float(), 92)

    assert jpeg_of(once.source, once.to_float()).quality == 60
    assert jpeg_of(once.source, once.to_float()).source == "file"
    assert jpeg_of(again.source, again.to_float()).quality == pytest.approx(30, abs=3)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 5000, 3), (15, 15, 1), (40, 40, 3)])
def test_flat_and_tiny_pictures_show_no_trace(shape):
    assert estimate_quality(np.full(shape, 0.4, np.float32)) == 0
