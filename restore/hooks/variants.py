"""Several results of one photo to choose from, each a sample that its seed brings back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from restore.errors import ParameterError
from restore.hooks.action import Action, PriorParameters
from restore.hooks.validation import validate

__all__ = ["draws_samples", "variant"]


def draws_samples(action: Action) -> bool:
    """Whether an action has steps and a seed, and so other results than its best guess."""
    return issubclass(action.parameters, PriorParameters)


def variant(action: Action, parameters: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Return the parameters of one of several results.

    The first has the seed that was given, each one after it the next. One step, which draws
    nothing, becomes as many as a sample takes.

    Args:
        action: What is done.
        parameters: By name, as for `restore.hooks.run.run_action`.
        number: Which result, from 1.

    Raises:
        ParameterError: The action draws no samples, or a parameter is not what it may be.
    """
    from restore.tasks.posterior import SAMPLE_STEPS

    if not draws_samples(action):
        raise ParameterError(
            f"The action “{action.name}” has one result for a photo, whatever the seed.",
            "Variants are of actions that use the diffusion model.",
        )
    given = validate(action, parameters)
    assert isinstance(given, PriorParameters)
    steps = SAMPLE_STEPS if given.steps == 1 else given.steps
    return {**parameters, "seed": given.seed + number - 1, "steps": steps}
