"""`restore watch`: the command line of recipes and folders."""

from __future__ import annotations

from pathlib import Path

import click

from restore.cli import wording
from restore.cli.console import print_json
from restore.cli.session import Session

__all__ = ["command"]

TEMPLATE = Path(__file__).with_name("template.toml")
DEFAULT = "recipe.toml"

_RECIPE = click.argument("recipe", type=click.Path(path_type=Path, dir_okay=False))


@click.group("watch")
def command() -> None:
    """Restore what is put into folders, by a recipe.

    Begin with `restore watch init`, which writes a recipe to be filled in.
    """


@command.command("init")
@click.argument("recipe", type=click.Path(path_type=Path, dir_okay=False), default=DEFAULT)
def init(recipe: Path) -> None:
    """Write a recipe with remarks to RECIPE, by default recipe.toml here."""
    from restore.photo.atomic import write_bytes

    write_bytes(recipe, TEMPLATE.read_bytes())
    recipe.chmod(recipe.stat().st_mode & ~0o022)
    click.echo(f"{recipe} is there. Fill it in, then: restore watch check '{recipe}'")


@command.command("check")
@_RECIPE
@click.pass_context
def check(ctx: click.Context, recipe: Path) -> None:
    """Check RECIPE, and show what would become of each file that is there now."""
    from restore_watch.loading import load
    from restore_watch.showing import preview

    plugins = Session.of(ctx).plugins
    loaded = load(recipe, plugins)
    click.echo(f"{recipe} is good.")
    for line in loaded.lines:
        for text in preview(line, plugins.formats()):
            click.echo(text)


@command.command("run")
@_RECIPE
@click.option("--once", is_flag=True, help="Do what is there now, then leave; must be given.")
@click.option("--redo", is_flag=True, help="Do photos again that an earlier recipe did.")
@click.pass_context
def run(ctx: click.Context, recipe: Path, once: bool, redo: bool) -> int:
    """Restore what is in the folders of RECIPE and was not restored yet.

    It may be stopped or killed at any moment: the next one goes on from there. The exit code is 1
    if photos failed, 130 if it was stopped.
    """
    from restore_watch.loading import load
    from restore_watch.running import Running

    if not once:
        raise click.UsageError("Folders are gone through in passes: say --once for one.", ctx)
    session = Session.of(ctx)
    return Running(session, load(recipe, session.plugins), redo=redo).run()


@command.command("status")
@_RECIPE
@click.option("--json", "as_json", is_flag=True, help="Write it as JSON.")
@click.pass_context
def status(ctx: click.Context, recipe: Path, as_json: bool) -> None:
    """Say how many photos are queued, done and failed, and why those failed."""
    from restore_watch.loading import load
    from restore_watch.showing import status_of

    loaded = load(recipe, Session.of(ctx).plugins)
    found = [status_of(line) for line in loaded.lines]
    if as_json:
        print_json([status.as_json() for status in found])
        return
    for status in found:
        for text in status.as_text():
            click.echo(text)


@command.command("history")
@_RECIPE
@click.option(
    "-n", "--newest", type=click.IntRange(min=1), default=20, show_default=True, help="How many."
)
@click.option("--json", "as_json", is_flag=True, help="Write a line of JSON a photo.")
@click.pass_context
def history(ctx: click.Context, recipe: Path, newest: int, as_json: bool) -> None:
    """Show what became of the photos that were worked on last, the newest last."""
    from restore_watch.loading import load
    from restore_watch.showing import history_of

    for line in load(recipe, Session.of(ctx).plugins).lines:
        for entry in history_of(line, newest):
            if as_json:
                print_json(entry.as_json(), indent=None)
            else:
                click.echo(entry.as_text())


@command.command("retry")
@_RECIPE
@click.pass_context
def retry(ctx: click.Context, recipe: Path) -> None:
    """Put photos that failed back into the queue; the next run tries them again."""
    from restore_watch.loading import load
    from restore_watch.showing import reading

    number = 0
    for line in load(recipe, Session.of(ctx).plugins).lines:
        if line.journal.exists():
            with line.alone(), reading(line) as journal:
                number += journal.retry(line.recipe)
    click.echo(f"{wording.count(number, 'photo')} put back into the queue.")
