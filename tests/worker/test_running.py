"""What travels comes back: pixels of every kind, previews, masks, reports, errors."""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
import pytest

from tests.worker.host import ROOT, Worker, frames, planes, request

RANDOM = np.random.default_rng(0)


def picture(values, dtype="uint8", size=(19, 23)):
    shape = (*size, values)
    if dtype == "float32":
        return RANDOM.random(shape, np.float32)
    return RANDOM.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


@pytest.mark.parametrize("order", ["rgb", "bgr"])
@pytest.mark.parametrize("transfer", ["encoded", "linear"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("values", [1, 2, 3, 4])
def test_an_action_that_changes_nothing_gives_back_every_bit(
    worker: Worker, values, dtype, transfer, order
):
    pixels = picture(values, dtype)
    image = {"order": order, "transfer": transfer, "origin": [5, 7]}

    *_, (header, payload) = worker.run("identity", request(pixels, image=image))

    assert header["kind"] == "result", header
    assert payload == pixels.tobytes()
    assert header["image"].items() >= image.items()
    assert header["report"]["action"] == "identity"


def test_the_order_of_colours_is_known_to_the_action(worker: Worker):
    pixels = picture(4)
    body = request(pixels, image={"order": "bgr"}, parameters={"white": 0.5})

    *_, (header, payload) = worker.run("invert", body)

    swapped = request(pixels[:, :, [2, 1, 0, 3]], parameters={"white": 0.5})
    *_, (other, expected) = worker.run("invert", swapped)
    found = planes(header, payload)["image"]
    assert (found[:, :, [2, 1, 0, 3]] == planes(other, expected)["image"]).all()
    assert (found != pixels).any()


def test_a_preview_comes_first_and_is_the_crop_of_the_result(worker: Worker):
    pixels = picture(3)

    answer = worker.run("invert", request(pixels, preview=[3, 2, 8, 5]))

    kinds = [header["kind"] for header, _ in answer if header["kind"] != "progress"]
    assert kinds == ["preview", "result"]
    preview = next((h, p) for h, p in answer if h["kind"] == "preview")
    whole = planes(*answer[-1])["image"]
    assert (preview[0]["x"], preview[0]["y"]) == (3, 2)
    assert preview[1] == whole[2:7, 3:11].tobytes()


def test_an_enlarged_result_tells_its_size(worker: Worker):
    pixels = picture(3)

    *_, (header, payload) = worker.run("repeat", request(pixels, parameters={"times": 3}))

    assert (planes(header, payload)["image"] == pixels.repeat(3, 0).repeat(3, 1)).all()


def test_progress_never_goes_back_and_says_what_is_done(worker: Worker):
    answer = worker.run("slow", request(picture(3), parameters={"steps": 10, "seconds": 0.05}))

    fractions = [header["fraction"] for header, _ in answer[:-1]]
    assert fractions == sorted(fractions)
    assert len(set(fractions)) > 2
    assert any(header["text"].startswith("step") for header, _ in answer[:-1])


def test_the_text_of_what_is_over_does_not_stay(worker: Worker):
    body = request(picture(3, size=(64, 64)), parameters={"noise": 0.1, "steps": 30})

    answer = worker.run("denoise", body)

    texts = {header["text"] for header, _ in answer[:-1] if header["fraction"] > 0}
    assert texts == {"restoring"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("divides-by-zero", "PluginError"),
        ("exits", "PluginError"),
        ("out-of-memory", "MemoryLimitError"),
        ("refuses", "ParameterError"),
        ("hidden-nan", "ResultError"),
        ("nothing", "PluginError"),
    ],
)
def test_an_action_that_fails_is_an_error_in_words_and_nothing_else(worker: Worker, name, kind):
    *_, (header, payload) = worker.run(name, request(picture(3, "float32")))

    assert header["kind"] == "error"
    assert payload == b""
    assert header["error"]["type"] == kind
    assert header["error"]["message"]
    assert worker.run("talk", request(picture(3)))[-1][0]["kind"] == "result"


def test_the_model_s_steps_end_when_the_connection_is_closed(worker: Worker):
    parameters = {"noise": 0.1, "steps": 1000}
    with worker.answer("denoise", request(picture(3, size=(48, 48)), parameters=parameters)) as run:
        fraction = next(h["fraction"] for h, _ in frames(run) if h["fraction"] > 0.005)
    while worker.ask("GET", "/health")[1]["running"]:
        time.sleep(0.01)

    assert fraction < 0.5
    assert "Stopped" in (worker.folder.parent / "log").read_text().splitlines()[-1]


def test_the_host_in_the_documentation_works(worker: Worker):
    text = (ROOT / "docs" / "worker.md").read_text("utf-8")
    names: dict[str, Any] = {"FOLDER": worker.folder}
    exec(text.partition("```python\n")[2].partition("```")[0], names)
    pixels = picture(3)

    assert names["run"]("identity", {}, 23, 19, pixels.tobytes()) == pixels.tobytes()
    for parameters, name in (({"stength": 1}, "identity"), ({}, "refuses"), ({}, "moon")):
        with pytest.raises(RuntimeError, match=r"stength|moon"):
            names["run"](name, parameters, 23, 19, pixels.tobytes())


def test_whatever_an_action_says_can_be_told(worker: Worker):
    answer = worker.run("chatters", request(picture(3)))

    fractions = [header["fraction"] for header, _ in answer[:-1]]
    assert fractions == sorted(fractions)
    assert all(len(header["text"]) <= 200 for header, _ in answer[:-1])
    report = answer[-1][0]["report"]
    assert report["notes"][:2] == ["note 0", "note 1"]
    assert len(json.dumps(answer[-1][0])) < 1 << 20


def test_samples_that_do_not_fit_are_the_action_s_fault(worker: Worker):
    *_, (header, _) = worker.run("chatters", request(picture(3), uncertainty=2))

    assert header["error"]["type"] == "PluginError"
    assert "samples of shape" in header["error"]["message"]
