"""Killed at any step, the next run goes on: nothing is lost, doubled or there in part.

RESTORE_WATCH_KILLS=200 kills more often than the 20 times of an ordinary run.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.watch.conftest import Place

KILLS = int(os.environ.get("RESTORE_WATCH_KILLS", "20"))
RECIPES = {
    "keep": ['existing = "number"'],
    "move": ['originals = "move"', 'archive = "archive"'],
    "replace": ['existing = "replace"', 'originals = "move"', 'archive = "archive"'],
}


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def run_until(place: Place, step: int) -> int:
    command = [sys.executable, "-m", "tests.watch.killing", step, place.root, "run", place.recipe]
    done = subprocess.run(
        [*map(str, command), "--once"],
        cwd=place.root,
        env=place.environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_photo_comes_out_exactly_once(place: Place, recipe: str) -> None:
    """The steps at which it is killed are drawn anew for each recipe, but always the same."""
    place.write(*RECIPES[recipe], step='action = "invert"')
    kills = max(1, KILLS // len(RECIPES))
    originals = {}
    for number in range(2 * kills):
        name = f"{number % 3}/{number}.png"
        originals[name] = place.photo(name, number).read_bytes()
    place.out.mkdir()
    (place.out / "mine.txt").write_text("mine")
    draw = random.Random(recipe)
    for _ in range(kills):
        assert run_until(place, draw.randrange(1, 60)) == -signal.SIGKILL
        for name in place.results().keys() - {"mine.txt"}:
            assert (pixels(place.out / name) >= 0).all(), "a result is not whole"
    done = place("run", place.recipe, "--once")
    assert done.returncode == 0, done.stderr
    assert place.results().keys() == {*originals, "mine.txt"}
    kept = place.inbox if recipe == "keep" else place.root / "archive"
    files = {str(p.relative_to(kept)): p.read_bytes() for p in kept.rglob("*") if p.is_file()}
    assert files == originals
    for name in originals:
        assert (pixels(place.out / name) == 255 - pixels(kept / name)).all()
    left = [p for p in place.root.rglob("*") if p.is_file() and p.name.startswith(".")]
    bench = [p.name for p in place.out.rglob(".restore-watch/*/*")]
    assert (left, bench) == ([], ["lock"])
    assert "0 photos done" in place("run", place.recipe, "--once").stderr
