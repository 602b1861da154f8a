"""The guide names every command and every option."""

from pathlib import Path

import click
import pytest

import restore
from restore.cli.program import program
from tests.plugins import install

GUIDE = Path(restore.__file__).resolve().parents[1] / "docs" / "guide" / "command-line.md"


def commands(group, context, prefix=""):
    """Return every command with its full name, those of groups within groups too."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield f"{prefix}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, context, f"{prefix}{name} ")


@pytest.fixture
def context(monkeypatch, tmp_path):
    install(tmp_path, "watch", "restore_watch")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("RESTORE_PLUGINS", "watch")
    with click.Context(program) as context:
        yield context


def test_every_command_has_its_place_in_the_guide(context):
    text = GUIDE.read_text("utf-8")
    for name, _ in commands(program, context):
        assert f"restore {name}" in text, name


def test_every_option_is_named_where_its_command_is_described(context):
    text = GUIDE.read_text("utf-8")
    named = {"restore": program} | dict(commands(program, context))
    for name, command in named.items():
        for option in command.params:
            for flag in (*option.opts, *option.secondary_opts):
                if flag.startswith("-"):
                    assert f"`{flag}`" in text or f"`{flag} " in text, f"{name} {flag}"
