"""Brings a command that names no attribute."""

from restore.hooks import Command, hookimpl


@hookimpl
def restore_commands() -> list[Command]:
    return [Command("useless", "Do it.", "nowhere")]
