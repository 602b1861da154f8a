"""Of Krita's settings, one line changes, and comes back as it was."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.hooks.host import Toolkit
from restore_editors.places import System
from restore_editors.record import Record
from restore_krita import kritarc
from restore_krita.host import Krita

LINE = st.sampled_from(
    ["[python]", "[theme]", "enable_other=true", "a=b", "", "  ", "# python", "enable_restore=1"]
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[theme]\nTheme=Krita dark\n",
        "[theme]\nTheme=Krita dark",
        "[python]\nenable_other=true\n",
        "[python]\nenable_other=true\n\n[theme]\nTheme=x\n",
        "[theme]\na=b\n\n[python]\nenable_other=false",
    ],
)
def test_settings_that_were_switched_on_come_back_byte_for_byte(text: str) -> None:
    switched = kritarc.replaced(text, "true")
    assert kritarc.get(text) is None
    assert kritarc.get(switched) == "true"
    assert kritarc.replaced(switched, None).rstrip("\n") == text.rstrip("\n")


@given(st.lists(LINE).map("\n".join))
def test_no_other_line_changes(text: str) -> None:
    switched = kritarc.replaced(text, "true")
    assert kritarc.get(switched) == "true"
    others = [line for line in switched.splitlines() if "restore_krita" not in line]
    kept = [line for line in others if line.strip() not in ("", "[python]")]
    assert kept == [line for line in text.splitlines() if line.strip() not in ("", "[python]")]
    assert kritarc.get(kritarc.replaced(switched, None)) is None


def test_a_value_that_was_there_is_replaced_in_its_group_alone() -> None:
    text = "[other]\nenable_restore_krita=keep\n[python]\nenable_restore_krita=false\nb=c\n"
    switched = kritarc.replaced(text, "true")
    assert "[other]\nenable_restore_krita=keep\n" in switched
    assert kritarc.get(switched) == "true"
    assert kritarc.replaced(switched, "false") == text


def test_bytes_that_are_no_utf_8_survive(tmp_path: Path) -> None:
    file = tmp_path / "kritarc"
    file.write_bytes(b"[theme]\nname=\xff\xfe\n")
    file.chmod(0o600)
    kritarc.write(file, kritarc.replaced(kritarc.read(file), "true"))
    assert file.read_bytes().startswith(b"[theme]\nname=\xff\xfe\n")
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_plug_in_that_is_not_switched_on_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / ".local/share/krita").mkdir(parents=True)
    (tmp_path / ".config").mkdir()
    host = Krita(System("linux", tmp_path, {}), Record(tmp_path / "record.json"))
    toolkit = Toolkit(1, "1.0", (sys.executable,), tmp_path, [])
    installed = host.install(host.profiles()[0], toolkit)
    assert host.problem(installed, toolkit) is None
    kritarc.write(tmp_path / ".config/kritarc", "[python]\nenable_restore_krita=false\n")
    problem = host.problem(installed, toolkit)
    assert problem is not None
    assert (problem.serious, "not switched on" in problem.text) == (False, True)


def test_settings_that_are_not_there_yet_are_made_and_removed(tmp_path: Path) -> None:
    file = tmp_path / "config" / "kritarc"
    kritarc.write(file, kritarc.replaced(kritarc.read(file), "true"))
    assert file.read_text() == "[python]\nenable_restore_krita=true\n"
    kritarc.write(file, kritarc.replaced(kritarc.read(file), None))
    assert not file.exists()


def test_settings_behind_a_link_are_written_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("[theme]\n")
    (tmp_path / "kritarc").symlink_to("real")
    kritarc.write(tmp_path / "kritarc", "[python]\n")
    assert (tmp_path / "kritarc").is_symlink()
    assert (tmp_path / "real").read_text() == "[python]\n"
