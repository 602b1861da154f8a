"""Example, an action for restore."""

from __future__ import annotations

from pydantic import Field

from restore.hooks import Action, Context, Parameters, Report, Result, hookimpl
from restore.photo import Photo


class ExampleParameters(Parameters):
    """What the dialog asks; `strength` is there already."""

    amount: float = Field(
        0.5, ge=0, le=1, title="Amount", description="How much lighter the middle tones become"
    )


def run(photo: Photo, parameters: ExampleParameters, context: Context) -> Result:
    """Lighten the middle tones; black stays black and white stays white."""
    context.progress(0.0, "Lightening")
    values = photo.to_float()  # (height, width, channels) from 0 to 1, whatever the photo's depth
    lighter = values + parameters.amount * values * (1 - values)
    note = f"Lightened the middle tones by {parameters.amount:.0%}."
    return Result(photo.with_float(lighter), Report("example", notes=(note,)))


@hookimpl
def restore_actions() -> list[Action]:
    """Add the action to the command line, GIMP, Krita and Python."""
    return [
        Action(
            name="example",
            label="Example",
            help="Lightens the middle tones.",
            parameters=ExampleParameters,
            run=run,
        )
    ]
