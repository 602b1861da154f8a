"""Brings a format with an ending that no file can have."""

from restore.hooks import hookimpl
from restore.photo import Format
from tests.plugins.boxed import decode


@hookimpl
def restore_formats() -> list[Format]:
    return [Format("Ending", ("BOX",), lambda head: False, decode)]
