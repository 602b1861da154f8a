"""Has a parameter of which no dialog can be made."""

from collections.abc import Callable

from restore.hooks import Action, Parameters, hookimpl
from tests.plugins.invert import invert


class CallableParameters(Parameters):
    shape: Callable[[float], float] = abs


@hookimpl
def restore_actions() -> list[Action]:
    return [Action("no-schema", "No schema", "Never seen.", CallableParameters, invert)]
