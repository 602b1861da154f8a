"""Finding models: shipped with the package, installed by the user, brought by a plugin."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

from restore.engine.card import CARD, Card, Kind
from restore.errors import ModelError

__all__ = ["broken_models", "find_model", "find_models", "shipped_models", "user_models"]

PURPOSE: dict[Kind, str] = {"prior": "diffusion prior", "defects": "detector of damage"}


def shipped_models() -> Path:
    """Return the folder of the models that came with the package."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "_models"
    return installed if installed.is_dir() else package.parent / "models"


def user_models() -> Path:
    """Return the folder of the models that the user installed; it may not exist yet."""
    import platformdirs

    return platformdirs.user_data_path("restore") / "models"


def find_models(extra_folders: Iterable[Path] = (), kind: Kind | None = None) -> dict[str, Card]:
    """Return the cards of all models by name.

    A name found twice means the first in this order: shipped, the user's own, extra folders; no
    plugin can put itself in the place of a model that is there.

    Args:
        extra_folders: Models, or folders of models.
        kind: What they must be; None for models of any kind.
    """
    return _of_kind(_search(extra_folders)[0], kind)


def broken_models(extra_folders: Iterable[Path] = ()) -> dict[str, ModelError]:
    """Return what is wrong with the folders that have a card which cannot be read, by name."""
    return _search(extra_folders)[1]


def find_model(name: str, extra_folders: Iterable[Path] = (), kind: Kind | None = None) -> Card:
    """Return the card of one model.

    Args:
        name: Its name.
        extra_folders: Models, or folders of models.
        kind: What it must be; None for a model of any kind.

    Raises:
        ModelError: There is no such model, it is of another kind, or its card cannot be read.
    """
    found, broken = _search(extra_folders)
    cards = _of_kind(found, kind)
    if name in cards:
        return cards[name]
    if name in broken:
        raise broken[name]
    known = f"There are: {', '.join(sorted(cards))}." if cards else "No models are installed."
    if name in found:
        raise ModelError(
            f"The model “{name}” is a {PURPOSE[found[name].kind]}, which is not what is needed.",
            known,
        )
    near = difflib.get_close_matches(name, cards, 1)
    raise ModelError(
        f"There is no model “{name}”.", f"Did you mean “{near[0]}”? {known}" if near else known
    )


def _of_kind(cards: dict[str, Card], kind: Kind | None) -> dict[str, Card]:
    return {name: card for name, card in cards.items() if kind in (None, card.kind)}


def _search(extra_folders: Iterable[Path]) -> tuple[dict[str, Card], dict[str, ModelError]]:
    cards: dict[str, Card] = {}
    broken: dict[str, ModelError] = {}
    for parent in (shipped_models(), user_models(), *extra_folders):
        folders = [parent] if (parent / CARD).is_file() else sorted(parent.glob("*/"))
        for folder in folders:
            if not (folder / CARD).is_file():
                continue
            try:
                card = Card.load(folder)
            except ModelError as error:
                broken.setdefault(folder.name, error)
            else:
                cards.setdefault(card.name, card)
    return cards, broken
