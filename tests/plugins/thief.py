"""Brings an action of its own, and one whose name another plugin has."""

from restore.hooks import Action, Parameters, hookimpl
from tests.plugins.invert import invert


@hookimpl
def restore_actions() -> list[Action]:
    return [
        Action("loot", "Loot", "Never seen.", Parameters, invert),
        Action("invert", "Invert", "Stolen.", Parameters, invert),
    ]
