"""Profiles are found on every system, in homes made up as the editors make them."""

from __future__ import annotations

from pathlib import Path

import pytest

from restore_editors.places import System
from restore_gimp.host import Gimp
from restore_krita.host import Krita

GIMP = [
    ("linux", ".config/GIMP/3.0", "system"),
    ("linux", ".config/GIMP-AppImage/3.2", "AppImage"),
    ("linux", ".var/app/org.gimp.GIMP/config/GIMP/3.0", "Flatpak"),
    ("linux", "snap/gimp/current/.config/GIMP/3.0", "Snap"),
    ("win32", "AppData/Roaming/GIMP/3.0", "system"),
    ("darwin", "Library/Application Support/GIMP/3.2", "system"),
]
KRITA = [
    ("linux", ".local/share/krita", ".config/kritarc", "system"),
    (
        "linux",
        ".var/app/org.kde.krita/data/krita",
        ".var/app/org.kde.krita/config/kritarc",
        "Flatpak",
    ),
    (
        "linux",
        "snap/krita/current/.local/share/krita",
        "snap/krita/current/.config/kritarc",
        "Snap",
    ),
    ("win32", "AppData/Roaming/krita", "AppData/Local/kritarc", "system"),
    ("darwin", "Library/Application Support/krita", "Library/Preferences/kritarc", "system"),
]


@pytest.mark.parametrize(("system", "folder", "packaging"), GIMP)
def test_a_profile_of_gimp_is_found(
    tmp_path: Path, system: str, folder: str, packaging: str
) -> None:
    (tmp_path / folder).mkdir(parents=True)
    (found,) = Gimp(System(system, tmp_path, {})).profiles()
    assert found.folder == tmp_path / folder
    assert (found.version, found.packaging) == (folder[-3:], packaging)
    assert Krita(System(system, tmp_path, {})).profiles() == []


@pytest.mark.parametrize(("system", "folder", "settings", "packaging"), KRITA)
def test_a_profile_of_krita_is_found_with_its_settings(
    tmp_path: Path, system: str, folder: str, settings: str, packaging: str
) -> None:
    (tmp_path / folder).mkdir(parents=True)
    (found,) = Krita(System(system, tmp_path, {})).profiles()
    assert (found.folder, found.settings) == (tmp_path / folder, tmp_path / settings)
    assert found.packaging == packaging


def test_newer_versions_come_first_and_gimp_2_not_at_all(tmp_path: Path) -> None:
    for version in ("2.10", "3.0", "3.10", "3.2", "tags.xml"):
        (tmp_path / ".config/GIMP" / version).mkdir(parents=True)
    found = Gimp(System("linux", tmp_path, {})).profiles()
    assert [profile.version for profile in found] == ["3.10", "3.2", "3.0"]


def test_folders_are_where_the_variables_say(tmp_path: Path) -> None:
    moved = {
        "XDG_CONFIG_HOME": str(tmp_path / "c"),
        "XDG_DATA_HOME": str(tmp_path / "d"),
        "APPDATA": str(tmp_path / "r"),
        "LOCALAPPDATA": str(tmp_path / "l"),
    }
    for folder in ("c/GIMP/3.0", "d/krita", "r/GIMP/3.2", "r/krita"):
        (tmp_path / folder).mkdir(parents=True)
    home = tmp_path / "home"
    assert [p.version for p in Gimp(System("linux", home, moved)).profiles()] == ["3.0"]
    assert [p.version for p in Gimp(System("win32", home, moved)).profiles()] == ["3.2"]
    (linux,) = Krita(System("linux", home, moved)).profiles()
    (windows,) = Krita(System("win32", home, moved)).profiles()
    assert (linux.folder, linux.settings) == (tmp_path / "d/krita", tmp_path / "c/kritarc")
    assert (windows.folder, windows.settings) == (tmp_path / "r/krita", tmp_path / "l/kritarc")


def test_a_variable_that_names_no_absolute_folder_counts_for_nothing(tmp_path: Path) -> None:
    (tmp_path / ".config/GIMP/3.0").mkdir(parents=True)
    assert len(Gimp(System("linux", tmp_path, {"XDG_CONFIG_HOME": "here"})).profiles()) == 1


def test_gimp3_directory_is_the_only_profile(tmp_path: Path) -> None:
    (tmp_path / ".config/GIMP/3.0").mkdir(parents=True)
    (tmp_path / "own").mkdir()
    system = System("linux", tmp_path, {"GIMP3_DIRECTORY": str(tmp_path / "own")})
    assert [profile.folder for profile in Gimp(system).profiles()] == [tmp_path / "own"]


def test_a_profile_that_two_places_name_is_found_once(tmp_path: Path) -> None:
    (tmp_path / ".config/GIMP/3.0").mkdir(parents=True)
    (tmp_path / ".config/GIMP-AppImage").symlink_to(tmp_path / ".config/GIMP")
    assert len(Gimp(System("linux", tmp_path, {})).profiles()) == 1
