"""An action's parameters as command-line options, both ways: schema to options, texts to values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import numpy as np

from restore.cli.common import RESERVED
from restore.hooks import Action
from restore.hooks.action import PriorParameters
from restore.hooks.validation import describe, validate
from restore.photo import read

__all__ = ["described", "mask_fields", "parameter_options", "validated", "value_of"]

PREFIX = "parameter_"
"""Keeps the name of a parameter apart from that of an option which every command has."""

MASK_HELP = (
    "a picture as large as the photo, white where to fill; or a folder with such a picture of the "
    "same name for each photo"
)
LARGEST_SHOWN = 1e9
"""A bound beyond it, such as that of a seed, tells a person nothing."""

Schema = Mapping[str, Any]


def parameter_options(action: Action) -> list[click.Option]:
    """Return one option for each parameter, the action's own before those that others have too."""
    fields = _fields(action)
    names = sorted(fields, key=lambda name: name in PriorParameters.model_fields)
    return [_option(action, name, fields[name]) for name in names]


def mask_fields(action: Action) -> list[str]:
    """Return the names of the parameters that are masks."""
    return [name for name, field in _fields(action).items() if field.get("format") == "mask"]


def described(action: Action) -> list[tuple[str, str]]:
    """Return each option and what it does."""
    return [(option.opts[0], option.help or "") for option in parameter_options(action)]


def value_of(given: Mapping[str, Any], name: str) -> Any:
    """Return what was given for a parameter, None if nothing was."""
    return given[PREFIX + name]


def validated(action: Action, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that were given, masks apart, as the action's own types.

    Args:
        action: Whose parameters they are.
        given: Texts by option; None for what was not given, names of files for masks and kernels.

    Raises:
        ParameterError: A value does not fit.
        PhotoError: The picture of a kernel cannot be read.
    """
    masks = mask_fields(action)
    values = {}
    for name, field in _fields(action).items():
        value = value_of(given, name)
        if value is not None and field.get("format") == "kernel":
            value = read(Path(value))
        if value is not None and name not in masks:
            values[name] = field["choices"].get(value, value) if isinstance(value, str) else value
    blank = dict.fromkeys(masks, np.ones((1, 1), dtype=bool))
    parameters = validate(action, values | blank)
    return {name: getattr(parameters, name) for name in values}


def _fields(action: Action) -> dict[str, dict[str, Any]]:
    """Return the schema of each parameter, with what it allows in words and as choices."""
    schema = action.parameters.model_json_schema()
    definitions = schema.get("$defs", {})
    return {
        name: {
            **field,
            "allowed": describe(_shown(field), definitions),
            "choices": _choices(field, definitions),
        }
        for name, field in schema["properties"].items()
    }


def _shown(field: Schema) -> Schema:
    return {
        key: value
        for key, value in field.items()
        if not (isinstance(value, int | float) and abs(value) > LARGEST_SHOWN)
    }


def _choices(field: Schema, definitions: Schema) -> dict[str, Any]:
    """Return the values of a field that is nothing but an enumeration, by their texts."""
    target = definitions.get(field.get("$ref", "").rpartition("/")[2], field)
    return {str(choice): choice for choice in target.get("enum", [])}


def _option(action: Action, name: str, field: Schema) -> click.Option:
    flag = "--" + name.replace("_", "-")
    if flag in RESERVED:
        flag = f"--{action.name}-{name.replace('_', '-')}"
    text = field.get("description") or field.get("title") or name
    name = PREFIX + name
    if field.get("format") == "mask":
        return click.Option(
            [flag, name], metavar="FILE|FOLDER", required=True, help=f"{text}: {MASK_HELP}."
        )
    if field.get("format") == "kernel":
        return click.Option([flag, name], metavar="FILE", help=f"{text}.")
    if field.get("type") == "boolean":
        both = f"{flag}/--no-{flag.removeprefix('--')}"
        return click.Option([both, name], default=None, help=_help(text, field, ""))
    if choices := field["choices"]:
        kind = click.Choice(list(choices))
        return click.Option([flag, name], type=kind, help=_help(text, field, ""))
    return click.Option([flag, name], metavar="VALUE", help=_help(text, field, field["allowed"]))


def _help(text: str, field: Schema, allowed: str) -> str:
    details = [allowed] if allowed and allowed != "a text" else []
    if (default := field.get("default")) is not None:
        shown = ("on" if default else "off") if isinstance(default, bool) else default
        details.append(f"default: {shown}")
    return f"{text}.  [{'; '.join(details)}]" if details else f"{text}."
