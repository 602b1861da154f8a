"""`restore compare`: before and after on one sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from restore.cli.session import Session
from restore.evaluation.compare import LAYOUTS, Crop, compare_sheet
from restore.photo import Photo, read, write

__all__ = ["command"]


class CropType(click.ParamType[Crop]):
    """`left,upper,side` in pixels."""

    name = "LEFT,UPPER,SIDE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Crop:
        """Parse three whole numbers."""
        try:
            left, upper, side = (int(part) for part in value.split(","))
        except ValueError:
            self.fail(f"“{value}” is not left,upper,side in pixels, such as 100,50,256.", param)
        return left, upper, side


@click.command("compare")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.argument("others", nargs=-1, type=click.Path(path_type=Path), metavar="[OTHER…]")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The sheet.")
@click.option("--reference", type=click.Path(path_type=Path), help="A third photo: the truth.")
@click.option(
    "--layout",
    type=click.Choice(LAYOUTS),
    default=LAYOUTS[0],
    show_default=True,
    help="Beside each other, or half against half.",
)
@click.option(
    "--crop",
    "crops",
    type=CropType(),
    multiple=True,
    help="A square shown at 100 %; may be given several times.",
)
@click.option(
    "--width",
    type=click.IntRange(320, 20000),
    default=1600,
    show_default=True,
    help="Width of the sheet in pixels.",
)
@click.option("--overwrite", is_flag=True, help="Replace the sheet if it exists.")
@click.pass_context
def command(
    ctx: click.Context,
    before: Path,
    after: Path,
    others: tuple[Path, ...],
    output: Path,
    reference: Path | None,
    layout: str,
    crops: tuple[Crop, ...],
    width: int,
    overwrite: bool,
) -> None:
    """Draw BEFORE and AFTER on one sheet, each with its name, and any OTHER beside them."""
    formats = Session.of(ctx).plugins.formats()
    named = {"before": before, "after": after}
    named |= {f"after {number}": path for number, path in enumerate(others, 2)}
    if reference is not None:
        named["reference"] = reference
    photos = {f"{role}: {path.name}": read(path, formats=formats) for role, path in named.items()}
    sheet = compare_sheet(photos, layout=layout, crops=crops, width=width)
    write(Photo.from_pil(sheet), output, overwrite=overwrite)
    click.echo(f"{output}  {sheet.width}×{sheet.height}", err=True)
