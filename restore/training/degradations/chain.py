"""Several degradations in a row, each for a share of the examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import BeforeValidator, SerializeAsAny
from torch import Generator

from restore.training.degradations.drawing import Piece, Share, picked
from restore.training.degradations.view import View

__all__ = ["Chain", "Step", "apply"]


class Step(Piece):
    """A degradation and how many examples it befalls.

    Attributes:
        piece: The degradation.
        chance: Share of the examples.
    """

    piece: SerializeAsAny[Any]
    chance: Share = 1.0


def _read_step(table: Any) -> Any:
    """Read {kind = …, chance = …, and the degradation's own keys}."""
    from restore.training.degradations import PIECES

    if isinstance(table, Step):
        return table
    if isinstance(table, Piece):
        return Step(piece=table)
    if not isinstance(table, dict):
        raise ValueError("a step of a chain is a table with a kind")
    if set(table) == {"piece", "chance"} and isinstance(table["piece"], dict):
        table = {**table["piece"], "chance": table["chance"]}
    table = dict(table)
    chance = table.pop("chance", 1.0)
    kind = table.get("kind")
    if kind not in PIECES:
        raise ValueError(f"there is no degradation {kind!r}; allowed: {', '.join(PIECES)}")
    return Step(piece=PIECES[kind].model_validate(table), chance=chance)


if TYPE_CHECKING:
    Chain: TypeAlias = tuple[Step, ...]
else:
    Chain = tuple[Annotated[Step, BeforeValidator(_read_step)], ...]


def apply(chain: Sequence[Step], view: View, generator: Generator) -> View:
    """Let every step happen to its share of the examples, in order."""
    for step in chain:
        if step.chance >= 1:
            view = step.piece(view, generator)
            continue
        at = picked(view.y, step.chance, generator)
        if len(at):
            view = view.put(at, step.piece(view.at(at), generator))
    return view
