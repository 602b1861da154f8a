"""`restore install`: the actions in the menus of an editor."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from restore.cli import wording
from restore.cli.session import Session
from restore.errors import ParameterError, RestoreError
from restore.hooks.host import Host, Profile, Toolkit
from restore.worker.folder import Folder, default_folder
from restore.worker.hosts import this_toolkit

__all__ = ["command", "host_named", "listing"]


@click.command("install")
@click.argument("editor", required=False)
@click.option("--list", "only_list", is_flag=True, help="Only show the profiles that are found.")
@click.option(
    "--profile",
    "folders",
    type=click.Path(path_type=Path, file_okay=False),
    multiple=True,
    metavar="FOLDER",
    help="Install there; may be given several times.  [default: every profile that is found]",
)
@click.option(
    "--zip",
    "archive",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a file that the editor can import itself, and install nothing.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where the worker's socket shall be.  [default: in your folder of programs' states]",
)
@click.option("--no-check", is_flag=True, help="Do not start the editor to check the entries.")
@click.pass_context
def command(
    ctx: click.Context,
    editor: str | None,
    only_list: bool,
    folders: Sequence[Path],
    archive: Path | None,
    folder: Path | None,
    no_check: bool,
) -> int:
    """Put the actions into the menus of EDITOR: gimp or krita. Without one, show what is found.

    The plug-in is copied into every profile of the editor, and the editor is started without a
    window to check that the entries are there. The exit code is 1 if they are not.
    """
    session = Session.of(ctx)
    hosts = session.plugins.hosts()
    if editor is None or only_list:
        shown = hosts if editor is None else {editor: host_named(hosts, editor)}
        click.echo(listing(shown))
        return 0
    host = host_named(hosts, editor)
    toolkit = this_toolkit(session.plugins, Folder((folder or default_folder()).absolute()))
    _check_command(toolkit)
    if archive is not None:
        host.archive(archive, toolkit)
        click.echo(f"{archive}: let {host.label} import it. It works on this machine only.")
        return 0
    profiles = _chosen(host, folders)
    states = [_install(host, profile, toolkit, check=not no_check) for profile in profiles]
    return int("missing" in states)


def host_named(hosts: Mapping[str, Host], name: str) -> Host:
    """Return a host by its name.

    Raises:
        ParameterError: There is none.
    """
    if host := hosts.get(name.lower()):
        return host
    known = ", ".join(hosts) or "none; the plugins that bring them are switched off or missing"
    raise ParameterError(f"There is no editor “{name}” here.", f"There are: {known}.")


def listing(hosts: Mapping[str, Host]) -> str:
    """Return a table of the profiles of each editor, and whether the plug-in is there."""
    rows = []
    for host in hosts.values():
        there = {found.profile.folder: found for found in host.installations()}
        found = {profile.folder: profile for profile in host.profiles()}
        profiles = found | {folder: there[folder].profile for folder in there}
        for folder, profile in profiles.items():
            installed = there.get(folder)
            state = f"installed ({installed.version})" if installed else "not installed"
            rows.append((host.name, profile.version, profile.packaging, state, str(folder)))
        if not profiles:
            rows.append((host.name, "", "", "no profile found", ""))
    if not rows:
        return "There is no editor for which a plugin is loaded."
    return wording.table([("editor", "version", "package", "state", "profile"), *rows], indent="")


def _chosen(host: Host, folders: Sequence[Path]) -> list[Profile]:
    if folders:
        return [host.profile(folder) for folder in folders]
    profiles = host.profiles()
    if not profiles:
        raise RestoreError(
            f"No profile of {host.label} was found.",
            f"Start {host.label} once: it makes its profile when it first starts. If it keeps it "
            f"elsewhere: restore install {host.name} --profile FOLDER",
        )
    return profiles


def _install(host: Host, profile: Profile, toolkit: Toolkit, *, check: bool) -> str:
    installed = host.install(profile, toolkit)
    click.echo(f"{host.label} {profile.version}".strip() + f": installed in {installed.plugin}")
    state = "unknown"
    if check:
        click.echo(
            f"Asking {host.label}, without a window, whether the entries are there …", err=True
        )
        verdict = host.verify(installed)
        state = verdict.state
        click.echo(verdict.text, err=state == "missing")
    if state != "missing":
        click.echo(host.next_step(installed))
    return state


def _check_command(toolkit: Toolkit) -> None:
    """Refuse to install what an editor, which starts elsewhere, could not start.

    Raises:
        RestoreError: This Python finds the toolkit only from here.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    python = toolkit.command[0]
    code = "import importlib.util as u, sys; sys.exit(u.find_spec('restore') is None)"
    done = subprocess.run(
        [python, "-c", code], cwd=Path(sys.prefix), env=clean, capture_output=True, check=False
    )
    if done.returncode:
        raise RestoreError(
            f"An editor could not start the toolkit: {python} finds it only from here, or with "
            "PYTHONPATH.",
            "Install it into that Python: pip install FOLDER-OF-THE-TOOLKIT",
        )
