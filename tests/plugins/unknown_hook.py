"""Misspells a hook."""

from restore.hooks import Action, hookimpl


@hookimpl
def restore_action() -> list[Action]:
    return []
