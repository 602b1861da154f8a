"""However often an installation is killed, what is there is whole, and the next one is too."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

from restore.hooks.host import Profile, Toolkit
from restore_editors.places import System
from restore_editors.record import Record
from restore_gimp.host import Gimp
from tests.integrations.home import contents
from tests.integrations.toolkit import ROOT

CODE = """
import sys
from pathlib import Path
from restore.hooks.host import Profile
from tests.integrations.test_killed import host, toolkit
profile = Profile(Path(sys.argv[1]), "chosen")
print("ready", flush=True)
while True:
    host(profile.folder).install(profile, toolkit())
"""


def toolkit() -> Toolkit:
    return Toolkit(1, "1.0", (sys.executable, "-m", "restore"), Path("/w"), [])


def host(profile: Path) -> Gimp:
    return Gimp(System("linux", profile, {}), Record(profile / "record.json"))


def test_what_is_there_after_a_kill_is_whole(tmp_path: Path) -> None:
    profile = Profile(tmp_path, "chosen")
    plugin = host(tmp_path).install(profile, toolkit()).plugin
    (plugin / "mine").write_text("mine")
    whole = contents(plugin)
    path = [str(ROOT), str(ROOT / "plugins"), str(ROOT / "integrations"), *sys.path]
    for _ in range(12):
        with subprocess.Popen(
            [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}\n{CODE}", tmp_path],
            stdout=subprocess.PIPE,
            text=True,
        ) as installing:
            assert installing.stdout is not None
            assert installing.stdout.readline() == "ready\n"
            time.sleep(random.uniform(0, 0.05))
            installing.kill()
        assert not plugin.exists() or contents(plugin) == whole
        assert len(json.loads((tmp_path / "record.json").read_text())) == 1
    host(tmp_path).install(profile, toolkit())
    assert contents(plugin) == whole
    assert [path.name for path in plugin.parent.iterdir()] == ["restore"]
