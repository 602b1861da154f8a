"""The actions that ship keep what the kit asks of everybody's."""

from importlib.metadata import entry_points

import pytest

from restore.testing import conformance
from tests.plugins import install

DECLARED = {point.value for point in entry_points(group="restore")}


@pytest.fixture(autouse=True)
def as_installed(tmp_path, monkeypatch):
    """Let the plugins of a copy that is not installed be found as those of one that is."""
    monkeypatch.delenv("RESTORE_PLUGINS", raising=False)
    if "restore_classic" not in DECLARED:
        install(tmp_path, "classic", "restore_classic")
        monkeypatch.syspath_prepend(tmp_path)


test_builtin = conformance("restore.tasks.builtin", parameters={"deblur": {"steps": 2}})
test_classic = conformance("restore_classic")
