"""`restore provenance`: what was done to a photo, as it tells itself."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from restore.cli.console import print_json
from restore.errors import PhotoError
from restore.photo import read
from restore.photo.metadata.provenance import Event, events

__all__ = ["command"]


@click.command("provenance")
@click.argument("photo", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Write the records as JSON.")
def command(photo: Path, as_json: bool) -> None:
    """Show the records in PHOTO of what this toolkit did to it, the first first."""
    try:
        found = events(read(photo).metadata.xmp)
    except ValueError as error:
        raise PhotoError(f"The XMP packet of {photo} is damaged ({error}).") from error
    if as_json:
        print_json([asdict(event) for event in found])
    elif not found:
        click.echo(f"{photo} tells of nothing that was done to it.")
    for event in () if as_json else found:
        click.echo("\n    ".join(_lines(event)))


def _lines(event: Event) -> list[str]:
    lines = [f"{event.when}  {event.action}, {event.software}"]
    if event.parameters:
        lines.append(", ".join(f"{name} {value}" for name, value in event.parameters.items()))
    if event.model:
        lines.append(f"model {event.model}, SHA-256 {event.model_sha256}")
    return lines
