"""Brings a host that can be nothing but named."""

from typing import Any

from restore.hooks import hookimpl


class Useless:
    name = "useless"
    label = "Useless"


@hookimpl
def restore_hosts() -> Any:
    return [Useless()]
