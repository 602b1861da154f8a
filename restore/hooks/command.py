"""Commands that plugins add to the command line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from restore.errors import PluginError

__all__ = ["Command"]

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


@dataclass(frozen=True)
class Command:
    """A command besides those of the actions.

    Attributes:
        name: What a person types after `restore`: lower-case words joined by hyphens.
        help: One sentence for the table of commands.
        target: Where the `click.Command` is, as "module:attribute"; imported when it is called.

    Raises:
        PluginError: The attributes are not what they must be.
    """

    name: str
    help: str
    target: str

    def __post_init__(self) -> None:
        if not (isinstance(self.name, str) and _NAME.fullmatch(self.name)):
            raise PluginError(
                f"The command {self.name!r} needs a name of lower-case words joined by hyphens."
            )
        if not (isinstance(self.help, str) and self.help.strip()):
            raise PluginError(f"The command {self.name!r} needs a sentence of help.")
        if not (isinstance(self.target, str) and _TARGET.fullmatch(self.target)):
            raise PluginError(f"The command {self.name!r} needs a target “module:attribute”.")

    def load(self) -> Any:
        """Import and return the `click.Command`."""
        module, _, attribute = self.target.partition(":")
        return getattr(import_module(module), attribute)
