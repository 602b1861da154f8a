"""Returns one folder where a list of folders is expected, and it does not exist."""

from pathlib import Path
from typing import Any

from restore.hooks import hookimpl


@hookimpl
def restore_models() -> Any:
    return Path("models")
