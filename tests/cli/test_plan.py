"""Where results go, and what is refused before anything is read."""

from pathlib import Path

import pytest

from restore.cli.inputs import Input, expand
from restore.cli.plan import make_plan
from restore.errors import PhotoError, WriteError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def targets(names, output=None, **options):
    plan = make_plan(expand(names).photos, output, "done", **options)
    return [job.target.as_posix() for job in plan.jobs]


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (None, "a-done.png"),
        ("b.tif", "b.tif"),
        ("new", "new/a.png"),
        ("new.v2/", "new.v2/a.png"),
        ("old.png", "old.png/a.png"),
    ],
)
def test_one_photo(folder, output, expected):
    touch(folder, "a.png", "old.png/x.txt")
    assert targets(["a.png"], output) == [expected]
    assert not (folder / "new").exists()


def test_a_name_with_several_dots_keeps_all_but_the_last(folder):
    touch(folder, "a.2024.01.jpg")
    assert targets(["a.2024.01.jpg"]) == ["a.2024.01-done.jpg"]


def test_one_file_cannot_take_several_photos(folder):
    touch(folder, "a.png", "b.png")
    with pytest.raises(WriteError, match="one file, but there are 2 photos"):
        targets(["a.png", "b.png"], "c.png")


def test_a_link_to_the_photo_counts_as_the_photo(folder):
    touch(folder, "a.png")
    (folder / "link.png").symlink_to("a.png")
    with pytest.raises(WriteError, match="replaced by its own result"):
        targets(["a.png"], "link.png")
    assert len(expand(["a.png", "link.png", "./a.png"]).photos) == 1


def test_a_dangling_link_is_not_written_through(folder):
    touch(folder, "a.png")
    (folder / "b.png").symlink_to("nowhere.png")
    with pytest.raises(WriteError, match="exists"):
        targets(["a.png"], "b.png")


def test_existing_results_are_counted(folder):
    touch(folder, "a.png", "b.png", "out/a.png", "out/b.png")
    with pytest.raises(WriteError, match="2 results exist already"):
        targets(["a.png", "b.png"], "out")
    assert targets(["a.png", "b.png"], "out", overwrite=True)
    assert targets(["a.png", "b.png"], "out", skip_existing=True) == []


def test_only_a_photo_that_was_named_is_restored_twice(folder):
    touch(folder, "a.png", "a-done.png")
    with pytest.raises(WriteError, match="exists"):
        targets(["."])
    assert targets(["."], overwrite=True) == ["a-done.png"]
    assert targets(["a-done.png"]) == ["a-done-done.png"]


def test_hidden_files_and_other_files_are_passed_over(folder):
    touch(folder, "in/a.JPG", "in/.b.jpg", "in/notes.txt", "in/deep/c.webp")
    found = expand(["in"])
    assert [photo.path for photo in found.photos] == [Path("in/a.JPG")]
    assert found.skipped == 1
    found = expand(["in"], recursive=True)
    assert [photo.path.name for photo in found.photos] == ["a.JPG", "c.webp"]


def test_every_missing_file_is_counted(folder):
    with pytest.raises(PhotoError, match="4 files are missing: a, b, c …"):
        expand(["a", "b", "c", "d"])


def test_a_name_with_brackets_is_a_file_first(folder):
    touch(folder, "scan[1].png")
    assert expand(["scan[1].png"]).photos == (Input(Path("scan[1].png")),)


def test_masks_among_the_photos_are_no_photos_unless_named(folder):
    touch(folder, "in/a.png", "in/mask.png", "in/masks/a.png")
    without = [Path("in/mask.png"), Path("in/masks")]
    found = expand(["in"], recursive=True, without=without)
    assert [photo.path for photo in found.photos] == [Path("in/a.png")]
    assert len(expand(["in/mask.png"], without=without).photos) == 1
