"""Watched folders: photos that are put into a folder come out restored, by a recipe."""

from __future__ import annotations

from restore.hooks import Command, hookimpl


@hookimpl
def restore_commands() -> list[Command]:
    """Add `restore watch`."""
    return [
        Command(
            "watch",
            "Restore what is put into folders, by a recipe.",
            "restore_watch.command:command",
        )
    ]
