"""Brings a format of a name that the toolkit has."""

from restore.hooks import hookimpl
from restore.photo import Format
from tests.plugins.boxed import decode


@hookimpl
def restore_formats() -> list[Format]:
    return [Format("jpeg", (".twin",), lambda head: head.startswith(b"TWIN"), decode)]
