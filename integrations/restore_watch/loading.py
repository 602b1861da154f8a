"""Loading a recipe: whatever is wrong with it is said with file, line and key, all at once."""

from __future__ import annotations

import difflib
import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from restore.errors import ParameterError, RestoreError
from restore.hooks import Action, Parameters
from restore.hooks.manager import Plugins
from restore.hooks.validation import validate
from restore.photo.fitting import check_depth
from restore.photo.formats.registry import by_name, listed
from restore_watch.folders import faults_of_folders
from restore_watch.line import Line
from restore_watch.places import Place, line_of, places
from restore_watch.recipe import Folder, Recipe, Step

__all__ = ["Loaded", "RecipeError", "load"]

LARGEST = 1 << 20
"""Bytes of a recipe."""


class RecipeError(ParameterError):
    """A recipe is not what it must be (exit code 2)."""


@dataclass(frozen=True)
class Loaded:
    """A recipe that was found good.

    Attributes:
        path: Its file.
        recipe: What it says.
        lines: A line for each folder.
    """

    path: Path
    recipe: Recipe
    lines: tuple[Line, ...]


def load(path: Path, plugins: Plugins) -> Loaded:
    """Read and check a recipe; the folders that it names must be there and fit each other.

    Raises:
        RecipeError: Something is wrong; each fault stands on a line of its own.
    """
    text = _text(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(_syntax(path, text, str(error)), "It must be TOML.") from None
    except RecursionError:
        raise RecipeError(f"{path}: it is nested too deeply.") from None
    known = places(text)

    def refuse(faults: Sequence[tuple[Place, str]]) -> None:
        if faults:
            told = sorted((line_of(known, place), place, what) for place, what in faults)
            raise RecipeError(
                "\n".join(f"{path}:{n}: {_key(place)}{what}" for n, place, what in told)
            )

    try:
        recipe = Recipe.model_validate(data, context={"beside": path.absolute().parent})
    except ValidationError as error:
        found = error.errors(include_url=False)
        faults = [_fault(one) for one in found if not _follows(one)]
        refuse(faults)
        raise
    lines: list[Line] = []
    faults = []
    for number, folder in enumerate(recipe.folder):
        place: Place = ("folder", number)
        faults += [((*place, key), what) for key, what in _check_format(folder, plugins)]
        steps, wrong = _steps(folder, plugins)
        faults += [((*place, *inner), what) for inner, what in wrong]
        lines.append(Line(folder, tuple(steps)))
    refuse(faults or list(faults_of_folders(recipe, path)))
    return Loaded(path, recipe, tuple(lines))


def _text(path: Path) -> str:
    """Read the file, which must be the person's own."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | _PATIENT), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise RecipeError(f"{path} is not a file.", "`restore watch init` writes one.")
            if os.name != "nt" and status.st_mode & stat.S_IWOTH:
                raise RecipeError(
                    f"{path} can be written by everybody on this machine, who could then let you "
                    "write anywhere.",
                    f"chmod o-w '{path}'",
                )
            if os.name != "nt" and status.st_uid not in (0, os.geteuid()):
                raise RecipeError(
                    f"{path} belongs to somebody else.", "Make a copy of it that is yours."
                )
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise RecipeError(
            f"There is no recipe {path}.", f"`restore watch init '{path}'` writes one."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise RecipeError(f"{path} cannot be read: {reason}.") from None
    if len(data) > LARGEST:
        raise RecipeError(f"{path} is too long for a recipe.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RecipeError(f"{path}:{line}: This is not UTF-8.", "Save it as UTF-8.") from None


_PATIENT = getattr(os, "O_NONBLOCK", 0)


def _syntax(path: Path, text: str, message: str) -> str:
    said = re.match(r"(.*?) \(at (?:line (\d+), column \d+|end of document)\)", message, re.DOTALL)
    if not said:
        return f"{path}: {message}"
    line = int(said[2]) if said[2] else text.count("\n") + 1
    return f"{path}:{line}: {said[1]}."


def _key(place: Place) -> str:
    names = [name for name in place if isinstance(name, str)]
    return f"{'.'.join(names)}: " if names else ""


def _fault(error: Any) -> tuple[Place, str]:
    """Say in words what pydantic found."""
    place, kind = tuple(error["loc"]), error["type"]
    if kind == "missing":
        return place, "is missing."
    if kind == "extra_forbidden":
        names = [*(Folder if place[:1] == ("folder",) and len(place) > 2 else Recipe).model_fields]
        near = difflib.get_close_matches(str(place[-1]), names, 1)
        return place, f"there is no such key. {_or_list(near, names)}"
    if kind == "value_error":
        return place, f"{error['ctx']['error']}."
    said = error["msg"].replace("Input should", "it should")
    place = tuple(part for part in place if part not in ("int", "float"))
    return place, f"{said}, not {_shown(error['input'])}."


def _follows(error: Any) -> bool:
    """Whether a list is said to be too short because what is in it is refused."""
    return error["type"] == "too_short" and bool(error["input"])


def _or_list(near: Sequence[str], names: Sequence[str]) -> str:
    return f"Did you mean “{near[0]}”?" if near else f"There are: {', '.join(names)}."


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a table"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _check_format(folder: Folder, plugins: Plugins) -> Iterator[tuple[str, str]]:
    if folder.format is None:
        return
    formats = [kind for kind in plugins.formats() if kind.encode]
    kind = by_name(folder.format, formats)
    if kind is None:
        yield (
            "format",
            f"“{folder.format}” cannot be written. Use {listed([f.name for f in formats])}.",
        )
    elif kind.missing:
        yield "format", f"what writes {kind.name} is not installed: pip install '{kind.missing}'"
    elif folder.depth is not None:
        try:
            check_depth(kind, folder.depth)
        except RestoreError as error:
            yield "depth", _said(error)


def _steps(
    folder: Folder, plugins: Plugins
) -> tuple[list[tuple[Action, Parameters]], list[tuple[Place, str]]]:
    steps, faults = [], []
    for number, step in enumerate(folder.step):
        place: Place = ("step", number)
        try:
            action = plugins.action(step.action)
        except RestoreError as error:
            faults.append(((*place, "action"), _said(error)))
            continue
        if action.needs_mask:
            what = f"“{action.name}” needs a mask for each photo, which a folder does not bring."
            faults.append(((*place, "action"), what))
            continue
        try:
            steps.append((action, validate(action, step.parameters)))
        except RestoreError as error:
            faults.append(((*place, *_guilty(action, step)), _said(error)))
    return steps, faults


def _guilty(action: Action, step: Step) -> Place:
    """Return the key of the parameter that is refused, as far as it can be told."""
    try:
        action.parameters.model_validate(step.parameters)
    except ValidationError as error:
        return tuple(error.errors()[0]["loc"][:1])
    return ()


def _said(error: RestoreError) -> str:
    return f"{error.message} {error.hint}".strip()
