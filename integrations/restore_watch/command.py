"""`restore watch`: the command line of recipes and folders."""

from __future__ import annotations

from pathlib import Path

import click

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
