"""Brings a format that can be neither read nor written."""

from restore.hooks import hookimpl
from restore.photo import Format


@hookimpl
def restore_formats() -> list[Format]:
    return [Format("Useless", (".useless",), lambda head: False, None)]
