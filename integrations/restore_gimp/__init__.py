"""GIMP as a host: a menu entry for every action, under Filters ▸ Restore."""

from __future__ import annotations

from restore.hooks import Host, hookimpl


@hookimpl
def restore_hosts() -> list[Host]:
    """Add GIMP."""
    from restore_gimp.host import Gimp

    return [Gimp()]
