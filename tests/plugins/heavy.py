"""A plugin that imports a heavy library when it is imported."""

from __future__ import annotations

import scipy.ndimage  # noqa: F401

from tests.plugins.invert import restore_actions  # noqa: F401
