"""Restoration without a model, from scikit-image; also the example for people who write plugins.

The entry point `classic = "restore_classic"` in the group `restore` names this module. All that it
needs to be is a module with functions marked `hookimpl`; here there is one. Nothing heavy is
imported up here: every host loads this file before it shows its menu.
"""

from __future__ import annotations

from restore.hooks import Action, MaskParameters, hookimpl
from restore_classic.denoise import DenoiseParameters, denoise, denoise_strips
from restore_classic.inpaint import inpaint


@hookimpl
def restore_actions() -> list[Action]:
    """Add two actions to every host."""
    return [
        Action(
            name="classic-denoise",
            label="Denoise (classic)",
            help="Remove noise by averaging similar patches; needs no model.",
            parameters=DenoiseParameters,
            run=denoise,
            in_strips=denoise_strips,
        ),
        Action(
            name="classic-inpaint",
            label="Fill spots (classic)",
            help="Fill scratches and spots smoothly from their edges; needs no model.",
            parameters=MaskParameters,
            run=inpaint,
            needs_mask=True,
        ),
    ]
