"""The actions as a host shows them: each with its parameters as the fields of a dialog."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from restore.engine.registry import find_models
from restore.hooks.action import Action, PriorParameters
from restore.hooks.manager import Plugins

__all__ = ["catalogue", "entry"]

Entry: TypeAlias = dict[str, Any]
Schema: TypeAlias = Mapping[str, Any]


def catalogue(plugins: Plugins) -> list[Entry]:
    """Return every action with its JSON schema and the fields of its dialog, as JSON values.

    docs/worker.md says what an entry and a field hold. A parameter that no dialog can show, such as
    a list, is in the schema only; its default holds.
    """
    models = list(find_models(plugins.models(), "prior"))
    return [entry(action, models) for action in plugins.actions().values()]


def entry(action: Action, models: Sequence[str] = ()) -> Entry:
    """Return what `catalogue` says of one action.

    Args:
        action: The action.
        models: Names of the diffusion models to choose from; without any, a model is a text.
    """
    schema = action.parameters.model_json_schema()
    names = sorted(schema["properties"], key=lambda name: name in PriorParameters.model_fields)
    definitions = schema.get("$defs", {})
    fields = (_field(name, schema["properties"][name], definitions) for name in names)
    return {
        "name": action.name,
        "label": action.label,
        "help": action.help,
        "plugin": action.plugin,
        "scale": action.scale,
        "needs_mask": action.needs_mask,
        "finds_mask": action.finds_mask,
        "schema": schema,
        "fields": [
            _of_models(field, models) if _names_a_model(action, field) else field
            for field in fields
            if field
        ],
    }


def _names_a_model(action: Action, field: Entry) -> bool:
    return field["name"] == "model" and issubclass(action.parameters, PriorParameters)


def _of_models(field: Entry, models: Sequence[str]) -> Entry:
    """Return the field of a model's name as a choice of those that are installed."""
    if not models:
        return field
    default = field["default"] if field["default"] in models else models[0]
    choices = [{"value": name, "title": name} for name in models]
    return {**field, "kind": "choice", "choices": choices, "default": default}


def _field(name: str, schema: Schema, definitions: Schema) -> Entry | None:
    kind = _kind(schema, definitions)
    if kind is None:
        return None
    titles = schema.get("titles", {})
    for choice in kind.get("choices", ()):
        choice["title"] = titles.get(str(choice["value"]), choice["title"])
    return {
        "name": name,
        "title": schema.get("title", name),
        "description": schema.get("description", ""),
        "unit": schema.get("unit", ""),
        "default": schema.get("default"),
        **kind,
    }


def _kind(schema: Schema, definitions: Schema) -> Entry | None:
    """Return the kind of a field and what belongs to it; None if no dialog can show it."""
    if "$ref" in schema:
        return _kind(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        return _alternatives(schema["anyOf"], definitions)
    if values := _values(schema):
        return {"kind": "choice", "choices": [{"value": v, "title": _title(v)} for v in values]}
    match schema.get("type"), schema.get("format"):
        case "string", "mask":
            return {"kind": "mask"}
        case "string", "kernel":
            return {"kind": "picture"}
        case "string", _:
            return {"kind": "text"}
        case "boolean", _:
            return {"kind": "boolean"}
        case ("number" | "integer") as kind, _:
            return {"kind": kind, **_range(schema, whole=kind == "integer")}
    return None


def _alternatives(choices: Sequence[Schema], definitions: Schema) -> Entry | None:
    """Return the kind of a number that may also be one of some words."""
    words: list[Any] = []
    kinds: list[Entry] = []
    for choice in choices:
        if values := _values(choice):
            words += values
        elif kind := _kind(choice, definitions):
            kinds.append(kind)
        else:
            return None
    if not kinds:
        return {"kind": "choice", "choices": [{"value": v, "title": _title(v)} for v in words]}
    if len(kinds) > 1 or kinds[0]["kind"] not in ("number", "integer"):
        return None
    return {**kinds[0], "words": words} if words else kinds[0]


def _values(schema: Schema) -> list[Any]:
    values = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    return list(values)


def _title(value: Any) -> str:
    text = str(value).replace("_", " ")
    return text[:1].upper() + text[1:]


def _range(schema: Schema, *, whole: bool) -> Entry:
    """Return the least and the greatest value, null where there is no bound."""
    return {
        "min": max(_bounds(schema, "minimum", "exclusiveMinimum", 1, whole), default=None),
        "max": min(_bounds(schema, "maximum", "exclusiveMaximum", -1, whole), default=None),
    }


def _bounds(
    schema: Schema, with_it: str, without: str, inwards: int, whole: bool
) -> Iterator[int | float]:
    if (bound := schema.get(with_it)) is not None:
        yield bound
    if (bound := schema.get(without)) is not None:
        yield bound + inwards if whole else math.nextafter(bound, inwards * math.inf)
