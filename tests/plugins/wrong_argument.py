"""Asks for an argument that the hook does not have."""

from restore.hooks import Action, hookimpl


@hookimpl
def restore_actions(settings: object) -> list[Action]:
    return []
