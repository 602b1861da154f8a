"""Fails when it is asked for its actions."""

from restore.hooks import Action, hookimpl


@hookimpl
def restore_actions() -> list[Action]:
    raise RuntimeError("no coffee")
