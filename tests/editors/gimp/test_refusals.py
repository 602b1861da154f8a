"""What cannot be done is said in words, and the image stays as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.editors.gimp.conftest import Studio, photo, pixels_of

GIVEN = photo(60, 70, 3)
IN_PLACE = {"output": "in-place"}


@pytest.mark.parametrize(
    ("job", "message", "advice"),
    [
        ({"chosen": "two"}, "2 layers are chosen", "Choose one layer"),
        ({"chosen": "none"}, "No layer is chosen", "Choose one layer"),
        ({"chosen": "group", "group": True}, "“Group” is a group", "New from Visible"),
        ({"chosen": "mask", "prepare": [("add_mask",)]}, "is a mask", "the layer's own picture"),
        ({"chosen": "channel"}, "“Channel” is a mask or a channel", "the layer's own picture"),
        ({"prepare": [("indexed",)]}, "a palette of few colours", "Image ▸ Mode ▸ RGB"),
        ({"prepare": [("floating",)]}, "a floating selection", "Anchor"),
        (
            {"prepare": [("lock",)], "arguments": IN_PLACE},
            "The pixels of “Photo” are locked",
            "“New layer” as output",
        ),
        (
            {"group": True, "prepare": [("lock_group",)], "arguments": IN_PLACE},
            "The pixels of “Group” are locked",
            "“New layer” as output",
        ),
        (
            {"canvas": (200, 200), "prepare": [("select", 100, 100, 50, 50)]},
            "The selection does not touch the layer “Photo”",
            "Select ▸ None",
        ),
        ({"action": "fill"}, "Nothing is selected", "Select what to fill"),
        ({"action": "fill", "prepare": [("select", 5, 5, 0, 0)]}, "Nothing is selected", ""),
        ({"arguments": {"output": "elsewhere"}}, "no output “elsewhere”", "“new-layer”"),
        ({"arguments": {"white": 7.5}}, "White point must be a number from 0.5 to 1", ""),
        ({"arguments": {"rounds": -3}}, "Rounds must be a whole number from 1 to 9, not -3", ""),
        ({"arguments": {"channel": "purple"}}, "Channel must be “all” or “first”", ""),
        ({"arguments": {"strength": 1e300}}, "Strength must be a number from 0 to 1", ""),
        ({"action": "denoise", "arguments": {"noise": "loud"}}, "Noise", "“auto”"),
        ({"action": "denoise", "arguments": {"model": "no-such"}}, "no-such", ""),
        ({"action": "scatter", "arguments": {"uncertainty": 1}}, "uncertainty is 0, or 2", ""),
        ({"action": "scatter", "arguments": {"uncertainty": -3}}, "greater than or equal to 0", ""),
        ({"action": "fails"}, "The network of this action is damaged", "Fetch it again"),
        ({"action": "fails", "arguments": {"how": "raises"}}, "ZeroDivisionError", ""),
    ],
)
def test_it_is_said_in_words_and_nothing_changes(
    studio: Studio, job: dict[str, Any], message: str, advice: str
) -> None:
    told = studio.run("negative", GIVEN, **job)

    assert told["status"] == "execution-error"
    assert message in told["error"]
    assert advice in told["error"]
    assert "Traceback" not in told["error"]
    assert told["before"] == told["after"]


@pytest.mark.parametrize("kind", ["link", "vector"])
def test_layers_without_pixels_of_their_own_are_refused(studio: Studio, kind: str) -> None:
    if studio.gimp.version < "3.2":
        pytest.skip("GIMP 3.2 has added them")

    told = studio.run("negative", GIVEN, chosen=kind)

    assert f"is a {kind} layer and has no pixels of its own" in told["error"]
    assert "Layer ▸ Rasterize" in told["error"]
    assert told["before"] == told["after"]


def test_a_parameter_that_there_is_not_is_named(studio: Studio) -> None:
    with pytest.raises(AssertionError, match="loudness"):
        studio.run("negative", GIVEN, arguments={"loudness": 11})


def test_a_locked_layer_can_be_restored_into_a_new_one(studio: Studio) -> None:
    told = studio.run("negative", GIVEN, prepare=[("lock",)])

    assert np.array_equal(pixels_of(told["layers"][0]), 255 - GIVEN)
