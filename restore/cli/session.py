"""What a single call of the command line holds: its plugins, its log and its way to speak."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from restore.cli.console import Console
    from restore.hooks.manager import Plugins

__all__ = ["Session"]


class Session:
    """Made once a call from the options of the root command."""

    def __init__(self, *, use_plugins: bool = True, verbose: int = 0, debug: bool = False) -> None:
        self.use_plugins = use_plugins
        self.verbose = verbose
        self.debug = debug

    @classmethod
    def of(cls, ctx: click.Context) -> Session:
        """Return the session that a command belongs to."""
        root = ctx.find_root()
        if root.obj is None:
            given: dict[str, Any] = root.params
            root.obj = cls(
                use_plugins=not given.get("no_plugins", False),
                verbose=given.get("verbose", 0),
                debug=given.get("debug", False),
            )
        session: Session = root.obj
        return session

    @cached_property
    def console(self) -> Console:
        """Where lines for the person go; the log speaks through it too."""
        from restore.cli.console import Console

        return Console(self.verbose)

    @cached_property
    def plugins(self) -> Plugins:
        """The plugins, loaded when first asked for; a broken one is warned of and left out."""
        from restore.hooks.manager import Plugins

        self.console.listen_to_log()
        return Plugins.load(enabled=self.use_plugins)
