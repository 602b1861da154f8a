"""What a run began with, so that its model can say how much its weights have seen in all."""

from __future__ import annotations

import tomllib
from pathlib import Path

from restore.engine.card import CARD, Card, sha256
from restore.errors import RestoreError
from restore.training.finished import RECIPE, Finished
from restore.training.recipe import OriginRecipe, Recipe

__all__ = ["origin_of", "with_origin"]


def origin_of(weights: Path) -> OriginRecipe:
    """Say what a file of weights is, by the model's card or the run's files beside it.

    Weights with neither have seen nothing that is known of.
    """
    folder = weights.absolute().parent
    try:
        if (folder / CARD).is_file():
            seen = Card.load(folder).trained_megapixels
        else:
            seen = Finished.read(folder).megapixels
    except RestoreError:
        seen = 0
    return OriginRecipe(
        weights=f"{folder.name}/{weights.name}", sha256=sha256(weights), megapixels=seen
    )


def with_origin(recipe: Recipe, folder: Path, weights: Path | None) -> Recipe:
    """Return the recipe of a run with what it began with.

    Args:
        recipe: As it was given.
        folder: The run's folder; a run that goes on keeps the origin that is told there.
        weights: What a new run begins with; None for chance, or if the run goes on.
    """
    if weights is not None:
        return recipe.model_copy(update={"origin": origin_of(weights)})
    try:
        told = tomllib.loads((folder / RECIPE).read_text("utf-8")).get("origin")
        origin = None if told is None else OriginRecipe.model_validate(told)
    except (OSError, ValueError):
        return recipe
    return recipe.model_copy(update={"origin": origin})
