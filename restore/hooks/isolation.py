"""Other people's code: whatever it does, the program goes on and the person knows whose it was."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stdout

from restore.errors import CancelledError, MemoryLimitError, PluginError, RestoreError

__all__ = ["BUILTIN", "how_to_switch_off", "isolated"]

BUILTIN = "builtin"
"""The name of the plugin that holds the actions of the toolkit itself."""

_log = logging.getLogger("restore")


@contextmanager
def isolated(plugin: str, fault: str) -> Iterator[None]:
    """Run a plugin's code; what it prints goes to the standard error stream.

    Args:
        plugin: Name of the plugin.
        fault: The beginning of the message if it fails, such as "“x” cannot be loaded".

    Raises:
        RestoreError: The code raised it; the message now names the plugin.
        MemoryLimitError: It ran out of memory.
        PluginError: It raised anything else, or tried to end the program.
    """
    try:
        with _output_on_stderr():
            yield
    except (CancelledError, KeyboardInterrupt):
        raise
    except RestoreError as error:
        if plugin != BUILTIN and plugin not in error.message:
            error.message += f" (Plugin “{plugin}”.)"
        raise
    except MemoryError as error:
        raise MemoryLimitError(
            f"{fault}: there is not enough memory.", "Close other programs, or crop the photo."
        ) from error
    except BaseException as error:
        _log.debug("%s", fault, exc_info=error)
        raise PluginError(f"{fault}: {_what(error)}", how_to_switch_off(plugin)) from error


def how_to_switch_off(plugin: str) -> str:
    """Return what to do about a plugin that fails; nothing is known of one without a name."""
    if not plugin:
        return ""
    if plugin == BUILTIN:
        return "This is a fault in restore itself: please report it."
    return (
        f"Update or remove “{plugin}”, or switch it off: --no-plugins, or RESTORE_PLUGINS= with "
        "the names of the plugins to keep."
    )


def _what(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"it tried to end the program with exit code {error.code}."
    return f"{type(error).__name__}: {error}"


def _output_on_stderr() -> AbstractContextManager[object]:
    """Keep the standard output for photos and JSON.

    Redirection is the whole process's: other threads than the main one, which could undo each
    other's, leave it alone.
    """
    main = threading.current_thread() is threading.main_thread()
    return redirect_stdout(sys.stderr) if main else nullcontext()
