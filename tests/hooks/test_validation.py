"""A wrong parameter is answered with its title, what it may be, and what it was."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from pydantic import Field, field_validator, model_validator

from restore.errors import ParameterError, PluginError
from restore.hooks import Action, MaskParameters, Parameters, PriorParameters
from restore.hooks.validation import validate


class Taste(Enum):
    SWEET = "sweet"
    SALTY = "salty"


class ToyParameters(PriorParameters):
    noise: Literal["auto"] | Annotated[float, Field(ge=0, le=1)] = Field("auto", title="Noise")
    scale: Literal[2, 3, 4] = Field(4, title="Scale")
    taste: Taste = Field(Taste.SWEET, title="Taste")
    size: float = Field(1.0, gt=0, title="Size", json_schema_extra={"unit": "mm"})
    odd: int = Field(1, title="Odd")

    @field_validator("odd")
    @classmethod
    def _is_odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError("even numbers do not work")
        return value

    @model_validator(mode="after")
    def _fits(self) -> ToyParameters:
        if self.odd > self.steps:
            raise ValueError("Odd cannot exceed Steps")
        return self


def never(*_: Any) -> Any:
    raise AssertionError


def action(parameters: type[Parameters] = ToyParameters, **more: Any) -> Action:
    return Action("toy", "Toy", "For tests.", parameters, never, **more)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"strength": 1.5}, "Strength must be a number from 0 to 1, not 1.5."),
        ({"strength": float("nan")}, "Strength must be a number from 0 to 1, not nan."),
        ({"strength": "much"}, "Strength must be a number from 0 to 1, not 'much'."),
        ({"steps": 0}, "Steps must be a whole number from 1 to 1000, not 0."),
        ({"steps": 1.5}, "Steps must be a whole number from 1 to 1000, not 1.5."),
        ({"seed": -1}, "Seed must be a whole number of at least 0 and below 9.22337e+18, not -1."),
        ({"noise": 2}, "Noise must be “auto” or a number from 0 to 1, not 2."),
        ({"noise": float("inf")}, "Noise must be “auto” or a number from 0 to 1, not inf."),
        ({"scale": 5}, "Scale must be “2” or “3” or “4”, not 5."),
        ({"taste": "sour"}, "Taste must be “sweet” or “salty”, not 'sour'."),
        ({"size": 0}, "Size must be a number above 0 mm, not 0."),
        ({"size": float("inf")}, "Size must be a number above 0 mm, not inf."),
        ({"model": 3}, "Model must be a text, not 3."),
        ({"model": np.zeros(2)}, "Model must be a text, not a ndarray."),
        ({"odd": 2}, "Odd: even numbers do not work."),
        ({"odd": 3}, "Odd cannot exceed Steps."),
    ],
)
def test_a_wrong_value_is_explained(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError) as error:
        validate(action(), values)
    assert error.value.message == message


@pytest.mark.parametrize(
    ("name", "hint"), [("nosie", "Did you mean “noise”?"), ("xyz", "It has: strength, steps")]
)
def test_an_unknown_parameter_is_answered_with_its_neighbour(name: str, hint: str) -> None:
    with pytest.raises(ParameterError, match=f"“toy” has no parameter “{name}”") as error:
        validate(action(), {name: 1})
    assert error.value.hint.startswith(hint)


def test_a_missing_mask_is_asked_for() -> None:
    with pytest.raises(ParameterError, match="“toy” needs “mask”: What is marked here"):
        validate(action(MaskParameters, needs_mask=True), {})


def test_numbers_of_numpy_are_numbers() -> None:
    given = validate(action(), {"steps": np.int64(3), "noise": np.float32(0.5)})
    assert given.model_dump() == ToyParameters(steps=3, noise=0.5).model_dump()


class Required(Parameters):
    size: int


class Impossible(Parameters):
    size: int = Field(0, ge=1)


class Reserved(Parameters):
    engine: str = ""


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"name": "Two words"}, "lower-case words"),
        ({"name": "../etc"}, "lower-case words"),
        ({"label": " "}, "a label"),
        ({"run": None}, "a function"),
        ({"parameters": dict}, "subclass of restore.hooks.Parameters"),
        ({"parameters": Required}, "a default for its parameter 'size'"),
        ({"parameters": Reserved}, "cannot have a parameter 'engine'"),
        ({"parameters": Impossible}, "(?s)cannot start from its defaults: .*greater than or equal"),
        ({"scale": "times"}, "does not have: 'times'"),
        ({"finds_mask": "marks"}, "does not have: 'marks'"),
        ({"needs_mask": True}, "“mask”"),
        ({"parameters": MaskParameters}, "“mask”"),
    ],
)
def test_an_action_that_cannot_work_cannot_be_made(change: dict[str, Any], text: str) -> None:
    fields = {"name": "a", "label": "A", "help": "", "parameters": Parameters, "run": never}
    with pytest.raises(PluginError, match=text):
        Action(**(fields | change))
