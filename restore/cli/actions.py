"""`restore actions`: what can be done to a photo, and what each action can be told."""

from __future__ import annotations

from typing import Any

import click

from restore.cli import wording
from restore.cli.console import print_json
from restore.cli.options import described
from restore.cli.session import Session
from restore.hooks import Action

__all__ = ["command"]


@click.command("actions")
@click.option("--json", "as_json", is_flag=True, help="Write the parameters' JSON schemas.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List every action, those of plugins among them, with its parameters."""
    actions = Session.of(ctx).plugins.actions()
    if as_json:
        print_json({name: _as_json(action) for name, action in actions.items()})
        return
    for action in actions.values():
        click.echo(f"{action.name}: {action.help}")
        click.echo(wording.table(described(action)) + "\n")


def _as_json(action: Action) -> dict[str, Any]:
    return {
        "label": action.label,
        "help": action.help,
        "scale": action.scale,
        "needs_mask": action.needs_mask,
        "finds_mask": action.finds_mask,
        "parameters": action.parameters.model_json_schema(),
    }
