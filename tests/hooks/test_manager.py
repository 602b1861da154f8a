"""Whatever is installed, the plugins that work are there, and those that do not are named."""

from __future__ import annotations

import json
import logging
import pickle
import shutil
from pathlib import Path

import pytest

from restore.errors import ParameterError
from restore.hooks.manager import Plugins, PluginStatus
from tests.hooks.conftest import Installed, python

BROKEN = {
    "import-error": "ModuleNotFoundError: No module named 'a_library_that_is_not_installed'",
    "exits": "it tried to end the program with exit code 3",
    "wrong-type": "must return a list of Action from restore_actions, not str",
    "not-a-list": "brings models in no absolute folder: models",
    "unknown-hook": "unknown hook 'restore_action'",
    "unmarked": "adds nothing",
    "wrong-argument": "does not fit",
    "no-schema": "PydanticInvalidForJsonSchema",
    "raises-in-hook": "RuntimeError: no coffee",
    "thief": "brings an action “invert”, which the plugin “invert” has already",
    "host-useless": "must return a list of Host from restore_hosts, not Useless",
    "command-twin": "brings a command “twin”, which is there already",
    "command-useless": "needs a target “module:attribute”",
    "host-twin": "brings a host “gimp”, which is there already",
}


def status(plugins: Plugins, name: str) -> PluginStatus:
    return next(status for status in plugins.status() if status.name == name)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_is_left_out_and_named_once(
    name: str, installed: Installed, caplog: pytest.LogCaptureFixture
) -> None:
    installed(name, "invert")
    plugins = Plugins.load(allow=[name, "invert"])
    assert plugins.action("invert").plugin == "invert"
    assert "loot" not in plugins.actions()
    broken = status(plugins, name)
    assert not broken.loaded
    assert broken.actions == ()
    assert BROKEN[name] in broken.error
    warnings = [record.getMessage() for record in caplog.records if name in record.getMessage()]
    assert len(warnings) == 1
    assert BROKEN[name] in warnings[0]
    assert "--no-plugins" in warnings[0] or "hookimpl" in warnings[0]


def test_all_of_them_at_once_in_a_process_of_its_own(installed: Installed) -> None:
    folder = installed(*BROKEN, "invert", "misbehaves")
    (folder / "not_python.py").write_text("def (:\n")
    from tests.plugins import install

    install(folder, "not-python", "not_python")
    process = python(
        "import json; from dataclasses import asdict; from restore.hooks.manager import Plugins\n"
        "print(json.dumps([asdict(status) for status in Plugins.load().status()]))",
        folder,
    )
    assert process.returncode == 0, process.stderr
    found = {status["name"]: status for status in json.loads(process.stdout)}
    assert found["invert"]["loaded"]
    assert found["invert"]["version"] == "1.0"
    assert found["invert"]["actions"] == ["invert", "repeat"]
    assert found["invert"]["seconds"] > 0
    assert found["misbehaves"]["loaded"]
    assert found["builtin"]["loaded"]
    assert "SyntaxError" in found["not-python"]["error"]
    assert "not_python.py, line 1" in found["not-python"]["error"]
    for name, text in BROKEN.items():
        assert text in found[name]["error"]
        assert process.stderr.count(f"“{name}”") >= 1
    assert "Traceback" not in process.stderr


def test_no_plugins_leaves_the_built_in_actions(installed: Installed) -> None:
    installed("invert", "import-error")
    plugins = Plugins.load(enabled=False)
    assert [status.name for status in plugins.status()] == ["builtin"]
    assert {"denoise", "clean", "upscale", "inpaint"} <= plugins.actions().keys()


@pytest.mark.parametrize(
    ("listed", "loaded"),
    [("", set()), ("invert", {"invert"}), (" invert , talks", {"invert", "talks"})],
)
def test_the_environment_names_the_only_plugins_to_load(
    listed: str, loaded: set[str], installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed("invert", "talks")
    monkeypatch.setenv("RESTORE_PLUGINS", listed)
    statuses = Plugins.load().status()
    assert {s.name for s in statuses if s.loaded} == loaded | {"builtin"}
    assert not any(s.error for s in statuses)
    assert {"invert", "talks"} <= {s.name for s in statuses}


def test_the_argument_wins_over_the_environment(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed("invert", "talks")
    monkeypatch.setenv("RESTORE_PLUGINS", "talks")
    assert status(Plugins.load(allow=["invert"]), "invert").loaded


def test_an_allowed_plugin_that_is_not_installed_is_reported(
    installed: Installed, caplog: pytest.LogCaptureFixture
) -> None:
    installed("invert")
    Plugins.load(allow=["invert", "inwert"])
    assert [r.getMessage() for r in caplog.records] == [
        "The plugin “inwert” is allowed but not installed."
    ]


def test_two_plugins_of_one_name_are_not_confused(installed: Installed, tmp_path: Path) -> None:
    from tests.plugins import install

    folder = installed("invert")
    install(folder, "talks", "tests.plugins.talks")
    other = folder / "restore_talks-1.0.dist-info"
    (other / "entry_points.txt").write_text("[restore]\ninvert = tests.plugins.talks\n")
    statuses = [s for s in Plugins.load().status() if s.name == "invert"]
    assert [s.loaded for s in statuses] == [True, False]
    assert statuses[1].error == "Two plugins are named “invert”."


def test_two_distributions_with_one_and_the_same_plugin_count_once(installed: Installed) -> None:
    from tests.plugins import install

    folder = installed("invert")
    install(folder, "talks", "tests.plugins.talks")
    other = folder / "restore_talks-1.0.dist-info"
    (other / "entry_points.txt").write_text("[restore]\ninvert = tests.plugins.invert\n")
    assert [s.error for s in Plugins.load().status() if s.name == "invert"] == [""]


def test_a_distribution_found_twice_on_the_path_counts_once(
    installed: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = installed("invert")
    shutil.copytree(folder, tmp_path / "older")
    monkeypatch.syspath_prepend(tmp_path / "older")
    assert [s.name for s in Plugins.load().status()].count("invert") == 1


def test_unreadable_metadata_of_others_hide_nothing(installed: Installed) -> None:
    folder = installed("invert")
    broken = folder / "aaa-1.0.dist-info"
    broken.mkdir()
    (broken / "entry_points.txt").write_text("[restore]\nno equals sign\n")
    (folder / "bbb-1.0.dist-info").mkdir()
    assert status(Plugins.load(), "invert").loaded


def test_tracing_shows_hook_implementers_and_results(
    installed: Installed, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    installed("invert")
    monkeypatch.setenv("RESTORE_TRACE_PLUGINS", "1")
    Plugins.load(allow=["invert"])
    lines = [record.getMessage() for record in caplog.records]
    line = next(line for line in lines if line.startswith("restore_actions() of invert → "))
    assert "name='repeat'" in line
    caplog.clear()
    Plugins.load(allow=["invert"], trace=False)
    assert not caplog.records


def test_pickled_plugins_are_loaded_again_without_the_broken_ones(
    installed: Installed, caplog: pytest.LogCaptureFixture
) -> None:
    folder = installed("invert", "import-error", "talks")
    plugins = Plugins.load(allow=["invert", "import-error"])
    caplog.clear()
    again = pickle.loads(pickle.dumps(plugins))
    assert again.actions() == plugins.actions()
    assert not caplog.records
    process = python(
        f"import pickle; print(*pickle.loads({pickle.dumps(plugins)!r}).actions())", folder
    )
    assert process.stdout.split() == list(plugins.actions())
    assert process.stderr == ""


def test_models_are_the_folders_that_plugins_name(installed: Installed, tmp_path: Path) -> None:
    folder = installed("invert")
    (folder / "bringer.py").write_text(
        "from pathlib import Path\nfrom restore.hooks import hookimpl\n\n\n"
        f"@hookimpl\ndef restore_models():\n    return [Path({str(tmp_path)!r})]\n"
    )
    from tests.plugins import install

    install(folder, "bringer", "bringer")
    plugins = Plugins.load()
    assert plugins.models() == [tmp_path]
    assert status(plugins, "bringer").models == (str(tmp_path),)


def test_an_unknown_action_is_answered_with_its_neighbour(installed: Installed) -> None:
    installed("invert", "exits")
    plugins = Plugins.load()
    with pytest.raises(ParameterError) as error:
        plugins.action("invret")
    assert "Did you mean “invert”?" in error.value.hint
    assert "exits" in error.value.hint


def test_what_plugins_print_does_not_reach_the_standard_output(installed: Installed) -> None:
    folder = installed("talks")
    process = python(
        "import numpy as np, restore; restore.run('talk', np.ones((2, 2), np.uint8))\n"
        "print('mine')",
        folder,
    )
    assert process.stdout == "mine\n"
    assert process.stderr.split() == ["imported", "asked", "running"]


def test_the_failure_of_a_plugin_can_be_traced(
    installed: Installed, caplog: pytest.LogCaptureFixture
) -> None:
    installed("raises-in-hook")
    with caplog.at_level(logging.DEBUG, "restore"):
        Plugins.load()
    assert any(record.exc_info for record in caplog.records)
