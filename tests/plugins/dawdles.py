"""A plugin that takes its time, three times as long as what ran before it, when it is imported."""

from __future__ import annotations

import sys
import time

import psutil

from tests.plugins.invert import restore_actions  # noqa: F401

if "pytest" not in sys.modules:
    time.sleep(3 * (time.time() - psutil.Process().create_time()))
