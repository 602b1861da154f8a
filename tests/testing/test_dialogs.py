"""Dialogs of the shipped actions, as a photographer meets them."""

from __future__ import annotations

import pytest

from restore.hooks import Action
from restore.testing import subjects
from restore.worker.catalogue import entry

ACTIONS: list[Action] = [
    subject.action
    for plugin in ("restore.tasks.builtin", "restore_classic")
    for subject in subjects(plugin)
]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_the_common_fields_come_last_and_in_one_order(action: Action) -> None:
    names = [field["name"] for field in entry(action)["fields"]]
    common = [name for name in ("strength", "steps", "seed", "model") if name in names]
    assert names[len(names) - len(common) :] == common


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_one_thing_is_called_alike_everywhere(action: Action) -> None:
    titles = {"noise": "Noise", "strength": "Strength", "steps": "Steps", "seed": "Seed"}
    for field in entry(action)["fields"]:
        assert field["title"] == titles.get(field["name"], field["title"])


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_choices_are_named_in_words(action: Action) -> None:
    for field in entry(action)["fields"]:
        for choice in field.get("choices", ()):
            assert choice["title"][0].isupper() or " " in choice["title"], choice


def test_choices_have_the_titles_that_their_field_gives_them() -> None:
    [deblur] = [action for action in ACTIONS if action.name == "deblur"]
    shape = entry(deblur)["fields"][0]
    assert {choice["value"]: choice["title"] for choice in shape["choices"]} == {
        "gaussian": "Soft lens",
        "motion": "Motion",
        "disc": "Out of focus",
    }


def test_a_name_of_a_model_is_a_choice_where_models_are_known() -> None:
    action = next(action for action in ACTIONS if action.name == "denoise")
    model = entry(action, ["base", "other"])["fields"][-1]
    assert [choice["value"] for choice in model["choices"]] == ["base", "other"]
