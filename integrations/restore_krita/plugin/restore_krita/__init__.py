"""Restore for Krita: the toolkit's actions as menu entries and a docker.

This runs in Krita's own Python, which has the standard library and PyQt, and nothing else; the
work is done by `restore worker`, in the toolkit's own environment. Scripts may call
`restore_krita.start("denoise", parameters={"steps": 4})`; its arguments are those of
`runner.Runner.start`.
"""

import os

from krita import DockWidgetFactory, DockWidgetFactoryBase, Krita

from .docker import RestoreDocker
from .entries import RestoreExtension
from .presets import Presets
from .qt import dock_right
from .restore_client import RestoreError
from .runner import Runner

__all__ = ["RestoreError", "runner", "start"]

runner = Runner()
start = runner.start

_presets = Presets(os.path.join(Krita.getAppDataLocation(), "restore_presets.json"))
_extension = RestoreExtension(Krita.instance(), runner, _presets)
_factory = DockWidgetFactory(
    "restore_docker",
    dock_right(DockWidgetFactoryBase),
    lambda: RestoreDocker(runner, _presets),
)
Krita.instance().addExtension(_extension)
Krita.instance().addDockWidgetFactory(_factory)
