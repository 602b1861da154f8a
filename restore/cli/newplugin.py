"""`restore plugins new`: a plugin that works, to be made into another one."""

from __future__ import annotations

import os
import re
import shlex
import sys
import tempfile
from collections.abc import Collection
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path

import click

from restore.cli.session import Session
from restore.errors import ParameterError, WriteError

__all__ = ["command", "make"]

LONGEST = 30
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@click.command("new")
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    metavar="FOLDER",
    help="Where the plugin's own folder is made.  [default: here]",
)
@click.pass_context
def command(ctx: click.Context, name: str, into: Path) -> None:
    """Begin a plugin: a package with one action, called NAME, and its tests.

    NAME is lower-case words joined by hyphens, such as soft-glow.
    """
    from restore.cli.program import ACTIONS, TOOLS

    taken = {*ACTIONS, *TOOLS, *Session.of(ctx).plugins.actions()}
    folder = make(name, into, taken)
    click.echo(f"Made {folder}. It works as it is; try it:\n")
    for line in _next_steps(folder):
        click.echo(f"    {line}")


def make(name: str, into: Path, taken: Collection[str]) -> Path:
    """Write a plugin and return its folder.

    Args:
        name: Of its action.
        into: Where the folder is made; made itself if it is missing.
        taken: Names that an action cannot have.

    Raises:
        ParameterError: The name cannot be used.
        WriteError: The folder exists, or cannot be written.
    """
    check_name(name, taken)
    folder = into.resolve() / f"restore-{name}"
    if folder.exists():
        raise WriteError(
            f"{folder} exists already: nothing was written.", "Take another name, or --into FOLDER."
        )
    try:
        into.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=into, prefix=".restore-") as scratch:
            whole = Path(scratch) / folder.name
            _write(files("restore.cli") / "template", whole, name)
            whole.rename(folder)
    except OSError as error:
        raise WriteError(f"{folder} cannot be written: {error.strerror}.") from error
    return folder


def check_name(name: str, taken: Collection[str]) -> None:
    """Refuse a name that an action, a module or a command cannot have.

    Raises:
        ParameterError: It cannot.
    """
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        raise ParameterError(
            f"“{name}” cannot be the name of an action.",
            f"Take lower-case words of letters and digits, joined by hyphens, of {LONGEST} "
            "characters at most, such as soft-glow.",
        )
    module = f"restore_{name.replace('-', '_')}"
    if name in taken or find_spec(module) is not None:
        raise ParameterError(f"There is a “{name}” already.", "Take another name.")


def _write(template: Traversable, target: Path, name: str) -> None:
    """Copy a folder of the template, with the new name in the place of its own everywhere."""
    target.mkdir()
    for part in template.iterdir():
        if part.name == "__pycache__":
            continue
        copy = target / _renamed(part.name, name)
        if part.is_dir():
            _write(part, copy, name)
        else:
            copy.write_text(_renamed(part.read_text("utf-8"), name), "utf-8")


def _renamed(text: str, name: str) -> str:
    """Put a name in the place of "example", as each place writes it."""
    words = name.split("-")
    written = {
        "ExampleParameters": "".join(map(str.capitalize, words)) + "Parameters",
        "Example": " ".join(words).capitalize(),
        "_example": "_" + "_".join(words),
        "example": name,
    }
    return re.sub("|".join(written), lambda found: written[found[0]], text)


def _next_steps(folder: Path) -> list[str]:
    quoted = shlex.quote if os.name == "posix" else '"{}"'.format
    python = quoted(sys.executable)
    source = quoted(f"{folder}[test]")
    pip = f"{python} -m pip install" if find_spec("pip") else f"uv pip install --python {python}"
    return [
        f"{pip} -e {source}",
        f"{python} -m pytest {quoted(str(folder))}",
        "restore actions",
    ]
