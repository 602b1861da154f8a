"""Formats beyond the usual ones, on the command line: pages, results, folders, what is missing."""

import json

import numpy as np
import pytest
import tifffile

import restore
from restore.cli.inputs import expand
from restore.cli.masks import given_mask
from restore.cli.plan import make_plan
from restore.errors import WriteError
from restore.hooks.manager import Plugins
from tests.cli.conftest import picture
from tests.plugins import install


@pytest.fixture
def boxed(tmp_path, monkeypatch):
    """Install the plugin that brings two formats."""
    folder = tmp_path / "site"
    install(folder, "boxed")
    monkeypatch.syspath_prepend(folder)
    return Plugins.load(allow=["boxed"])


@pytest.fixture
def scan(tmp_path):
    pages = [np.full((20, 30, 3), 50 * number, np.uint8) for number in (1, 2, 3)]
    tifffile.imwrite(tmp_path / "scan.tif", np.stack(pages), photometric="rgb", metadata=None)
    return tmp_path / "scan.tif"


def denoise(call, *arguments):
    return call("denoise", *arguments, "--strength", "0")


def test_a_page_is_restored_into_a_file_of_its_own(call, scan, tmp_path):
    code, _, err = denoise(call, "scan.tif", "--page", "2")
    assert code == 0, err
    result = restore.read(tmp_path / "scan-page2-denoised.tif")
    assert (result.pixels == 100).all()
    assert denoise(call, "scan.tif", "--page", "3", "-o", "x.png")[0] == 0
    assert (restore.read(tmp_path / "x.png").pixels == 150).all()


def test_a_file_of_several_pages_says_what_to_type(call, scan):
    code, _, err = denoise(call, "scan.tif")
    assert code == 3
    assert "holds 3 pages" in err
    assert "--page 1" in err
    code, _, err = denoise(call, "scan.tif", "--page", "4")
    assert code == 3
    assert "no page 4" in err


def test_a_page_never_replaces_all_the_others(call, scan):
    before = scan.read_bytes()
    code, _, err = denoise(call, "scan.tif", "--page", "1", "-o", "scan.tif", "--overwrite")
    assert code == 4
    assert "replaced by one page" in err
    assert scan.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "output", "target"),
    [
        ("a.heic", None, "a-done.tif"),
        ("a.HEIC", "new", "new/a.tif"),
        ("a.heic", "b.jpg", "b.jpg"),
        ("a.avif", None, "a-done.avif"),
    ],
)
def test_what_cannot_be_written_becomes_a_tiff(tmp_path, monkeypatch, name, output, target):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).touch()
    (job,) = make_plan(expand([name]).photos, output, "done").jobs
    assert job.target.as_posix() == target


def test_no_result_is_promised_in_a_format_that_cannot_be_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.jpg").touch()
    with pytest.raises(
        WriteError, match=r"b\.heic ends like no format that can be written"
    ) as error:
        make_plan(expand(["a.jpg"]).photos, "b.heic", "done")
    assert ".heic" not in error.value.hint.replace("b.heic/", "")


def test_formats_of_plugins_count_in_folders_and_for_masks(boxed, tmp_path):
    formats = boxed.formats()
    for name in ("in/a.box", "in/a.seal", "in/a.txt", "in/a.jpg", "masks/a.box"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = expand([str(tmp_path / "in")], formats=formats)
    assert [p.path.name for p in found.photos] == ["a.box", "a.jpg", "a.seal"]
    assert len(expand([str(tmp_path / "in")]).photos) == 1
    assert given_mask(tmp_path / "in/a.jpg", tmp_path / "masks", formats).name == "a.box"
    plan = make_plan(found.photos, None, "done", formats=formats)
    assert [j.target.name for j in plan.jobs] == ["a-done.box", "a-done.jpg", "a-done.tif"]


def test_a_folder_of_a_plugins_photos_is_restored(boxed, call, tmp_path, monkeypatch):
    monkeypatch.setenv("RESTORE_PLUGINS", "boxed")
    plain = restore.read(picture(tmp_path / "x.png", (20, 16)))
    plain.write(tmp_path / "x.box", formats=boxed.formats())
    code, _, err = denoise(call, "x.box", "-o", "y.box")
    assert code == 0, err
    result = restore.read(tmp_path / "y.box", plugins=boxed)
    np.testing.assert_array_equal(result.pixels, plain.pixels)
    code, out, _ = call("evaluate", "y.box", "x.png", "--json")
    assert json.loads(out)["identical"]
    code, _, _ = call("compare", "x.box", "y.box", "-o", "sheet.png")
    assert code == 0


def test_formats_and_what_they_lack_are_listed(boxed, call, monkeypatch):
    monkeypatch.setenv("RESTORE_PLUGINS", "boxed")
    code, out, _ = call("plugins")
    assert code == 0
    assert "Boxed, Sealed" in out
    assert "Sealed needs: pip install 'box-opener'" in out
    found = {s["name"]: s for s in json.loads(call("plugins", "--json")[1])}
    assert found["boxed"]["formats"] == ["Boxed", "Sealed"]
    findings = {f["name"]: f for f in json.loads(call("doctor", "--json")[1])["findings"]}
    assert "Boxed" in findings["formats read"]["value"]
    assert "Sealed" not in findings["formats read"]["value"]
    assert "HEIC" not in findings["formats written"]["value"]
    assert findings["format Sealed"]["state"] == "note"
    assert "pip install 'box-opener'" in findings["format Sealed"]["mend"]
