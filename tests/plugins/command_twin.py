"""Brings one command twice."""

from restore.hooks import Command, hookimpl


@hookimpl
def restore_commands() -> list[Command]:
    return [Command("twin", "Do it.", "nowhere:command")] * 2
