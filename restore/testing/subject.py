"""One action under test, and how it is run as any host would run it."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from restore.engine import Engine
from restore.errors import ParameterError, PhotoError, PluginError, ResultError
from restore.hooks import Action, Result
from restore.hooks.registration import collect
from restore.hooks.run import run_action
from restore.photo import Photo
from restore.testing.photos import spots
from restore.testing.watch import Watch

__all__ = ["Subject", "Unmet", "require", "subjects"]


class Unmet(AssertionError):  # noqa: N818 - what pytest calls a failure, not an error
    """A promise that an action does not keep; the text says which, and what to do."""


def require(held: object, sentence: str) -> None:
    """Raise `Unmet` with this sentence unless `held` is true."""
    if not held:
        raise Unmet(sentence)


@dataclass(frozen=True, eq=False)
class Subject:
    """An action of a plugin.

    Attributes:
        module: Name of the plugin's module.
        action: The action.
        parameters: What every run is given besides its defaults, such as fewer steps.
        engine: Where its models run.
    """

    module: str
    action: Action
    parameters: Mapping[str, Any] = field(default_factory=dict)
    engine: Engine = field(default_factory=Engine)

    def run(self, photo: Photo, watch: Watch | None = None, /, **parameters: Any) -> Result:
        """Run the action; a mask with two spots is added where it needs one.

        Raises:
            Unmet: It failed, or returned what it must not.
            RestoreError: It refused, or was stopped.
        """
        given = {**self.parameters, **parameters}
        if self.action.needs_mask:
            given.setdefault("mask", spots(photo.size))
        try:
            return run_action(self.action, photo, given, watch or Watch(self.engine))
        except (PluginError, ResultError) as error:
            raise Unmet(f"{error.message}{_place(error)}") from error

    def run_or_refuse(self, photo: Photo, /, **parameters: Any) -> Result | None:
        """Run the action; None if it refuses the photo or the parameters in readable words.

        Raises:
            Unmet: It failed otherwise.
        """
        from restore.testing.wording import check_refusal

        try:
            return self.run(photo, **parameters)
        except (ParameterError, PhotoError) as refusal:
            check_refusal(refusal)
        return None


def subjects(
    plugin: str,
    actions: Iterable[str] | None = None,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[Subject]:
    """Return the actions of a plugin, ready to be tested.

    Args:
        plugin: Name of its module, as its entry point has it.
        actions: Names of the only ones to test; None for all.
        parameters: By name of an action: what its runs are given besides the defaults, as JSON
            values.

    Raises:
        PluginError: It does not fit, or has no action, or none of such a name.
    """
    added = collect(plugin, import_module(plugin), trace=False)
    found = {action.name: action for action in added.actions}
    chosen = list(found) if actions is None else list(actions)
    given = parameters or {}
    if unknown := [name for name in (*chosen, *given) if name not in found]:
        raise PluginError(
            f"The plugin “{plugin}” has no action “{unknown[0]}”.",
            f"It has: {', '.join(found)}." if found else "It adds no actions at all.",
        )
    if not chosen:
        raise PluginError(f"The plugin “{plugin}” adds no actions, and there is nothing to test.")
    engine = Engine(folders=added.models)
    return [Subject(plugin, found[name], given.get(name, {}), engine) for name in chosen]


def _place(error: BaseException) -> str:
    """Return where in the plugin an error came from; empty if the plugin itself raised none."""
    if error.__cause__ is None:
        return ""
    frame = traceback.extract_tb(error.__cause__.__traceback__)[-1]
    return f"\n{frame.filename}, line {frame.lineno}: {frame.line}"
