"""Crops are what numpy cuts: inside their pictures, turned in all ways, the same for a seed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from restore.errors import ParameterError
from restore.training.data.crops import Crops, Mapped, Place, Resident
from restore.training.data.pictures import Pictures

SHAPES = [(40, 60), (16, 16), (25, 17), (15, 200), (200, 90)]
CROP = 16


def pictures(shapes=SHAPES) -> Pictures:
    """Return pictures whose every pixel says where it is: (row, column, index of the picture).

    Other bytes lie between them, as those of the pictures on the other side of a split.
    """
    parts, offsets, end = [], [], 0
    for i, (height, width) in enumerate(shapes):
        picture = np.empty((height, width, 3), np.uint8)
        picture[..., 0] = np.arange(height)[:, None]
        picture[..., 1] = np.arange(width)
        picture[..., 2] = i
        parts += [np.full(3 * (7 + i), 255, np.uint8), picture.ravel()]
        offsets.append(end + parts[-2].size)
        end = offsets[-1] + picture.size
    pixels = np.concatenate(parts)
    pixels.flags.writeable = False
    names = tuple(f"{i}.png" for i in range(len(shapes)))
    return Pictures(pixels, names, np.array(shapes, np.int64), np.array(offsets, np.int64))


def eight(square: np.ndarray) -> list[np.ndarray]:
    """Return the symmetries of the square, from rotations: in another way than the code's."""
    turned = [np.rot90(square, k) for k in range(4)]
    return turned + [np.fliplr(picture) for picture in turned]


def levels(crops: torch.Tensor) -> np.ndarray:
    """Return crops as (n, crop, crop, 3) in 0 to 255; they hold whole levels only."""
    values = (crops.double() + 1) * 127.5
    assert (values - values.round()).abs().max() < 1e-4
    return values.round().numpy().astype(int).transpose(0, 2, 3, 1)


def found(crop: np.ndarray, source: Pictures) -> tuple[int, int, int, int]:
    """Return picture, row, column and symmetry of a crop, having compared it with numpy's slice."""
    y, x, i = crop.min(axis=(0, 1))
    assert (crop[..., 2] == i).all()
    square = source[i][y : y + len(crop), x : x + len(crop)]
    assert square.shape == crop.shape
    same = [k for k, picture in enumerate(eight(square)) if np.array_equal(picture, crop)]
    assert len(same) == 1
    return int(i), int(y), int(x), same[0]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_random_crops_are_slices_of_their_pictures_in_all_eight_ways():
    source = pictures()
    crops = Crops(source, CROP).draw(2000, generator())
    assert crops.shape == (2000, 3, CROP, CROP)
    assert crops.dtype == torch.float32
    assert crops.is_contiguous()
    places = [found(crop, source) for crop in levels(crops)]

    assert {i for i, *_ in places} == {0, 1, 2, 4}  # 3 is smaller than the crop
    assert {k for *_, k in places} == set(range(8))
    assert {(y, x) for i, y, x, _ in places if i == 2} == {
        (y, x) for y in range(10) for x in range(2)
    }
    assert {(y, x) for i, y, x, _ in places if i == 1} == {(0, 0)}
    counts = np.bincount([k for *_, k in places], minlength=8)
    assert (np.abs(counts - 250) < 5 * np.sqrt(250)).all()


def test_a_picture_is_taken_in_proportion_to_the_root_of_its_area():
    source = pictures()
    drawn = levels(Crops(source, CROP).draw(4000, generator(1)))[:, 0, 0, 2]
    counts = np.bincount(drawn, minlength=5)
    weight = np.sqrt([h * w if min(h, w) >= CROP else 0 for h, w in SHAPES])
    expected = 4000 * weight / weight.sum()
    assert (np.abs(counts - expected) <= 5 * np.sqrt(expected)).all()


@pytest.mark.parametrize("turn", range(8))
def test_cutting_from_the_map_and_on_a_device_agree(turn):
    source = pictures().select(np.array([True, True, True, False, True]))
    picture = torch.arange(4).repeat_interleave(2)
    room = torch.from_numpy(source.shapes)[picture] - CROP
    room[::2] = 0
    place = Place(picture, room[:, 0], room[:, 1], torch.full((8,), turn))

    mapped = Mapped(source, CROP)(place)
    resident = Resident(source, CROP, torch.device("cpu"))(place)

    assert mapped.dtype == resident.dtype == torch.uint8
    assert torch.equal(mapped, resident)
    for crop, i, y, x in zip(mapped.numpy(), *(v.tolist() for v in place[:3]), strict=True):
        square = source[i][y : y + CROP, x : x + CROP]
        square = np.fliplr(square) if turn & 1 else square
        square = np.flipud(square) if turn & 2 else square
        square = square.transpose(1, 0, 2) if turn & 4 else square
        np.testing.assert_array_equal(crop, square.transpose(2, 0, 1))


def test_black_is_minus_one_and_white_is_one():
    source = pictures()
    pixels = np.zeros_like(source.pixels)
    pixels[source.offsets[1] :] = 255
    shown = Pictures(pixels, source.names[:2], source.shapes[:2], source.offsets[:2])
    black, white = Crops(shown, CROP).fixed(2, seed=0)
    assert (black == -1).all()
    assert (white == 1).all()


def test_one_seed_gives_the_same_crops_and_another_others():
    crops = Crops(pictures(), CROP)
    random = generator(3)
    first, second = crops.draw(8, random), crops.draw(8, random)
    again = Crops(pictures(), CROP)
    assert torch.equal(again.draw(8, generator(3)), first)
    assert not torch.equal(first, second)
    assert not torch.equal(crops.draw(8, generator(4)), first)


def test_fixed_crops_stay_and_spread_evenly_over_the_pictures():
    source = pictures()
    crops = Crops(source, CROP)
    first = crops.fixed(8, seed=5)
    crops.draw(100, generator())
    assert torch.equal(crops.fixed(8, seed=5), first)
    assert not torch.equal(crops.fixed(8, seed=6), first)
    upright = 0
    places = [found(crop, source) for crop in levels(first)]
    assert [i for i, *_ in places] == [0, 0, 1, 1, 2, 2, 4, 4]
    assert {k for *_, k in places} == {upright}
    assert [found(c, source)[0] for c in levels(crops.fixed(2, seed=5))] == [0, 2]


def test_what_leaves_no_crop_is_refused():
    source = pictures()
    with pytest.raises(
        ParameterError, match=r"crops of 91 pixels; the largest, 4\.png, has 90×200"
    ):
        Crops(source, 91)
    assert len(Crops(source, 90).pictures) == 1
    with pytest.raises(ParameterError, match="crop of 0 pixels"):
        Crops(source, 0)
    with pytest.raises(ParameterError, match="no picture to cut crops from"):
        Crops(source.select(np.zeros(len(SHAPES), bool)), CROP)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_cuts_the_same_crops():
    here, there = Crops(pictures(), CROP), Crops(pictures(), CROP, "cuda")
    assert torch.equal(there.fixed(32, seed=1).cpu(), here.fixed(32, seed=1))
    assert torch.equal(there.draw(32, generator()).cpu(), here.draw(32, generator()))
    on_gpu = torch.Generator("cuda").manual_seed(0)
    drawn = there.draw(32, on_gpu)
    assert drawn.device.type == "cuda"
    for crop in levels(drawn.cpu()):
        found(crop, pictures())
