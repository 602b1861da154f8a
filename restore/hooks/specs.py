"""The hooks: what a plugin can add. A plugin is a module or object with any of these functions.

Each is called once, when the plugins are loaded, in the process that runs the actions (the command
line, the worker, the Python program); a worker process of its own loads its own plugins. The
built-in plugin comes first, the others follow by name. What a plugin returns is copied, so that
changing it later changes nothing.
"""

from __future__ import annotations

from pathlib import Path

import pluggy

from restore.hooks.action import Action
from restore.hooks.command import Command
from restore.hooks.host import Host
from restore.photo import Format

__all__ = [
    "PROJECT",
    "hookimpl",
    "hookspec",
    "restore_actions",
    "restore_commands",
    "restore_formats",
    "restore_hosts",
    "restore_models",
]

PROJECT = "restore"
"""The pluggy project, and the entry-point group in which plugins are found."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def restore_actions() -> list[Action]:
    """Return the actions that this plugin adds to the command line, the editors and Python.

    Called on the main thread, before anything is drawn or printed: import heavy libraries in
    `Action.run`, not here. The names must be new: an action of an earlier plugin is kept, and the
    later plugin is left out with a warning. The list may be empty.

    Since version 0.1.
    """
    raise NotImplementedError


@hookspec
def restore_models() -> list[Path]:
    """Return folders in which each sub-folder is a model with its card.

    Called as `restore_actions` is, right after it. A folder must exist and be absolute. Nothing is
    read from it until a model is looked for; hashes are checked when one is loaded.

    Since version 0.1.
    """
    raise NotImplementedError


@hookspec
def restore_formats() -> list[Format]:
    """Return file formats that this plugin reads or writes.

    Called as `restore_actions` is, after `restore_models`: import heavy libraries in `decode` and
    `encode`, and name the one that a person may lack in `Format.library`. Plugins are asked before
    the toolkit whether a file is theirs, so that a camera raw file need not pass for a TIFF.
    `Format.recognises` must not claim files of the toolkit's own formats. Names and endings must be
    new.

    Since version 0.1.
    """
    raise NotImplementedError


@hookspec
def restore_hosts() -> list[Host]:
    """Return the editors into which this plugin can put the actions.

    Called as `restore_actions` is, after `restore_formats`; `restore install` and `restore
    uninstall` use them, and each worker that starts brings their menus up to date. Nothing on the
    disk is looked at before one of their methods is called. The names must be new.

    Since version 0.1.
    """
    raise NotImplementedError


@hookspec
def restore_commands() -> list[Command]:
    """Return commands that this plugin adds to the command line, beside those of its actions.

    Called as `restore_actions` is, after `restore_hosts`. The module of a command is imported when
    the command is called, not before. The names must be new.

    Since version 0.1.
    """
    raise NotImplementedError
