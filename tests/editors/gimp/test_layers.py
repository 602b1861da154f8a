"""Selections, layers and images: a result is where it belongs, and nothing else changes."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from restore.photo.colour import profiles
from tests.editors.gimp.conftest import Studio, mask_of, photo, pixels_of

IN_PLACE = {"output": "in-place"}
SPREAD = 180
"""Of samples that differ by 0.1, where 255 stands for a standard deviation of 0.1."""


def test_a_new_layer_lies_above_its_own_and_is_chosen(studio: Studio) -> None:
    given = photo(30, 40, 3)

    told = studio.run("negative", given, offset=(7, -5), canvas=(60, 60))

    above, below = told["layers"]
    assert (above["name"], below["name"]) == ("Photo – Negative", "Photo")
    assert above["offset"] == below["offset"] == [7, -5]
    assert told["result"] == above["name"]
    assert told["selected"] == [above["name"]]
    assert np.array_equal(pixels_of(above), 255 - given)
    assert np.array_equal(pixels_of(below), given)


def test_of_a_selection_a_new_layer_has_its_box_and_a_mask(studio: Studio) -> None:
    given = photo(300, 400, 3)
    select = ("select", 120, 90, 50, 60)

    told = studio.run("negative", given, offset=(20, 30), canvas=(500, 500), prepare=[select])

    above, below = told["layers"]
    assert (above["offset"], above["size"]) == ([120, 90], [50, 60])
    assert (mask_of(above) == 1).all()
    assert not above["edits_mask"], "the next filter would be asked to work on the mask"
    assert np.array_equal(pixels_of(above)[..., :3], 255 - given[60:120, 100:150])
    assert np.array_equal(pixels_of(below), given)


def test_a_feather_becomes_the_mask_and_in_place_looks_the_same(studio: Studio) -> None:
    given = photo(200, 200, 3)
    prepare = [("select_ellipse", 40, 50, 100, 80, 20)]

    told = studio.run("negative", given, prepare=prepare)
    blended = studio.run("negative", given, prepare=prepare, arguments=IN_PLACE)

    layer = told["layers"][0]
    (left, top), (width, height) = layer["offset"], layer["size"]
    mask = np.zeros((200, 200, 1), np.float32)
    mask[top : top + height, left : left + width, 0] = mask_of(layer)
    assert 0 < mask[mask > 0].min() < 0.1 < 0.9 < mask.max()
    mask = mask[..., 0]
    result = pixels_of(blended["layers"][0])
    assert np.array_equal(result[mask == 0], given[mask == 0])
    assert np.array_equal(result[mask == 1], 255 - given[mask == 1])
    assert np.abs(result - pixels_of(told["merged"]).astype(float)).max() <= 1


def test_what_runs_is_the_selection_with_context(studio: Studio) -> None:
    given = photo(700, 800, 1)

    def ran(action: str = "tell", *prepare: Any) -> tuple[str, str]:
        found = studio.run(action, given, prepare=prepare)["report"]["found"]
        return found["shape"], found["origin"]

    assert ran() == ("700x800x1", "(0, 0)")
    assert ran("tell", ("select", 300, 200, 200, 150)) == ("278x328x1", "(136, 236)")
    assert ran("tell", ("select", 400, 300, 10, 10)) == ("256x256x1", "(177, 277)")
    assert ran("tell", ("select", 790, 690, 99, 99)) == ("256x256x1", "(444, 544)")


def test_a_selection_counts_only_where_the_layer_is(studio: Studio) -> None:
    given = photo(50, 60, 3)

    told = studio.run(
        "negative",
        given,
        canvas=(100, 100),
        offset=(70, 80),
        prepare=[("select", 0, 0, 90, 90)],
        arguments=IN_PLACE,
    )

    expected = given.copy()
    expected[:10, :20] = 255 - given[:10, :20]
    assert np.array_equal(pixels_of(told["layers"][0]), expected)


@pytest.mark.parametrize("output", ["new-layer", "in-place"])
def test_a_layer_outside_the_canvas_is_restored_as_a_whole(studio: Studio, output: str) -> None:
    given = photo(50, 60, 4)
    given[..., 3] = 255

    told = studio.run(
        "negative", given, canvas=(40, 40), offset=(-500, 30), arguments={"output": output}
    )

    assert told["layers"][0]["offset"] == [-500, 30]
    assert np.array_equal(pixels_of(told["layers"][0])[..., :3], 255 - given[..., :3])


def test_in_a_group_the_result_stays_in_the_group(studio: Studio) -> None:
    told = studio.run("negative", photo(30, 40, 3), group=True)

    assert [(one["name"], one["parent"]) for one in told["layers"]] == [
        ("Group", None),
        ("Photo – Negative", "Group"),
        ("Photo", "Group"),
    ]


def test_a_new_layer_looks_like_its_own(studio: Studio) -> None:
    given = photo(60, 70, 3)
    mask = photo(60, 70, 1)
    prepare = [("look", 40, "MULTIPLY"), ("add_mask", studio.file(mask))]

    told = studio.run("negative", given, prepare=prepare)

    above = told["layers"][0]
    assert (above["opacity"], above["mode"]) == (40, "multiply")
    assert np.abs(mask_of(above) - mask[..., 0] / 255).max() < 1e-6


def test_a_mask_and_a_selection_are_multiplied(studio: Studio) -> None:
    given = photo(60, 70, 3)
    mask = photo(60, 70, 1)
    prepare = [("add_mask", studio.file(mask)), ("select", 10, 20, 30, 25)]

    told = studio.run("negative", given, prepare=prepare)

    above = told["layers"][0]
    assert above["size"] == [30, 25]
    assert np.abs(mask_of(above) - mask[20:45, 10:40, 0] / 255).max() < 1e-6


def test_what_is_selected_at_all_is_filled_and_nothing_else(studio: Studio) -> None:
    given = photo(300, 300, 3)
    prepare = [("select_ellipse", 100, 110, 60, 50, 10)]

    told = studio.run("fill", given, prepare=prepare)
    blended = studio.run("fill", given, prepare=prepare, arguments=IN_PLACE)

    layer = told["layers"][0]
    mask, filled = mask_of(layer), pixels_of(layer)[..., :3]
    assert np.abs(filled[mask > 0].astype(int) - 128).max() <= 1
    result = pixels_of(blended["layers"][0])
    (left, top), (width, height) = layer["offset"], layer["size"]
    outside = np.ones((300, 300), bool)
    outside[top : top + height, left : left + width] = mask == 0
    assert np.array_equal(result[outside], given[outside])
    assert not np.array_equal(result[~outside], given[~outside])


def test_alpha_stays_where_it_is_locked(studio: Studio) -> None:
    given = photo(60, 70, 4)

    told = studio.run("negative", given, prepare=[("lock_alpha",)], arguments=IN_PLACE)

    result = pixels_of(told["layers"][0])
    seen = given[..., 3] > 0
    assert np.array_equal(result[..., 3], given[..., 3])
    assert np.array_equal(result[seen][:, :3], 255 - given[seen][:, :3])


def test_a_text_becomes_pixels_in_a_layer_of_their_own(studio: Studio) -> None:
    told = studio.ask("run_text", "negative", photo(80, 90, 3))

    assert told["status"] == "success", told["error"]
    assert [layer["text"] for layer in told["layers"]] == [False, True, False]


@pytest.mark.parametrize("prepare", [[], [("select", 20, 30, 40, 50)]])
@pytest.mark.parametrize("output", ["new-layer", "in-place"])
def test_uncertainty_is_a_hidden_gray_layer_above(
    studio: Studio, prepare: list[Any], output: str
) -> None:
    given = photo(100, 90, 3)

    told = studio.run(
        "scatter", given, prepare=prepare, arguments={"output": output, "uncertainty": 2}
    )

    spread, result = told["layers"][:2]
    assert spread["name"] == "Photo – uncertainty"
    assert not spread["visible"]
    assert told["selected"] == [result["name"]]
    size, offset = ([40, 50], [20, 30]) if prepare else ([90, 100], [0, 0])
    assert (spread["size"], spread["offset"]) == (size, offset)
    expected = np.full((*size[::-1], 3), SPREAD)
    expected[:, : 0 if prepare else 10] = 0
    assert np.array_equal(pixels_of(spread), expected)


def test_an_enlarged_result_is_an_image_with_profile_resolution_and_unit(studio: Studio) -> None:
    given = photo(40, 50, 4, np.uint16)
    profile = studio.file(profiles.adobe_rgb())

    told = studio.run(
        "repeat",
        given,
        precision="U16_NON_LINEAR",
        profile=profile,
        resolution=(240, 120),
        arguments={"times": 3},
    )

    image, (layer,) = told["image"], told["layers"]
    assert image["size"] == [150, 120]
    assert image["precision"] == "u16-non-linear"
    assert image["resolution"] == [240, 120]
    assert image["unit"] == "millimeters"
    assert image["profile"] == told["profile"]
    assert image["dirty"], "it has not been saved yet"
    (new,) = image["layers"]
    assert new["name"] == "Photo – Repeat"
    colours = given[..., :3].repeat(3, 0).repeat(3, 1)
    seen = pixels_of(new, np.uint16)[..., 3] > 0
    assert np.array_equal(pixels_of(new, np.uint16)[seen][:, :3], colours[seen])
    assert np.array_equal(pixels_of(layer, np.uint16), given)


def test_what_the_camera_wrote_goes_with_an_enlarged_photo(
    studio: Studio, scratch: Callable[[], Path]
) -> None:
    exif = Image.Exif()
    exif[0x0110] = "Box 3"
    file = scratch() / "photo.jpg"
    Image.fromarray(photo(40, 50, 3)).save(file, exif=exif)

    told = studio.ask("run_file", "repeat", photo(1, 1, 3), file=file)

    assert told["image"]["size"] == [100, 80]
    written = told["image"]["metadata"]
    assert "Exif.Image.Model" in written
    assert "Box 3" in written or b64encode(b"Box 3").decode() in written


def test_of_a_selection_its_box_is_enlarged(studio: Studio) -> None:
    given = photo(300, 300, 3)

    told = studio.run("repeat", given, prepare=[("select", 200, 210, 20, 30)])

    (new,) = told["image"]["layers"]
    assert told["image"]["size"] == [40, 60]
    assert np.array_equal(pixels_of(new), given[210:240, 200:220].repeat(2, 0).repeat(2, 1))


def test_a_factor_need_not_be_whole(studio: Studio) -> None:
    given = photo(400, 400, 3)

    told = studio.run("stretch", given, prepare=[("select", 200, 210, 20, 30)])

    (new,) = told["image"]["layers"]
    assert new["size"] == [30, 45]
    assert np.array_equal(pixels_of(new)[::3, ::3], given[210:240:2, 200:220:2])


@pytest.mark.parametrize("prepare", [[], [("select", 20, 30, 40, 50)]])
def test_uncertainty_of_an_enlarged_result_lies_above_it(
    studio: Studio, prepare: list[Any]
) -> None:
    told = studio.run("double", photo(100, 90, 3), prepare=prepare, arguments={"uncertainty": 2})

    spread, result = told["image"]["layers"]
    assert (spread["name"], result["name"]) == ("Photo – uncertainty", "Photo – Double")
    assert (spread["visible"], result["visible"]) == (False, True)
    assert spread["size"] == result["size"] == ([80, 100] if prepare else [180, 200])
    assert spread["offset"] == [0, 0]
    assert pixels_of(spread).max() == SPREAD


def test_what_an_action_finds_is_kept_as_a_channel(studio: Studio) -> None:
    given = photo(60, 70, 3)

    told = studio.run("find", given, canvas=(200, 150), offset=(30, 40))

    assert told["selected"] == ["Photo – Find"]
    (found,) = told["channels"]
    assert (found["name"], found["visible"]) == ("Photo – Find, found", False)
    expected = np.zeros((150, 200), np.uint8)
    expected[45:50, 30:100] = 255
    assert np.array_equal(pixels_of(found)[..., 0], expected)
