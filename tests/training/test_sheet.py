"""The sheet shows every picture at its own pixels, each in its place."""

import numpy as np
import pytest
import torch

from restore.training.sheet import draw_sheet


def place(sheet, picture):
    """Return where the pixels of a picture (3, H, W) stand in a sheet: (top, left) of each."""
    pixels = np.rint((np.clip(picture, -1, 1) + 1) * 127.5).astype(np.uint8).transpose(1, 2, 0)
    windows = np.lib.stride_tricks.sliding_window_view(np.asarray(sheet), pixels.shape)[:, :, 0]
    return np.argwhere((windows == pixels).all(axis=(2, 3, 4))).tolist()


def test_pictures_stand_in_rows_and_columns_at_their_own_pixels():
    random = np.random.default_rng(0)
    a, b, c = (random.uniform(-1.2, 1.2, (3, 10, side)).astype(np.float32) for side in (12, 90, 8))
    rows = [("noise", [a, torch.from_numpy(b)]), ("a long caption", [None, c])]
    sheet = draw_sheet(rows, ["input", "result"])
    [[[top_a, left_a]], [[top_b, left_b]], [[top_c, left_c]]] = (place(sheet, p) for p in (a, b, c))
    assert top_a == top_b
    assert top_c >= top_a + 10
    assert left_b == left_c
    assert left_b >= left_a + 12
    assert sheet.width >= left_b + 90


def test_captions_are_drawn_and_do_not_cover_pictures():
    black = np.full((3, 4, 4), -1.0)
    bare, named = (draw_sheet([(text, [black])], [text]) for text in ("", "JPEG quality 10"))
    assert (np.asarray(bare).max(axis=(0, 1)) == 32).all()
    assert np.asarray(named).max() > 200
    assert place(named, black)


def test_gray_is_shown_in_all_channels():
    gray = np.linspace(-1, 1, 30, dtype=np.float32).reshape(1, 5, 6)
    assert place(draw_sheet([("", [torch.from_numpy(gray)])], [""]), gray.repeat(3, axis=0))


def test_an_empty_sheet_is_still_a_picture():
    assert min(draw_sheet([], ["input", "result"]).size) > 0
    assert min(draw_sheet([("noise", [])], []).size) > 0


@pytest.mark.parametrize(
    ("pictures", "what"),
    [
        ([np.zeros((3, 4, 4))] * 2, "more pictures"),
        ([np.zeros((4, 4, 3))], "not"),
        ([np.full((3, 4, 4), np.nan)], "finite"),
    ],
)
def test_what_cannot_be_shown_is_refused(pictures, what):
    with pytest.raises(ValueError, match=what):
        draw_sheet([("", pictures)], ["input"])
