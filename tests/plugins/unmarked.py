"""Forgets to mark its hook."""

from restore.hooks import Action


def restore_actions() -> list[Action]:
    return []
