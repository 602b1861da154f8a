"""From a plugin's parameters to options and back."""

from enum import Enum
from typing import Literal

import click
import pytest
from pydantic import Field

from restore.cli.common import RESERVED, common_options
from restore.cli.options import PREFIX, mask_fields, parameter_options, validated
from restore.errors import ParameterError
from restore.hooks import Action, MaskParameters, Report, Result
from restore.hooks.action import PriorParameters


class Film(Enum):
    GRAY = "gray"
    COLOUR = "colour"


class Everything(PriorParameters, MaskParameters):
    amount: float = Field(0.5, ge=0, lt=2, description="How much")
    tries: int = Field(3, gt=0)
    scale: Literal[2, 4] = 4
    film: Film = Film.GRAY
    soft_edge: bool = False
    noise: float | Literal["auto"] = "auto"
    limit: int | None = None
    output: str = "x"


ACTION = Action(
    "everything",
    "Everything",
    "All kinds",
    Everything,
    lambda photo, parameters, context: Result(photo, Report("everything")),
    needs_mask=True,
)


def parse(*arguments):
    """Run click over the options of the action, then validate."""
    command = click.Command("everything", params=[*parameter_options(ACTION), *common_options("x")])
    with command.make_context("everything", ["--mask", "m.png", *arguments]) as context:
        return validated(ACTION, context.params)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], {}),
        (["--amount", "0.25"], {"amount": 0.25}),
        (["--tries", "7"], {"tries": 7}),
        (["--scale", "2"], {"scale": 2}),
        (["--film", "colour"], {"film": Film.COLOUR}),
        (["--soft-edge"], {"soft_edge": True}),
        (["--no-soft-edge"], {"soft_edge": False}),
        (["--noise", "auto"], {"noise": "auto"}),
        (["--noise", "0.1"], {"noise": 0.1}),
        (["--limit", "5"], {"limit": 5}),
        (["--everything-output", "y"], {"output": "y"}),
        (["--seed", str(2**62)], {"seed": 2**62}),
    ],
)
def test_a_text_becomes_the_value_of_the_parameter(arguments, expected):
    given = parse(*arguments)
    assert given == expected
    assert {k: type(v) for k, v in given.items()} == {k: type(v) for k, v in expected.items()}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--amount", "2"],
        ["--amount", "nan"],
        ["--tries", "0"],
        ["--tries", "1.5"],
        ["--noise", "loud"],
        ["--limit", "few"],
        ["--strength", "-0.1"],
        ["--seed", str(2**63)],
    ],
)
def test_a_value_that_does_not_fit_is_refused(arguments):
    with pytest.raises(ParameterError, match=f"(?i){arguments[0][2:]}"):
        parse(*arguments)


def test_a_choice_is_refused_by_the_command_line_itself():
    with pytest.raises(click.UsageError, match="'3'"):
        parse("--scale", "3")


def test_masks_are_files_and_not_parameters():
    assert mask_fields(ACTION) == ["mask"]
    assert "mask" not in parse()


def test_every_parameter_has_an_option_with_help_and_none_is_shadowed():
    options = parameter_options(ACTION)
    assert {option.name for option in options} == {PREFIX + n for n in Everything.model_fields}
    assert all(option.help for option in options)
    flags = {flag for option in options for flag in option.opts}
    assert not flags & RESERVED
    assert {"--jobs", "-o", "--json", "--help"} <= RESERVED


def test_the_actions_own_parameters_come_first():
    names = [option.opts[0] for option in parameter_options(ACTION)]
    assert names.index("--amount") < names.index("--strength")
