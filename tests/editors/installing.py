"""Putting the plug-ins into the profiles of the tests, as `restore install` does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from restore_editors import restore_client
from tests.editors.inside import CHECKOUT
from tests.editors.toolkit import Toolkit

__all__ = ["install"]

_PLACES = {"gimp": ("plug-ins", "restore"), "krita": ("pykrita", "restore_krita")}


def install(toolkit: Toolkit, host: str, profile: Path) -> Path:
    """Put the plug-in of a host into a profile, and return its `restore.json`.

    Args:
        toolkit: What it is to start.
        host: "gimp" or "krita".
        profile: GIMP's folder, or Krita's resources.
    """
    place, name = _PLACES[host]
    source = CHECKOUT / "integrations" / f"restore_{host}" / "plugin"
    shutil.copytree(source, profile / place, dirs_exist_ok=True)
    shutil.copy(restore_client.__file__, profile / place / name)
    installation = profile / place / name / "restore.json"
    told = json.loads(Path(toolkit.installation.path).read_text())
    told["actions"] = toolkit.worker().actions()
    installation.write_text(json.dumps(told))
    return installation
