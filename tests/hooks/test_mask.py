"""Whatever a mask is painted with, the same pixels are marked."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from restore.hooks import MaskParameters, as_mask
from restore.photo import Photo

MARKED = np.array([[True, False, False], [False, True, True]])


def _pillow(mode: str) -> Image.Image:
    return Image.fromarray(MARKED.astype(np.uint8) * 255).convert(mode)


@pytest.mark.parametrize(
    "painted",
    [
        MARKED,
        MARKED.astype(np.uint8),
        MARKED.astype(np.int64),
        np.where(MARKED, 128, 127).astype(np.uint8),
        np.where(MARKED, 32768, 32767).astype(np.uint16),
        np.where(MARKED, 32768, 32767).astype(">u2"),
        np.where(MARKED, 0.5, 0.49),
        np.where(MARKED, 2.0, -1.0).astype(np.float16),
        *(_pillow(mode) for mode in ("1", "L", "P", "LA", "RGB", "RGBA", "I;16")),
        Photo(MARKED[:, :, None].astype(np.uint8) * 255),
        Photo(np.full((2, 3, 3), 200, np.uint8), np.where(MARKED, 255, 0).astype(np.uint8)),
        Photo(np.where(MARKED[:, :, None], [0.0, 0.9, 0.9], [0.0, 0.9, 0.1]).astype(np.float32)),
    ],
    ids=lambda value: getattr(value, "mode", None) or str(getattr(value, "dtype", "photo")),
)
def test_half_of_the_range_marks(painted: Any) -> None:
    if getattr(painted, "mode", "") == "I;16":
        painted = Image.fromarray(np.where(MARKED, 65535, 0).astype(np.uint16))
    np.testing.assert_array_equal(as_mask(painted), MARKED)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (MARKED[:, :, None], "(2, 3, 1)"),
        (np.zeros((0, 3)), "(0, 3)"),
        ("mask.png", "not a str"),
        (np.array([[np.nan]]), "finite"),
        (np.array([[300]]), "int64"),
        (np.array([["x"]]), "<U1"),
    ],
)
def test_what_is_no_mask_is_refused(value: Any, text: str) -> None:
    with pytest.raises(ValidationError, match="mask") as error:
        MaskParameters(mask=value)
    assert text in str(error.value)


def test_a_mask_is_a_copy() -> None:
    painted = MARKED.copy()
    mask = MaskParameters(mask=painted).mask
    painted[:] = True
    np.testing.assert_array_equal(mask, MARKED)


def test_a_mask_is_described_and_reported_without_its_pixels() -> None:
    schema = MaskParameters.model_json_schema()["properties"]["mask"]
    assert (schema["type"], schema["format"]) == ("string", "mask")
    dumped = MaskParameters(mask=MARKED).model_dump(mode="json")
    assert json.loads(json.dumps(dumped))["mask"] == "3 of 6 pixels"


def test_a_bilevel_picture_becomes_truths_that_count_as_one() -> None:
    stored = as_mask(Image.new("1", (5, 3), 1))

    assert stored.view(np.uint8).max() == 1
