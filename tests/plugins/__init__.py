"""Plugins made to misbehave, and the way to install them: a distribution's metadata in a folder."""

from __future__ import annotations

from pathlib import Path


def install(folder: Path, name: str, module: str = "", *, version: str = "1.0") -> None:
    """Make a plugin findable through `folder` on the path, as an installer would.

    Args:
        folder: Where the metadata of the distribution go.
        name: Of the entry point.
        module: What it names; by default the module `name` beside this file.
        version: Of the distribution.
    """
    metadata = folder / f"restore_{name.replace('-', '_')}-{version}.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: restore-{name}\nVersion: {version}\n"
    )
    module = module or f"tests.plugins.{name.replace('-', '_')}"
    (metadata / "entry_points.txt").write_text(f"[restore]\n{name} = {module}\n")
