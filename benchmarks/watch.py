"""What a watched folder costs: files that are done, and photos that nothing is done to.

`python -m benchmarks.watch [FILES] [PHOTOS]` prints how long a pass over so many files takes that
are all done, and how long and how much memory so many tiny photos take with an action that changes
nothing. Both run in a folder of their own below the system's temporary folder.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from restore.engine import Engine
from restore.hooks.manager import Plugins
from restore_watch.journal import Journal, State
from restore_watch.line import Line
from restore_watch.loading import load
from restore_watch.passing import Passed, Watcher, pass_over
from restore_watch.scanning import identity_of


def main(files: int = 100_000, photos: int = 2000) -> None:
    """Measure both."""
    plugins = Plugins.load(allow=[])
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["XDG_STATE_HOME"] = scratch
        line = _line(Path(scratch) / "done", plugins)
        _fill_with_done(line, files)
        seconds, passed = _timed(line, plugins)
        print(f"{files} files that are done: {seconds:.1f} s, {_megabytes():.0f} MB")
        assert not passed.outcomes
        line = _line(Path(scratch) / "new", plugins)
        pixels = np.random.default_rng(0).integers(0, 256, (photos, 8, 8, 3), np.uint8)
        for number in range(photos):
            Image.fromarray(pixels[number]).save(line.folder.path / f"{number}.png")
        marks: list[float] = []
        watcher = Watcher(on_outcome=lambda outcome: marks.append(_megabytes()))
        seconds, passed = _timed(line, plugins, watcher)
        assert passed.outcomes["done"] == photos
        quarter = marks[photos // 4]
        print(f"{photos} tiny photos: {1000 * seconds / photos:.1f} ms each; {marks[-1]:.0f} MB")
        print(f"memory after the first quarter of them: +{marks[-1] - quarter:.1f} MB")


def _line(folder: Path, plugins: Plugins) -> Line:
    (folder / "in").mkdir(parents=True)
    recipe = folder / "recipe.toml"
    step = 'action = "denoise"\nstrength = 0\n'
    recipe.write_text(f'[[folder]]\npath = "in"\noutput = "out"\n[[folder.step]]\n{step}')
    return load(recipe, plugins).lines[0]


def _fill_with_done(line: Line, files: int) -> None:
    """Put files into the folder of which the journal says that they are done."""
    line.bench.mkdir(parents=True)
    line.journal.parent.mkdir(parents=True)
    journal = Journal(line.journal)
    with journal.together():
        for number in range(files):
            path = PurePosixPath(f"{number % 100}/{number}.png")
            file = line.folder.path / path
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(b"x")
            journal.saw(path, identity_of(file.lstat()), f"{number:064x}", 1)
            journal.take_as_done(f"{number:064x}", line.recipe, path, line.folder.output / path)
    assert journal.counts()[State.DONE] == files
    journal.close()


def _timed(line: Line, plugins: Plugins, watcher: Watcher | None = None) -> tuple[float, Passed]:
    engine = Engine(device="cpu", folders=plugins.models())
    start = time.perf_counter()
    formats = plugins.formats()
    passed = pass_over(line, engine, formats, threading.Event(), watcher or Watcher())
    return time.perf_counter() - start, passed


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
