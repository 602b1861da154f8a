"""The built-in actions: a plugin like any other."""

from __future__ import annotations

from restore.hooks.action import Action
from restore.hooks.specs import hookimpl
from restore.tasks.clean import CLEAN
from restore.tasks.deblur import DEBLUR
from restore.tasks.denoise import DENOISE
from restore.tasks.inpaint import INPAINT
from restore.tasks.upscale import UPSCALE

__all__ = ["restore_actions"]


@hookimpl
def restore_actions() -> list[Action]:
    """Return the five actions that come with the toolkit."""
    return [CLEAN, DENOISE, UPSCALE, INPAINT, DEBLUR]
