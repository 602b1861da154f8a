"""From a training run's folder to a model's folder, measured and with its card filled in."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

import restore
from restore.engine.card import CARD, Architecture, Card, Kind, to_toml
from restore.engine.export import export_model
from restore.errors import ParameterError
from restore.photo import Pixels
from restore.training.finished import RECIPE, Finished
from restore.training.staging import check_folder, new_folder

__all__ = ["About", "release"]

ATTRIBUTION = "ATTRIBUTION"
TASKS: Mapping[str, tuple[str, ...]] = {
    "restore": ("denoise", "inpaint", "upscale", "jpeg"),
    "defects": ("defects",),
}
"""What a network can do that was trained for each kind of objective."""
KINDS: Mapping[str, Kind] = {"defects": "defects"}
"""What it then is, if no prior."""
NO_MODEL = ("classes", "classifier", "autoencoder")
"""Kinds whose networks restore no photo."""


@dataclass(frozen=True)
class About:
    """What only a person can say of a model; what is left empty is taken from the recipe.

    Attributes:
        name: Lower-case identifier.
        title: What a menu shows.
        licence: SPDX identifier of the weights' licence.
        version: Of the weights.
        data: What it was trained on, in a sentence.
        credits: A file that credits the training pictures, or None.
    """

    name: str = ""
    title: str = ""
    licence: str = ""
    version: str = "1"
    data: str = ""
    credits: Path | None = None


def release(
    run: Path,
    target: Path,
    about: About = About(),
    *,
    clean: Sequence[Pixels] = (),
    measure: Callable[[Card], Card] | None = None,
    overwrite: bool = False,
) -> Card:
    """Make a model's folder of a run's.

    Args:
        run: The run's folder.
        target: The model's folder, which is there complete or not at all.
        about: What the run's folder does not say.
        clean: Clean photos (H, W, 3) in [0, 1] on which it is measured what half precision costs.
        measure: Returns the card with the figures of the model that it is given.
        overwrite: Whether an existing folder may be replaced.

    Returns:
        The model's card.

    Raises:
        ParameterError: Something is missing or wrong in `about` or the recipe.
        ModelError: The weights are missing or damaged, or ONNX and torch differ.
        WriteError: The target exists, or cannot be written.
    """
    check_folder(target, overwrite)
    finished = Finished.read(run)
    card = _card(finished, about)
    with new_folder(target, overwrite) as folder:
        if about.credits is not None:
            shutil.copyfile(about.credits, folder / card.credits)
        (folder / RECIPE).write_text(to_toml(_public(finished.recipe)), "utf-8")
        card = export_model(finished.weights, card, folder, clean)
        if measure is not None:
            if not card.architecture.is_prior:
                raise ParameterError(f"“{card.name}” returns no pictures that could be measured.")
            (folder / CARD).write_text(measure(card).to_toml(), "utf-8")
    return Card.load(target)


def _card(finished: Finished, about: About) -> Card:
    """Return the card as far as it is known before the weights are written.

    Raises:
        ParameterError: A field is missing or cannot be taken.
    """
    recipe = finished.recipe
    if about.credits is not None and not about.credits.is_file():
        raise ParameterError(f"There is no file {about.credits} with credits.")
    objective = str(_table(recipe, "objective").get("kind"))
    if objective in NO_MODEL:
        raise ParameterError(
            f"A run of the kind “{objective}” makes no model for photos.",
            "Its network is for Python: `restore.training.finished.load_network` returns it.",
        )
    sources = [Path(str(source)).name for source in _table(recipe, "data").get("sources", ())]
    fields: dict[str, Any] = {
        "name": about.name or recipe.get("name", ""),
        "title": about.title or recipe.get("title", ""),
        "kind": KINDS.get(objective, "prior"),
        "version": about.version,
        "licence": about.licence or recipe.get("licence", ""),
        "tasks": TASKS.get(objective, ()),
        "data": about.data or ", ".join(sources),
        "credits": ATTRIBUTION + about.credits.suffix if about.credits else "",
        "recipe": RECIPE,
        "trained_megapixels": finished.megapixels,
        "commit": _commit(),
        "architecture": Architecture(channels=(1,), blocks=(1,)),
        "files": {},
    }
    try:
        return Card.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ParameterError(
            f"The card's {place} cannot be {first['input']!r}: {first['msg']}.",
            f"Neither the recipe nor the call says it rightly: give another {place}.",
        ) from None


def _public(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recipe that names its pictures but not where they lie on this machine."""
    data = dict(_table(recipe, "data"))
    if "sources" in data:
        data["sources"] = [Path(str(source)).name for source in data["sources"]]
    return {**recipe, "data": data} if data else dict(recipe)


def _table(recipe: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = recipe.get(name, {})
    if not isinstance(table, Mapping):
        raise ParameterError(f"The recipe's {name} is not a table.")
    return table


def _commit() -> str:
    """Return the commit of the checkout in which the toolkit lies; empty if there is none."""
    root = Path(restore.__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return ""
    call = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        done = subprocess.run(call, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
