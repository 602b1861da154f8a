"""The command of an action, built from its parameters: the same for ours and for a plugin's."""

from __future__ import annotations

from typing import Any

import click

from restore.cli.common import common_options, mask_option, sampling_options
from restore.cli.options import parameter_options
from restore.cli.session import Session
from restore.hooks import Action
from restore.hooks.variants import draws_samples

__all__ = ["action_command"]

ENDINGS = {
    "denoise": "denoised",
    "clean": "cleaned",
    "upscale": "upscaled",
    "inpaint": "inpainted",
    "deblur": "deblurred",
}
"""What is added to the name of a result beside its photo; for a plugin's action, its name."""


def action_command(action: Action) -> click.Command:
    """Build `restore ACTION PHOTO…`."""
    ending = ENDINGS.get(action.name, action.name)

    @click.pass_context
    def callback(ctx: click.Context, /, **given: Any) -> int:
        from restore.cli.restoring import Restoring

        return Restoring(action, ending, Session.of(ctx), given).run()

    return click.Command(
        action.name,
        callback=callback,
        params=[
            click.Argument(["photos"], nargs=-1, required=True, metavar="PHOTO…"),
            *parameter_options(action),
            *([mask_option()] if action.finds_mask else []),
            *(sampling_options() if draws_samples(action) else []),
            *common_options(ending),
        ],
        help=f"{action.help}\n\nPHOTO is a file, a folder or a pattern such as 'scans/*.tif'.",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
