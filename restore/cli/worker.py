"""`restore worker`: the service that editors use, run by hand or looked after."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import click

from restore.cli import wording
from restore.cli.console import print_json
from restore.cli.session import Session
from restore.errors import WorkerError
from restore.worker.folder import Folder, default_folder

__all__ = ["command"]

IDLE = 900.0

FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where its socket is.  [default: in your folder of programs' states]",
)


@click.group("worker", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Serve editors on this machine; they start it themselves.

    It listens to nobody but you, keeps its models at hand, and leaves when nobody needs it.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(run)


@command.command("run")
@FOLDER
@click.option(
    "--idle",
    type=click.FloatRange(min=0, min_open=True),
    default=IDLE,
    show_default=True,
    metavar="SECONDS",
    help="Leave after so long with nothing to do.",
)
@click.option("--tcp", is_flag=True, help="Listen on 127.0.0.1, as on Windows, with a token.")
@click.pass_context
def run(ctx: click.Context, folder: Path | None, idle: float, tcp: bool) -> None:
    """Serve until idle; Ctrl-C ends it."""
    from restore.hooks.manager import Plugins
    from restore.worker.log import logged
    from restore.worker.server import serve

    with logged():
        plugins = Plugins.load(enabled=Session.of(ctx).use_plugins)
        serve(_folder(folder), plugins, idle=idle, tcp=tcp)


@command.command("status")
@FOLDER
@click.option("--json", "as_json", is_flag=True, help="Write it as JSON.")
def status(folder: Path | None, as_json: bool) -> int:
    """Say whether it runs and what it does. The exit code is 1 if it does not run."""
    found = _call(folder, "GET", "/health")
    if as_json:
        print_json({"folder": str(_folder(folder).path), **(found or {"pid": None})})
    elif found is None:
        click.echo("No worker runs. An editor starts it when it needs it.")
    else:
        models = ", ".join(found["models"]) or "none"
        click.echo(
            f"A worker runs (restore {found['version']}, process {found['pid']}): "
            f"{wording.count(found['running'], 'run')}, {found['waiting']} waiting, models in "
            f"memory: {models}; idle for {wording.seconds(found['idle_s'])}."
        )
    return int(found is None)


@command.command("stop")
@FOLDER
@click.option("--now", is_flag=True, help="Stop what runs, too.")
def stop(folder: Path | None, now: bool) -> None:
    """Let it leave as soon as nothing runs."""
    try:
        found = _call(folder, "GET", "/health")
    except WorkerError:
        if not (now and _killed(folder)):
            raise
        click.echo("The worker answered nobody any more, and was ended.")
        return
    if found is None:
        click.echo("No worker runs.")
    elif now:
        os.kill(found["pid"], signal.SIGTERM)
        click.echo("The worker stops what runs, and leaves.")
    else:
        _call(folder, "POST", "/quit")
        click.echo("The worker leaves as soon as nothing runs.")


@command.command("free")
@FOLDER
def free(folder: Path | None) -> None:
    """Let it give back the memory that its models take."""
    gone = _call(folder, "POST", "/free") is None
    click.echo("No worker runs." if gone else "The worker has let its models go.")


def _folder(path: Path | None) -> Folder:
    return Folder(default_folder() if path is None else path.absolute())


def _killed(path: Path | None) -> bool:
    """End a worker that does not answer; return whether there was one."""
    import psutil

    from restore.worker.calling import holder

    folder = _folder(path)
    folder.check()
    pid = holder(folder)
    if pid is not None:
        psutil.Process(pid).kill()
    return pid is not None


def _call(folder: Path | None, method: str, path: str) -> dict[str, Any] | None:
    from restore.worker.calling import call

    return call(_folder(folder), method, path)
