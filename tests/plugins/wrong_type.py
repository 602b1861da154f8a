"""Returns names of actions where actions are expected."""

from typing import Any

from restore.hooks import hookimpl


@hookimpl
def restore_actions() -> Any:
    return ["wrong"]
