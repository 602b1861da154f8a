"""Camera raw files, read by LibRaw through rawpy: a plugin that brings a file format.

It comes with the toolkit; `pip install 'restore[raw]'` brings the library. rawpy is MIT; LibRaw, in
its wheels, is LGPL-2.1 or CDDL-1.0. Nothing heavy is imported up here.
"""

from __future__ import annotations

from restore.hooks import hookimpl
from restore.photo import Format
from restore_raw.develop import develop
from restore_raw.recognise import SUFFIXES, recognises


@hookimpl
def restore_formats() -> list[Format]:
    """Add camera raw, which can be read and never written."""
    return [
        Format(
            "Camera raw",
            SUFFIXES,
            recognises,
            develop,
            library="rawpy",
            install="restore[raw]",
        )
    ]
