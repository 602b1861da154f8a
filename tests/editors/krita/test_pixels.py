"""Krita's pixels come to the worker and back as they are, whatever depth, model and selection."""

from __future__ import annotations

import numpy as np
import pytest

import restore
from restore.photo import Photo
from tests.editors.krita.conftest import Scenes, noise

LINEAR = "sRGB-elle-V2-g10.icc"
GRAY = "Gray-D50-elle-V2-srgbtrc.icc"
SRGB = "sRGB-elle-V2-srgbtrc.icc"


@pytest.mark.parametrize(
    ("model", "depth", "profile"),
    [
        ("RGBA", "U8", SRGB),
        ("RGBA", "U8", "ClayRGB-elle-V2-g22.icc"),
        ("RGBA", "U16", SRGB),
        ("RGBA", "U16", LINEAR),
        ("RGBA", "F16", LINEAR),
        ("RGBA", "F32", SRGB),
        ("RGBA", "F32", LINEAR),
        ("GRAYA", "U8", GRAY),
        ("GRAYA", "U16", GRAY),
        ("GRAYA", "F32", "Gray-D50-elle-V2-g10.icc"),
    ],
)
def test_a_layer_gets_the_pixels_that_the_toolkit_makes_of_it(
    scenes: Scenes, model: str, depth: str, profile: str
) -> None:
    photo = noise(depth, 70, 90, 4 if model == "RGBA" else 2)

    told = scenes.run(
        "negative", photo, model=model, depth=depth, profile=profile, parameters={"white": 0.9}
    )

    assert told["error"] == ""
    made = scenes.result("layer", photo)
    expected = scenes.expected("negative", photo, depth, profile, white=0.9)
    np.testing.assert_array_equal(made, expected)
    assert told["result"]["colour"] == [model, depth, profile]


def test_a_layer_of_another_colour_space_than_its_document_keeps_its_own(scenes: Scenes) -> None:
    photo = noise("U16", 40, 50)

    told = scenes.run("negative", photo, depth="U8", layer=["RGBA", "U16", SRGB])

    assert told["result"]["colour"] == ["RGBA", "U16", SRGB]
    np.testing.assert_array_equal(
        scenes.result("layer", photo), scenes.expected("negative", photo, "U16")
    )


def test_the_result_is_a_layer_above_the_source_in_its_group_and_can_be_undone(
    scenes: Scenes,
) -> None:
    told = scenes.run("negative", noise("U8", 60, 80), group=True, undo=True)

    before = [["photo", "paintlayer", []], ["over", "paintlayer", []]]
    result = ["photo – Negative", "paintlayer", []]
    assert told["tree"][-1] == ["group", "grouplayer", [before[0], result, before[1]]]
    assert told["modified"]
    assert told["undone"][-1] == ["group", "grouplayer", before]
    assert told["as_before"]


def test_a_selection_limits_the_result_with_its_feather(scenes: Scenes) -> None:
    photo = noise("U8", 700, 800)
    photo[:, :, 3] = 255

    told = scenes.run("negative", photo, select=[300, 350, 200, 100], feather=6, undo=True)

    layer, mask = scenes.result("layer", photo), scenes.result("mask", photo[:, :, :1])
    part = np.s_[350 - 12 - 64 : 450 + 12 + 64, 300 - 12 - 64 : 500 + 12 + 64]
    y, x = np.nonzero((layer != photo).any(axis=2))
    rows, columns = slice(y.min(), y.max() + 1), slice(x.min(), x.max() + 1)
    assert part[0].start - 30 < rows.start < 350 - 64
    assert columns.stop - columns.start >= 256
    assert rows.stop - rows.start >= 256
    expected = scenes.expected(
        "negative", photo[rows, columns].copy(), origin=(rows.start, columns.start)
    )
    np.testing.assert_array_equal(layer[rows, columns], expected)
    assert mask[400, 400] == 255
    assert 0 < mask[350, 400] < 255
    assert mask[300, 400] == 0
    whole = scenes.result("whole", photo)
    blend = photo + (layer.astype(float) - photo) * (mask / 255.0)
    assert np.abs(whole[:, :, :3] - blend[:, :, :3]).max() < 1.6
    np.testing.assert_array_equal(whole[mask[:, :, 0] == 0], photo[mask[:, :, 0] == 0])
    assert told["tree"][-2] == [
        "photo – Negative",
        "paintlayer",
        [["selection", "transparencymask", []]],
    ]
    assert told["as_before"]


def test_a_layer_that_reaches_beyond_the_canvas_is_worked_on_where_it_is_seen(
    scenes: Scenes,
) -> None:
    photo = noise("U8", 60, 80)

    told = scenes.run("negative", photo, canvas=[100, 90], at=[-20, 40])

    assert told["error"] == ""
    seen = photo[:50, 20:]
    made = scenes.result("layer", photo, (100, 90))
    np.testing.assert_array_equal(
        made[40:90, :60], scenes.expected("negative", np.ascontiguousarray(seen))
    )
    assert not made[:40].any()


def test_what_is_to_be_filled_is_what_is_selected(scenes: Scenes) -> None:
    photo = noise("U8", 60, 80)
    mask = np.zeros((60, 80), bool)
    mask[10:30, 20:60] = True

    scenes.run("fill", photo, select=[20, 10, 40, 20])

    np.testing.assert_array_equal(
        scenes.result("layer", photo), scenes.expected("fill", photo, mask=mask)
    )


@pytest.mark.parametrize("depth", ["U8", "U16"])
def test_an_enlargement_is_a_new_document_of_the_same_colours_and_resolution(
    scenes: Scenes, depth: str
) -> None:
    photo, profile = noise(depth, 30, 40), "ClayRGB-elle-V2-g22.icc"

    told = scenes.run(
        "repeat",
        photo,
        depth=depth,
        profile=profile,
        resolution=240.0,
        parameters={"times": 3},
        select=[10, 5, 20, 15],
    )

    result = told["result"]
    assert result["size"] == [60, 45]
    assert result["resolution"] == 240
    assert result["colour"] == ["RGBA", depth, profile]
    assert [name for name, _, _ in told["tree"]] == ["Background", "photo", "over"]
    part = np.ascontiguousarray(photo[5:20, 10:30])
    expected = scenes.expected("repeat", part, depth, profile, origin=(5, 10), times=3)
    np.testing.assert_array_equal(scenes.result("layer", photo, (60, 45)), expected)


def test_the_uncertainty_is_a_hidden_layer_of_gray(scenes: Scenes) -> None:
    photo = noise("U8", 60, 80)
    photo[:, :, 3] = 255

    told = scenes.run("negative", photo, options={"uncertainty": 3})

    assert told["uncertainty"]["visible"] is False
    assert told["uncertainty"]["colour"][:2] == ["GRAYA", "U8"]
    spread = scenes.result("spread", photo)
    sigma = np.std([0.0, 0.01, 0.02], ddof=1)
    np.testing.assert_allclose(spread[:, :, 0], 255 * sigma / 0.1, atol=1.5)
    assert (spread[:, :, 1] == 255).all()


def test_what_was_found_is_a_hidden_layer_that_can_be_selected(scenes: Scenes) -> None:
    photo = np.full((96, 120, 4), 90, np.uint8)
    photo[:, :, 3] = 255
    photo[:, 50:53] = 255

    told = scenes.run("clean", photo, parameters={"defects": True})

    rgb = Photo(np.ascontiguousarray(photo[:, :, :3]), photo[:, :, 3])
    mask = restore.run("clean", rgb, plugins=scenes.plugins, defects=True).mask
    assert mask is not None
    assert mask.any()
    assert told["found"]["visible"] is False
    found = scenes.result("found", photo[:, :, :2])
    np.testing.assert_array_equal(found[:, :, 1] > 0, mask)
    assert (found[mask][:, 0] == 255).all()


@pytest.mark.parametrize(
    ("model", "depth", "profile", "values"),
    [
        ("CMYKA", "U8", "Chemical proof", 5),
        ("LABA", "U16", "Lab identity built-in", 4),
        ("XYZA", "F32", "XYZ identity built-in", 4),
        ("YCbCrA", "U8", "ITU-R BT.709-6 YCbCr ICC V4 profile", 4),
    ],
)
def test_other_colour_models_are_converted_by_krita_and_back(
    scenes: Scenes, model: str, depth: str, profile: str, values: int
) -> None:
    photo = noise(depth, 40, 50, values)
    told = {"model": model, "depth": depth, "profile": profile}

    unchanged = scenes.run("same", photo, **told)
    same = scenes.result("layer", photo)
    inverted = scenes.run("negative", photo, **told)

    assert unchanged["error"] == inverted["error"] == ""
    np.testing.assert_array_equal(same, photo)  # what does not change keeps its own values
    assert inverted["result"]["colour"] == [model, depth, profile]
    assert (scenes.result("layer", photo) != photo).mean() > 0.3


def test_a_part_is_shown_first(scenes: Scenes) -> None:
    photo = noise("U8", 500, 600)
    told = scenes.run("negative", photo, options={"preview": True})
    ((width, height, data),) = told["previews"]
    assert (width, height) == (384, 384)
    crop = np.ascontiguousarray(photo[58 : 58 + 384, 108 : 108 + 384])
    first = scenes.expected("negative", crop, origin=(58, 108))
    assert bytes.fromhex(data) == first.tobytes()[:32]


def test_the_result_is_shown_as_strongly_as_was_asked(scenes: Scenes) -> None:
    told = scenes.run("negative", noise("U8", 40, 40), options={"strength": 0.4})
    assert told["result"]["opacity"] == 102
