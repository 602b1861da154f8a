"""`restore`: the table of commands, found when called, and what a failure ends with."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from importlib import import_module

import click

from restore.cli.session import Session
from restore.errors import BUG_EXIT_CODE, CancelledError, RestoreError

__all__ = ["main", "program"]

ACTIONS = {
    "denoise": "Remove noise and grain.",
    "clean": "Find and remove noise and JPEG artefacts.",
    "upscale": "Enlarge 2, 3 or 4 times.",
    "inpaint": "Fill in what a mask marks: scratches, dust, torn corners.",
    "deblur": "Sharpen a photo whose blur is known.",
}
TOOLS = {
    "compare": "Draw photos beside each other on one sheet.",
    "provenance": "Show what was done to a photo, as it tells itself.",
    "evaluate": "Measure how near a result is to a reference (PSNR, SSIM).",
    "benchmark": "Measure the toolkit and other methods on a folder of pictures.",
    "train": "Train a model on your own photos.",
    "actions": "List every action with its parameters.",
    "models": "List, verify and import diffusion models.",
    "plugins": "List the plugins and what they add.",
    "watch": "Restore what is put into folders, by a recipe.",
    "worker": "Serve editors on this machine; they start it themselves.",
    "install": "Put the actions into the menus of GIMP or Krita.",
    "uninstall": "Take them out again.",
    "doctor": "Check this installation and say how to mend it.",
}
BROUGHT = {"watch"}
"""Tools of the table that come as plugins, with the toolkit."""
EPILOG = (
    "Every action takes files, folders and patterns, and never replaces a file unless told to. "
    "Plugins add further actions: see `restore actions`."
)


class Program(click.Group):
    """The root group; a command's module is imported when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names that are known without looking for plugins."""
        return [*ACTIONS, *TOOLS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a tool, or build the command of an action, a plugin's among them."""
        if cmd_name in TOOLS.keys() - BROUGHT:
            command: click.Command = import_module(f"restore.cli.{cmd_name}").command
            return command
        plugins = Session.of(ctx).plugins
        if brought := plugins.commands().get(cmd_name):
            loaded: click.Command = brought.load()
            return loaded
        actions = plugins.actions()
        if cmd_name not in actions:
            return None
        from restore.cli.action import action_command

        return action_command(actions[cmd_name])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; where there is none, say which one may have been meant."""
        name = args[0]
        if (command := self.get_command(ctx, name)) is not None or ctx.resilient_parsing:
            return name, command, args[1:]
        if name in BROUGHT:
            raise click.UsageError(
                f"“{name}” comes as a plugin, which is switched off or missing. "
                "See `restore plugins`.",
                ctx,
            )
        names = {
            *self.list_commands(ctx),
            *Session.of(ctx).plugins.actions(),
            *Session.of(ctx).plugins.commands(),
        }
        near = get_close_matches(name, sorted(names - {name}), n=1)
        advice = f"Did you mean “{near[0]}”?" if near else "See `restore --help`."
        raise click.UsageError(f"There is no command “{name}”. {advice}", ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table without importing a command."""
        for title, table in (("Actions", ACTIONS), ("Tools", TOOLS)):
            with formatter.section(title):
                formatter.write_dl(list(table.items()))


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from restore import __version__

        click.echo(f"restore {__version__}")
        ctx.exit()


@click.group(
    cls=Program,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--no-plugins", is_flag=True, help="Use only what comes with the toolkit.")
@click.option("-v", "--verbose", count=True, help="Say more; twice for everything.")
@click.option("--debug", is_flag=True, help="Show the traceback of an unexpected failure.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version.",
)
def program(no_plugins: bool, verbose: int, debug: bool) -> None:
    """Restore photos with a diffusion model, on your own machine."""


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        args: The arguments after the program's name; by default those of this process.

    Returns:
        The exit code: 0, 2 for a wrong call, 130 when stopped, 70 for a bug, otherwise the
        `exit_code` of the error.
    """
    _never_fail_to_print((sys.stdout, sys.stderr))
    arguments = list(sys.argv[1:] if args is None else args)
    debug = "--debug" in arguments
    try:
        code = program.main(arguments, prog_name="restore", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except RestoreError as error:
        if debug:
            raise
        click.echo(f"restore: {error}", err=True)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("restore: stopped.", err=True)
        return CancelledError.exit_code
    except Exception as bug:
        if debug:
            raise
        click.echo(
            f"restore: a bug: {type(bug).__name__}: {bug}\n"
            "`restore --debug …` shows where; please report it with that text.",
            err=True,
        )
        return BUG_EXIT_CODE


def _never_fail_to_print(streams: Iterable[object]) -> None:
    """Let a character that the terminal lacks be replaced instead of ending the program."""
    for stream in streams:
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")
