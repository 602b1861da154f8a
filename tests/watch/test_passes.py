"""What a pass over a folder does, with real processes on real files."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.disks import small_disk
from tests.watch.conftest import Place


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def journals(place: Place) -> list[Path]:
    state = Path(place.environment["XDG_STATE_HOME"])
    return sorted(state.rglob("journal.sqlite*"))


def test_a_pass_restores_what_is_there_and_the_next_finds_nothing_to_do(place: Place) -> None:
    place.write(step='action = "invert"')
    names = ["a.png", "deep/er/b.png", "new\nline.png", "ümläut.png"]
    for seed, name in enumerate(names):
        place.photo(name, seed)
    odd = os.fsencode(place.inbox) + b"/bad\xff.png"
    Path(os.fsdecode(odd)).write_bytes(place.photo("x.png", 9).read_bytes())
    (place.inbox / "x.png").unlink()
    before = {name: (place.inbox / name).read_bytes() for name in names}
    done = place("run", place.recipe, "--once")
    assert done.returncode == 0, done.stderr
    assert "5 photos done" in done.stderr
    assert len(place.results()) == 5
    for name in names:
        assert (place.inbox / name).read_bytes() == before[name]
        assert (pixels(place.out / name) == 255 - pixels(place.inbox / name)).all()
        times = [(folder / name).stat().st_mtime_ns for folder in (place.inbox, place.out)]
        assert times[0] == times[1]
    results = place.results()
    again = place("run", place.recipe, "--once")
    assert (again.returncode, again.stderr) == (0, "0 photos done.\n")
    assert place.results() == results
    status = json.loads(place("status", place.recipe, "--json").stdout)
    assert status[0]["counts"]["done"] == 5
    lines = place("history", place.recipe, "--json", "-n", 2).stdout.splitlines()
    assert [json.loads(line)["state"] for line in lines] == ["done", "done"]
    assert "done" in place("history", place.recipe).stdout


def test_the_same_photo_is_restored_once_under_whatever_name(place: Place) -> None:
    place.write()
    photo = place.photo("a.png")
    (place.inbox / "twin.png").write_bytes(photo.read_bytes())
    done = place("run", place.recipe, "--once")
    assert "twin.png: the same photo as a.png" in done.stderr
    assert list(place.results()) == ["a.png"]
    photo.rename(place.inbox / "renamed.png")
    assert "0 photos done" in place("run", place.recipe, "--once").stderr
    assert list(place.results()) == ["a.png"]


def test_a_name_that_is_taken_is_left_alone_numbered_or_refused(place: Place) -> None:
    place.write()
    place.photo("a.png", 1)
    place.out.mkdir()
    (place.out / "a.png").write_bytes(b"mine")
    place("run", place.recipe, "--once")
    assert place.results().keys() == {"a.png", "a-2.png"}
    assert (place.out / "a.png").read_bytes() == b"mine"
    place.write('existing = "refuse"')
    place.photo("a.png", 2)
    refused = place("run", place.recipe, "--once")
    assert refused.returncode == 1
    assert "exists already" in refused.stderr
    assert (place.out / "a.png").read_bytes() == b"mine"
    place.write('existing = "replace"')
    assert "1 photo put back" in place("retry", place.recipe).stdout
    place("run", place.recipe, "--once")
    assert (pixels(place.out / "a.png") == pixels(place.inbox / "a.png")).all()
    assert "not restored/a.png" not in place.results(), "the quarantine was not cleared"


def test_replacing_never_replaces_the_result_of_another_photo(place: Place) -> None:
    place.write('existing = "replace"', 'format = "TIFF"')
    place.photo("a.png", 1)
    place.photo("a.bmp", 2)
    place("run", place.recipe, "--once")
    assert place.results().keys() == {"a.tif", "a-2.tif"}


def test_originals_move_to_the_archive_when_their_result_is_there(place: Place) -> None:
    place.write('originals = "move"', 'archive = "archive"')
    first = place.photo("deep/a.png", 1).read_bytes()
    place("run", place.recipe, "--once")
    assert not (place.inbox / "deep" / "a.png").exists()
    assert (place.root / "archive" / "deep" / "a.png").read_bytes() == first
    second = place.photo("deep/a.png", 2).read_bytes()
    place("run", place.recipe, "--once")
    assert (place.root / "archive" / "deep" / "a-2.png").read_bytes() == second
    assert (place.root / "archive" / "deep" / "a.png").read_bytes() == first
    assert place.results().keys() == {"deep/a.png", "deep/a-2.png"}


def test_a_changed_recipe_says_what_it_would_redo_and_waits_to_be_told(place: Place) -> None:
    place.write()
    place.photo("a.png")
    place("run", place.recipe, "--once")
    place.write(step='action = "invert"')
    place.photo("b.png", 5)
    done = place("run", place.recipe, "--once")
    assert "1 photo done by an earlier version of the recipe; --redo" in done.stderr
    assert place.results().keys() == {"a.png", "b.png"}
    place("run", place.recipe, "--once", "--redo")
    assert place.results().keys() == {"a.png", "a-2.png", "b.png"}
    assert (pixels(place.out / "a-2.png") == 255 - pixels(place.inbox / "a.png")).all()


def test_what_cannot_be_read_is_shown_with_its_reason_and_can_be_tried_again(place: Place) -> None:
    place.write()
    good = place.photo("good.png").read_bytes()
    (place.inbox / "cut.png").write_bytes(good[:200])
    (place.inbox / "text.png").write_text("no photo")
    done = place("run", place.recipe, "--once")
    assert done.returncode == 1
    assert "2 failed" in done.stderr
    refuge = place.out / "not restored"
    assert (refuge / "cut.png").read_bytes() == good[:200]
    assert "text.png is not a photo" in (refuge / "text.png.txt").read_text()
    assert (place.inbox / "cut.png").exists()
    assert (place.out / "good.png").exists()
    assert "text.png" in place("status", place.recipe).stdout
    assert place("run", place.recipe, "--once").returncode == 0, "tried again unasked"
    assert "2 photos put back" in place("retry", place.recipe).stdout
    assert place("run", place.recipe, "--once").returncode == 1
    assert place.results().keys() == {"good.png"} | {
        f"not restored/{name}" for name in ("cut.png", "cut.png.txt", "text.png", "text.png.txt")
    }


def test_a_file_that_grows_is_passed_over_until_it_is_whole(place: Place) -> None:
    place.write()
    whole = place.photo("a.png", size=60).read_bytes()
    photo = place.inbox / "a.png"
    with photo.open("wb") as slow:
        process = place.start("run", place.recipe, "--once")
        while process.poll() is None:
            if slow.tell() < len(whole) // 2:
                slow.write(whole[slow.tell() :][:1])
                slow.flush()
            os.utime(photo)
            time.sleep(0.01)
    _, err = process.communicate()
    assert "a.png: passed over, it is still being written" in err
    assert place.results() == {}
    photo.write_bytes(whole)
    assert "1 photo done" in place("run", place.recipe, "--once").stderr


def test_a_damaged_or_newer_journal_is_set_aside_and_rebuilt_loudly(place: Place) -> None:
    place.write()
    for seed in range(3):
        place.photo(f"{seed}.png", seed)
    place("run", place.recipe, "--once")
    results = place.results()
    (journal,) = journals(place)
    damage = {
        "is damaged": lambda: journal.write_bytes(b"not SQLite at all" * 100),
        "comes from a newer version": lambda: newer(journal),
        "is missing": journal.unlink,
    }
    for number, (words, harm) in enumerate(damage.items()):
        harm()
        place.photo(f"new{number}.png", 10 + number)
        done = place("run", place.recipe, "--once")
        assert words in done.stderr
        assert "rebuilt" in done.stderr
        assert f"{3 + number} photos taken as done" in done.stderr
        results = results | {f"new{number}.png": place.results()[f"new{number}.png"]}
        assert place.results() == results
    assert len([path for path in journals(place) if path.name[-1].isdigit()]) == 2


def newer(journal: Path) -> None:
    with sqlite3.connect(journal) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()


def test_a_full_disk_ends_the_pass_in_words_and_nothing_is_lost(place: Place) -> None:
    place.write(step='action = "repeat"\ntimes = 4')
    for seed in range(6):
        place.photo(f"{seed}.png", seed, size=60)
    with small_disk(place.out, 80):
        full = place("run", place.recipe, "--once")
        assert full.returncode == 4, full.stderr
        assert "Make room" in full.stderr or "is not full" in full.stderr
        some = place.results()
        assert 0 < len(some) < 6
        for name in some:
            assert pixels(place.out / name).shape == (240, 240, 3)
    done = place("run", place.recipe, "--once")
    assert done.returncode == 0, done.stderr
    assert len(place.results()) == 6 - len(some), "what was done was on the other disk"


def test_two_never_work_on_one_folder(place: Place) -> None:
    place.write(step='action = "slow"\nsteps = 300')
    place.photo("a.png")
    first = place.start("run", place.recipe, "--once")
    while not list(place.out.rglob(".restore-watch/*/*-a.png")):
        assert first.poll() is None
    second = place("run", place.recipe, "--once")
    assert second.returncode == 1
    assert "another `restore watch`" in second.stderr
    first.terminate()
    _, err = first.communicate(timeout=60)
    assert first.returncode == 130
    assert "Stopped" in err
    assert place.results() == {}
    place.write()
    assert "1 photo done" in place("run", place.recipe, "--once").stderr


def test_steps_are_done_in_order(place: Place) -> None:
    place.write(step='action = "invert"\n[[folder.step]]\naction = "repeat"\ntimes = 2')
    place.photo("a.png")
    place("run", place.recipe, "--once")
    turned = 255 - pixels(place.inbox / "a.png")
    assert (pixels(place.out / "a.png") == turned.repeat(2, 0).repeat(2, 1)).all()


def test_run_says_that_it_knows_passes_only(place: Place) -> None:
    place.write()
    refused = place("run", place.recipe)
    assert refused.returncode == 2
    assert "say --once" in refused.stderr


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="no links here")
def test_a_link_is_never_followed(place: Place) -> None:
    place.write()
    outside = place.photo("a.png").rename(place.root / "outside.png")
    (place.inbox / "link.png").symlink_to(outside)
    (place.inbox / "folder").symlink_to(place.root)
    assert "0 photos done" in place("run", place.recipe, "--once").stderr
    assert place.results() == {}


def test_a_photo_that_is_replaced_during_the_work_is_a_photo_of_its_own(place: Place) -> None:
    lines = ('originals = "move"', 'archive = "archive"')
    place.write(*lines, step='action = "slow"\nsteps = 100')
    first = place.photo("a.png", 1)
    old = first.read_bytes()
    process = place.start("run", place.recipe, "--once")
    while not list(place.out.rglob(".restore-watch/*/*-a.png")):
        assert process.poll() is None
        time.sleep(0.02)
    time.sleep(0.3)
    place.photo("b.png", 2).replace(first)
    new = first.read_bytes()
    process.communicate(timeout=60)
    assert process.returncode == 0
    with_old = pixels(place.out / "a.png")
    assert first.read_bytes() == new
    (place.root / "old.png").write_bytes(old)
    assert (with_old == 255 - pixels(place.root / "old.png")).all()
    assert "1 photo done" in place("run", place.recipe, "--once").stderr
    assert (pixels(place.out / "a-2.png") == 255 - pixels(place.root / "archive/a.png")).all()
    assert (place.root / "archive" / "a.png").read_bytes() == new


def test_check_knows_what_was_done(place: Place) -> None:
    place.write()
    place.photo("a.png", 1)
    (place.inbox / "bad.png").write_text("bad")
    place("run", place.recipe, "--once")
    place.photo("new.png", 2)
    shown = place("check", place.recipe).stdout
    assert f"a.png: done → {place.out / 'a.png'}" in shown
    assert "bad.png: failed, " in shown
    assert "new.png → new.png" in shown
    assert "1 photo to be restored, 2 known, 0 passed over." in shown
    place.write(step='action = "invert"')
    assert "a.png: done by an earlier version" in place("check", place.recipe).stdout


def test_without_its_plugin_the_command_says_what_is_missing(place: Place) -> None:
    refused = place("check", place.recipe, RESTORE_PLUGINS="")
    assert refused.returncode == 2
    assert "comes as a plugin, which is switched off or missing" in refused.stderr
