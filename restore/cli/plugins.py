"""`restore plugins`: what was found, what it adds, why something was left out; and a new one."""

from __future__ import annotations

from dataclasses import asdict

import click

from restore.cli import newplugin, wording
from restore.cli.console import print_json
from restore.cli.session import Session

__all__ = ["command"]


@click.group("plugins", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Write the list as JSON.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the plugins, what they add and how long they took to load."""
    if ctx.invoked_subcommand is not None:
        return
    plugins = Session.of(ctx).plugins
    found = plugins.status()
    if as_json:
        print_json([asdict(status) for status in found])
        return
    rows = [
        (
            status.name,
            status.version,
            f"{1000 * status.seconds:.0f} ms",
            f"left out: {status.error}" if status.error else ", ".join(status.actions),
            ", ".join(status.formats),
            ", ".join(status.hosts),
            ", ".join(status.commands),
        )
        for status in found
    ]
    titles = ("plugin", "version", "loaded in", "actions", "formats", "editors", "commands")
    click.echo(wording.table([titles, *rows]))
    for lacking in (kind for kind in plugins.formats() if kind.missing):
        click.echo(f"{lacking.name} needs: pip install '{lacking.missing}'")


command.add_command(newplugin.command)
