"""Brings a format for files that the toolkit reads."""

from restore.hooks import hookimpl
from restore.photo import Format
from tests.plugins.boxed import decode


@hookimpl
def restore_formats() -> list[Format]:
    return [Format("Loot", (".loot", ".jpg"), lambda head: head.startswith(b"LOOT"), decode)]
