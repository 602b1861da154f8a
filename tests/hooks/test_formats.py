"""Formats of plugins are formats like any other, and a faulty one spoils no other file."""

from __future__ import annotations

import numpy as np
import pytest

import restore
from restore.errors import MemoryLimitError, PhotoError, PluginError, WriteError
from restore.hooks.manager import Plugins
from restore.photo import FORMATS, Photo, read, write
from tests.hooks.conftest import Installed, python

BROKEN = {
    "format-claims-all": "claims JPEG files",
    "format-thief": "“Loot” for files .jpg, which the toolkit has already",
    "format-twin": "“jpeg”, which the toolkit has already",
    "format-useless": "can be neither read nor written",
    "format-ending": "needs endings",
}


@pytest.fixture
def photo() -> Photo:
    values = np.random.default_rng(0).integers(0, 256, (6, 7, 4), np.uint8)
    return Photo.from_array(values)


@pytest.mark.parametrize("name", BROKEN)
def test_a_format_that_cannot_be_accepted_leaves_its_plugin_out(
    name: str, installed: Installed
) -> None:
    installed(name, "boxed")
    plugins = Plugins.load(allow=[name, "boxed"])
    found = {status.name: status for status in plugins.status()}
    assert BROKEN[name] in found[name].error
    assert found[name].formats == ()
    assert found["boxed"].formats == ("Boxed", "Sealed")
    names = [f.name for f in plugins.formats()]
    assert names == ["Boxed", "Sealed", *(f.name for f in FORMATS)]


def test_two_plugins_cannot_have_one_format(installed: Installed) -> None:
    folder = installed("boxed")
    from tests.plugins import install

    install(folder, "copy", "tests.plugins.boxed")
    found = {status.name: status for status in Plugins.load(allow=["boxed", "copy"]).status()}
    assert "which the plugin “boxed” has already" in found["copy"].error


def test_a_photo_is_read_and_written(installed: Installed, tmp_path, photo: Photo) -> None:
    installed("boxed")
    plugins = Plugins.load(allow=["boxed"])
    formats = plugins.formats()
    assert {f.plugin for f in formats} == {"boxed", ""}
    path = write(photo, tmp_path / "x.box", formats=formats)
    assert path.read_bytes().startswith(b"BOX!\x89PNG")
    np.testing.assert_array_equal(read(path, formats=formats).to_array(), photo.to_array())
    np.testing.assert_array_equal(
        restore.read(path, plugins=plugins, max_pixels=42).to_array(), photo.to_array()
    )
    with pytest.raises(PhotoError, match="limit"):
        restore.read(path, plugins=plugins, max_pixels=41)
    with pytest.raises(PhotoError, match="not a photo"):
        read(path)
    with pytest.raises(WriteError, match="stands for no format"):
        write(photo, tmp_path / "y.box")


def test_a_plugin_refuses_a_file_in_its_own_words(installed: Installed, tmp_path) -> None:
    installed("boxed")
    plugins = Plugins.load(allow=["boxed"])
    path = tmp_path / "x.box"
    path.write_bytes(b"BOX!empty")
    with pytest.raises(PhotoError) as caught:
        restore.read(path, plugins=plugins)
    assert caught.value.message == f"{path} is a box without a picture."
    assert caught.value.hint == "Put one in."


def test_what_a_plugin_lacks_is_named(installed: Installed, tmp_path) -> None:
    installed("boxed")
    plugins = Plugins.load(allow=["boxed"])
    (tmp_path / "x").write_bytes(b"SEAL")
    with pytest.raises(PhotoError, match="x is Sealed") as caught:
        restore.read(tmp_path / "x", plugins=plugins)
    assert caught.value.hint == "Install it: pip install 'box-opener'"


@pytest.mark.parametrize(
    ("word", "error", "told"),
    [
        ("raises", PluginError, "ZeroDivisionError: nothing to divide by"),
        ("exits", PluginError, "tried to end the program with exit code 3"),
        ("memory", MemoryLimitError, "not enough memory"),
        ("text", PluginError, "decode returned str, not Decoded"),
        ("flat", PluginError, "samples must be an array"),
        ("deep", PluginError, "samples must be an array"),
        ("many", PluginError, "no photo"),
        ("large", PhotoError, "limit"),
    ],
)
def test_a_fault_in_a_plugin_names_file_and_plugin(
    installed: Installed, tmp_path, capsys, word, error, told
) -> None:
    installed("format-faults")
    plugins = Plugins.load(allow=["format-faults"])
    path = tmp_path / "x.fault"
    path.write_bytes(b"FAULT " + word.encode())
    with pytest.raises(error) as caught:
        restore.read(path, plugins=plugins, max_pixels=1000)
    assert str(path) in caught.value.message
    assert told in caught.value.message
    if error is PluginError:
        assert "“format-faults”" in caught.value.message
        assert "--no-plugins" in caught.value.hint
    assert capsys.readouterr().out == ""


def test_nothing_is_written_when_a_plugin_fails(installed: Installed, tmp_path, photo) -> None:
    installed("format-faults")
    formats = Plugins.load(allow=["format-faults"]).formats()
    with pytest.raises(PluginError, match=r"“format-faults” could not write Faults.*not bytes"):
        write(photo, tmp_path / "x.fault", formats=formats)
    assert [p.name for p in tmp_path.iterdir()] == ["site"]


def test_a_fault_in_recognising_costs_a_warning_and_no_other_file(
    installed: Installed, tmp_path, photo, caplog
) -> None:
    installed("format-faults")
    plugins = Plugins.load(allow=["format-faults"])
    path = write(photo, tmp_path / "seven.png")
    np.testing.assert_array_equal(restore.read(path, plugins=plugins).pixels, photo.pixels)
    assert "no seven columns" in caplog.text
    assert "format-faults" in caplog.text


def test_reading_loads_no_library_of_a_plugin_at_the_start(installed: Installed) -> None:
    folder = installed("boxed")
    process = python(
        "import sys; from restore.hooks.manager import Plugins; Plugins.load().formats()\n"
        "print({'PIL', 'rawpy', 'OpenEXR', 'pi_heif', 'imagecodecs'} & set(sys.modules))",
        folder,
    )
    assert process.stdout.strip() == "set()", process.stderr
