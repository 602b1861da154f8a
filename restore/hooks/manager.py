"""Loading plugins, so that a broken one is named, left out, and breaks nothing else."""

from __future__ import annotations

import difflib
import importlib
import logging
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from restore.errors import ParameterError, PluginError, RestoreError
from restore.hooks.action import Action
from restore.hooks.discovery import Candidate, installed
from restore.hooks.formats import check_new
from restore.hooks.host import Host
from restore.hooks.isolation import BUILTIN, how_to_switch_off, isolated
from restore.hooks.registration import Additions, collect
from restore.photo import FORMATS, Format

__all__ = ["PluginStatus", "Plugins"]

_BUILTIN_MODULE = "restore.tasks.builtin"
_log = logging.getLogger("restore")


@dataclass(frozen=True)
class PluginStatus:
    """What became of one plugin.

    Attributes:
        name: Name of its entry point; "builtin" for the actions of the toolkit itself.
        module: What its entry point names.
        version: Of the distribution that it came with; empty for the built-in one.
        loaded: False if it failed, or if it is not among those allowed.
        error: Why it was left out; empty if it did not fail.
        actions: Names of the actions that it added.
        models: The folders of models that it added.
        formats: Names of the file formats that it added.
        hosts: Names of the editors that it added.
        seconds: How long it took to load.
    """

    name: str
    module: str
    version: str = ""
    loaded: bool = False
    error: str = ""
    actions: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    seconds: float = 0.0


class Plugins:
    """The plugins of this process and all that they add.

    Pickled, it becomes the order to load the same plugins again, without those that failed.
    """

    def __init__(self, trace: bool) -> None:
        self._trace = trace
        self._actions: dict[str, Action] = {}
        self._models: list[Path] = []
        self._formats: list[Format] = []
        self._hosts: dict[str, Host] = {}
        self._status: list[PluginStatus] = []

    @classmethod
    def load(
        cls,
        *,
        enabled: bool = True,
        allow: Iterable[str] | None = None,
        trace: bool | None = None,
    ) -> Plugins:
        """Load the built-in actions and the plugins that are installed.

        A plugin that fails is left out and reported once, as a warning of the logger "restore".

        Args:
            enabled: False leaves out all but the built-in actions.
            allow: Names of the only plugins to load; None for those in the environment variable
                RESTORE_PLUGINS, separated by commas, or for all if it is not set.
            trace: Whether to log each hook call, as a warning of the logger "restore"; None for
                whether RESTORE_TRACE_PLUGINS is set to anything but 0.
        """
        if allow is None and (listed := os.environ.get("RESTORE_PLUGINS")) is not None:
            allow = [name.strip() for name in listed.split(",") if name.strip()]
        if trace is None:
            trace = os.environ.get("RESTORE_TRACE_PLUGINS", "0") not in ("", "0")
        plugins = cls(trace)
        plugins._add(
            Candidate(
                BUILTIN, _BUILTIN_MODULE, "", lambda: importlib.import_module(_BUILTIN_MODULE)
            )
        )
        if enabled:
            plugins._add_installed(None if allow is None else {*allow, BUILTIN})
        return plugins

    def actions(self) -> dict[str, Action]:
        """Return the actions by name, in the order in which their plugins were loaded."""
        return dict(self._actions)

    def action(self, name: str) -> Action:
        """Return the action of this name.

        Raises:
            ParameterError: There is none.
        """
        if action := self._actions.get(name):
            return action
        near = difflib.get_close_matches(name, self._actions, 1)
        hint = f"Did you mean “{near[0]}”?" if near else f"There are: {', '.join(self._actions)}."
        if failed := [status.name for status in self._status if status.error]:
            hint += f" These plugins failed and were left out: {', '.join(failed)}."
        raise ParameterError(f"There is no action “{name}”.", hint)

    def models(self) -> list[Path]:
        """Return the folders in which plugins bring models."""
        return list(self._models)

    def formats(self) -> tuple[Format, ...]:
        """Return all file formats, those of plugins first: that is the order to ask them in."""
        return (*self._formats, *FORMATS)

    def hosts(self) -> dict[str, Host]:
        """Return the editors into which the actions can be put, by name."""
        return dict(self._hosts)

    def status(self) -> list[PluginStatus]:
        """Return what became of each plugin, in the order in which they were loaded."""
        return list(self._status)

    def __reduce__(self) -> tuple[Any, ...]:
        names = tuple(s.name for s in self._status if s.loaded)
        return _load_again, (names, self._trace)

    def _add_installed(self, allow: set[str] | None) -> None:
        candidates = installed()
        for candidate in candidates:
            if allow is None or candidate.name in allow:
                self._add(candidate)
            else:
                self._status.append(_status(candidate))
        for name in sorted((allow or set()) - {BUILTIN, *(c.name for c in candidates)}):
            _log.warning("The plugin “%s” is allowed but not installed.", name)

    def _add(self, candidate: Candidate) -> None:
        start = time.perf_counter()
        try:
            added = self._load(candidate)
        except RestoreError as error:
            hint = error.hint or how_to_switch_off(candidate.name)
            _log.warning("Left out: %s. %s", error.message.rstrip("."), hint)
            status = replace(_status(candidate), error=error.message)
        else:
            self._actions.update((action.name, action) for action in added.actions)
            self._models.extend(added.models)
            self._formats.extend(added.formats)
            self._hosts.update((host.name, host) for host in added.hosts)
            status = replace(
                _status(candidate),
                loaded=True,
                actions=tuple(action.name for action in added.actions),
                models=tuple(str(folder) for folder in added.models),
                formats=tuple(added_format.name for added_format in added.formats),
                hosts=tuple(host.name for host in added.hosts),
            )
        self._status.append(replace(status, seconds=time.perf_counter() - start))

    def _load(self, candidate: Candidate) -> Additions:
        with isolated(candidate.name, f"The plugin “{candidate.name}” cannot be loaded"):
            if any(status.name == candidate.name for status in self._status):
                raise PluginError(f"Two plugins are named “{candidate.name}”.")
            added = collect(candidate.name, candidate.load(), trace=self._trace)
            for action in added.actions:
                if owner := self._actions.get(action.name):
                    raise PluginError(
                        f"The plugin “{candidate.name}” brings an action “{action.name}”, which "
                        f"the plugin “{owner.plugin}” has already."
                    )
            check_new(added.formats, self.formats())
            known = {*self._hosts}
            for host in added.hosts:
                if host.name in known:
                    raise PluginError(
                        f"The plugin “{candidate.name}” brings a host “{host.name}”, which is "
                        "there already."
                    )
                known.add(host.name)
        return added


def _status(candidate: Candidate) -> PluginStatus:
    return PluginStatus(candidate.name, candidate.module, candidate.version)


def _load_again(allow: tuple[str, ...], trace: bool) -> Plugins:
    return Plugins.load(allow=allow, trace=trace)
