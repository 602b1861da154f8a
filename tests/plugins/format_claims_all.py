"""Says of every file that it is its own."""

from restore.hooks import hookimpl
from restore.photo import Format
from tests.plugins.boxed import decode


@hookimpl
def restore_formats() -> list[Format]:
    return [Format("All", (".all",), lambda head: len(head) > 4, decode)]
