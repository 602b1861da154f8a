"""Krita as a host: a docker and a menu with every action."""

from __future__ import annotations

from restore.hooks import Host, hookimpl


@hookimpl
def restore_hosts() -> list[Host]:
    """Add Krita."""
    from restore_krita.host import Krita

    return [Krita()]
