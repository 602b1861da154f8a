"""Asking one plugin what it adds, and believing nothing of the answer until it is checked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pluggy

from restore.errors import PluginError
from restore.hooks import specs
from restore.hooks.action import Action
from restore.hooks.command import Command
from restore.hooks.formats import held
from restore.hooks.host import Host
from restore.photo import Format

__all__ = ["Additions", "collect"]

_log = logging.getLogger("restore")


@dataclass(frozen=True)
class Additions:
    """What a plugin adds."""

    actions: tuple[Action, ...]
    models: tuple[Path, ...]
    formats: tuple[Format, ...]
    hosts: tuple[Host, ...]
    commands: tuple[Command, ...]


def collect(name: str, plugin: Any, *, trace: bool) -> Additions:
    """Call the plugin's hooks and check what they return.

    Each plugin has a pluggy manager of its own: pluggy ends a whole call at the first exception,
    and lets one plugin wrap another's answer; neither may happen here.

    Args:
        name: Name of the plugin.
        plugin: A module or an object.
        trace: Whether to log each call with its arguments, implementations and results.

    Raises:
        PluginError: It has no hooks, unknown ones, or returns what it must not.
        Exception: Whatever else the plugin raises.
    """
    manager = pluggy.PluginManager(specs.PROJECT)
    manager.add_hookspecs(specs)
    try:
        manager.register(plugin, name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(f"The plugin “{name}” does not fit: {error}") from error
    if not manager.get_hookcallers(plugin):
        raise PluginError(
            f"The plugin “{name}” adds nothing.",
            "Its functions must be named as the hooks are and marked with restore.hooks.hookimpl.",
        )
    if trace:
        manager.add_hookcall_monitoring(lambda *_: None, _log_call)
    actions = _answers(name, "restore_actions", manager.hook.restore_actions, Action)
    for action in actions:
        action.parameters.model_json_schema()  # hosts draw their dialogs from it
    if len({action.name for action in actions}) < len(actions):
        raise PluginError(f"The plugin “{name}” brings two actions of one name.")
    models = _answers(name, "restore_models", manager.hook.restore_models, Path)
    for folder in models:
        if not (folder.is_absolute() and folder.is_dir()):
            raise PluginError(f"The plugin “{name}” brings models in no absolute folder: {folder}")
    formats = _answers(name, "restore_formats", manager.hook.restore_formats, Format)
    hosts = _answers(name, "restore_hosts", manager.hook.restore_hosts, Host)
    commands = _answers(name, "restore_commands", manager.hook.restore_commands, Command)
    return Additions(
        tuple(replace(action, plugin=name) for action in actions),
        tuple(models),
        tuple(held(name, found) for found in formats),
        tuple(hosts),
        tuple(commands),
    )


def _answers(plugin: str, hook: str, call: Callable[[], list[Any]], kind: type) -> list[Any]:
    answers: list[Any] = []
    for answer in call():
        answers.extend(answer if isinstance(answer, list | tuple) else [answer])
    for answer in answers:
        if not isinstance(answer, kind):
            raise PluginError(
                f"The plugin “{plugin}” must return a list of {kind.__name__} from {hook}, not "
                f"{type(answer).__name__}."
            )
    return answers


def _log_call(
    outcome: pluggy.Result[Any],
    hook: str,
    implementations: Sequence[pluggy.HookImpl],
    arguments: Mapping[str, Any],
) -> None:
    plugins = ", ".join(implementation.plugin_name for implementation in implementations)
    given = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    came = outcome.exception or outcome.get_result()
    _log.warning("%s(%s) of %s → %r", hook, given, plugins or "nobody", came)
