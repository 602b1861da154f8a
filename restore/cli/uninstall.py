"""`restore uninstall`: an editor as it was before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from restore.cli.install import host_named
from restore.cli.session import Session
from restore.errors import ParameterError
from restore.hooks.host import Host, Installed

__all__ = ["command"]


@click.command("uninstall")
@click.argument("editor")
@click.option(
    "--profile",
    "folders",
    type=click.Path(path_type=Path, file_okay=False),
    multiple=True,
    metavar="FOLDER",
    help="Only from there; may be given several times.  [default: wherever it was installed]",
)
@click.pass_context
def command(ctx: click.Context, editor: str, folders: Sequence[Path]) -> None:
    """Take the actions out of EDITOR again: exactly what `restore install` put there."""
    host = host_named(Session.of(ctx).plugins.hosts(), editor)
    for installed in _chosen(host, folders):
        left = host.uninstall(installed)
        click.echo(f"{host.label}: removed from {installed.profile.folder}")
        for path in left:
            click.echo(f"    left, since it is not restore's: {path}")


def _chosen(host: Host, folders: Sequence[Path]) -> list[Installed]:
    there = host.installations()
    wanted = [folder.expanduser().absolute() for folder in folders]
    for folder in wanted:
        if folder not in [installed.profile.folder for installed in there]:
            raise ParameterError(
                f"Nothing was installed in {folder}.",
                f"What is: restore install {host.name} --list",
            )
    chosen = [found for found in there if not wanted or found.profile.folder in wanted]
    if not chosen:
        click.echo(f"Nothing is installed in {host.label}.")
    return chosen
