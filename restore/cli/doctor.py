"""`restore doctor`: is everything here that is needed, and does it work."""

from __future__ import annotations

from dataclasses import asdict

import click

from restore.cli import wording
from restore.cli.checkup import examine
from restore.cli.console import print_json
from restore.cli.session import Session

__all__ = ["command"]

MARKS = {"ok": "✓", "note": "·", "broken": "✗"}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Write the findings as JSON.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> int:
    """Check this installation and say how to mend it. The exit code is 1 if something is broken."""
    findings = list(examine(Session.of(ctx).plugins))
    broken = [finding for finding in findings if finding.state == "broken"]
    if as_json:
        print_json({"sound": not broken, "findings": [asdict(f) for f in findings]})
        return int(bool(broken))
    click.echo(wording.table([(MARKS[f.state], f.name, f.value) for f in findings], indent=""))
    to_mend = [finding for finding in findings if finding.mend]
    if to_mend:
        click.echo("\nTo mend:")
        for finding in to_mend:
            click.echo(f"  {finding.name}: {finding.mend}")
    click.echo(f"\n{wording.count(len(broken), 'thing')} broken." if broken else "\nAll is well.")
    return int(bool(broken))
