"""What a dialog is drawn from."""

from __future__ import annotations

import json

import pytest

from restore.hooks.manager import Plugins
from restore.worker.catalogue import catalogue
from tests.plugins import install


@pytest.fixture
def entries(tmp_path, monkeypatch):
    install(tmp_path, "hosted")
    monkeypatch.syspath_prepend(tmp_path)
    found = catalogue(Plugins.load(allow=["hosted"]))
    assert json.loads(json.dumps(found)) == found
    return {entry["name"]: entry for entry in found}


def test_every_kind_of_field(entries):
    fields = {field["name"]: field for field in entries["every"]["fields"]}

    assert list(fields)[-4:] == ["strength", "steps", "seed", "model"]
    assert "items" not in fields
    assert "perhaps" not in fields
    assert fields["above"]["kind"] == "number"
    assert 0 < fields["above"]["min"] < 1e-300
    assert fields["above"]["max"] is None
    assert fields["above"]["description"] == "More than 0"
    assert fields["count"].items() >= {"kind": "integer", "min": 2, "max": 8}.items()
    assert fields["noise"].items() >= {"kind": "number", "words": ["auto", "none"]}.items()
    assert fields["noise"]["default"] == "auto"
    assert fields["colour"]["choices"] == [
        {"value": "red", "title": "Red"},
        {"value": "pale_blue", "title": "Pale blue"},
    ]
    assert [choice["value"] for choice in fields["size"]["choices"]] == [2, 3]
    assert (fields["flag"]["kind"], fields["flag"]["default"]) == ("boolean", True)
    assert fields["text"]["kind"] == "text"
    assert fields["seed"]["max"] == 2**63 - 1


def test_a_model_is_chosen_among_those_that_are_installed(entries):
    model = entries["denoise"]["fields"][-1]

    assert (model["name"], model["kind"], model["default"]) == ("model", "choice", "base")
    names = [choice["value"] for choice in model["choices"]]
    assert "base" in names
    assert "defects" not in names


def test_masks_pictures_and_scales(entries):
    kinds = {field["name"]: field["kind"] for field in entries["inpaint"]["fields"]}
    assert kinds["mask"] == "mask"
    assert entries["inpaint"]["needs_mask"]
    deblur = {field["name"]: field for field in entries["deblur"]["fields"]}
    assert deblur["kernel"]["kind"] == "picture"
    assert deblur["size"]["unit"] == "pixels"
    assert entries["upscale"]["scale"] == "scale"
    assert entries["finds"]["finds_mask"] == "brighter"


def test_defaults_of_all_fields_are_taken_by_the_action(entries, tmp_path):
    actions = Plugins.load(allow=["hosted"]).actions()
    for name, entry in entries.items():
        given = {f["name"]: f["default"] for f in entry["fields"] if f["kind"] != "mask"}
        if not entry["needs_mask"]:
            actions[name].parameters.model_validate(given)
