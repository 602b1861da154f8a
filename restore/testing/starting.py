"""Where an action runs: in processes that have just started, and in threads beside others."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np

from restore.hooks.discovery import installed
from restore.hooks.manager import Plugins
from restore.photo import Photo, Pixels
from restore.testing.photos import sample
from restore.testing.subject import Subject, Unmet, require

__all__ = [
    "another_process_agrees",
    "import_is_light",
    "import_is_quick",
    "is_found_by_hosts",
    "pixels_hash",
    "threads_agree",
]

HEAVY = (
    "torch",
    "onnxruntime",
    "tensorflow",
    "jax",
    "scipy",
    "skimage",
    "sklearn",
    "cv2",
    "PIL",
    "imagecodecs",
    "matplotlib",
    "pandas",
)
"""Libraries that a menu does not need."""
_IMPORT = """
import json, sys, time
start = time.perf_counter()
from restore.hooks.manager import Plugins
from restore.hooks.registration import collect
Plugins.load(enabled=False)
own, before = time.perf_counter() - start, set(sys.modules)
start = time.perf_counter()
plugin = __import__(sys.argv[1], fromlist=["_"])
collect("plugin", plugin, trace=False)
print(json.dumps([own, time.perf_counter() - start, sorted(set(sys.modules) - before)]))
"""


def is_found_by_hosts(subject: Subject) -> None:
    """An entry point names the plugin, and every process that is handed the plugins has it."""
    names = [found.name for found in installed() if found.module == subject.module]
    if not names and subject.module != Plugins.load(enabled=False).status()[0].module:
        raise Unmet(
            f"No entry point of the group “restore” names “{subject.module}”. Is it installed here "
            "(pip install -e .), and is it in [project.entry-points.restore]?"
        )
    plugins = Plugins.load(allow=names)
    for status in plugins.status():
        require(not status.error, f"It was left out: {status.error}")
    with ProcessPoolExecutor(1, get_context("spawn")) as processes:
        there = processes.submit(_actions, plugins).result()
    require(
        subject.action.name in there,
        f"A process that loads the plugin again has no action “{subject.action.name}”, only "
        f"{', '.join(there)}.",
    )


def _actions(plugins: Plugins) -> list[str]:
    return list(plugins.actions())


def import_is_light(subject: Subject) -> None:
    """Importing the plugin imports no heavy library, so that menus appear at once."""
    _, _, new = _imported(subject.module)
    heavy = [name for name in HEAVY if name in new]
    require(
        not heavy,
        f"Importing “{subject.module}” imports {', '.join(heavy)}. Move that import into the "
        "function that needs it.",
    )


def import_is_quick(subject: Subject) -> None:
    """Importing the plugin takes no longer than the toolkit itself takes to start."""
    for _ in range(3):  # the machine may be busy with something else
        own, theirs, _ = _imported(subject.module)
        if theirs <= own:
            return
    raise Unmet(
        f"Importing “{subject.module}” takes {theirs:.2f} s; the toolkit itself starts in "
        f"{own:.2f} s. Work in `run`, not while the module is imported."
    )


def threads_agree(subject: Subject) -> None:
    """Two photos in two threads, neither the main one, become what they become one by one."""
    light = sample()
    dark = light.with_float(light.to_float() / 2)

    def pixels(photo: Photo) -> Pixels:
        return subject.run(photo).photo.pixels

    alone = [pixels(light), pixels(dark)]
    with ThreadPoolExecutor(2) as threads:
        beside = list(threads.map(pixels, (light, dark)))
    same = all(np.array_equal(a, b) for a, b in zip(alone, beside, strict=True))
    require(
        same,
        "Two runs at a time disturb each other. Keep what a run needs in its own variables, and "
        "nothing in the module.",
    )


def another_process_agrees(subject: Subject) -> None:
    """A process that has only imported the plugin, as a worker has, makes the same pixels."""
    order = [subject.module, subject.action.name, json.dumps(dict(subject.parameters))]
    ours = pixels_hash(subject)
    theirs = _python("-m", "restore.testing.elsewhere", *order, PYTHONHASHSEED="4711")
    require(
        theirs == ours,
        "Another process makes other pixels of the same photo. Nothing may hang on what was set, "
        "cached or drawn before.",
    )


def pixels_hash(subject: Subject) -> str:
    """Run the action on the usual photo and return the hash of its pixels."""
    return hashlib.sha256(subject.run(sample()).photo.pixels.tobytes()).hexdigest()


def _imported(module: str) -> tuple[float, float, list[str]]:
    """Return the seconds that the toolkit and the plugin took, and what the plugin imported."""
    own, theirs, new = json.loads(_python("-c", _IMPORT, module))
    return own, theirs, new


def _python(*arguments: str, **environment: str) -> str:
    path = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing."])[-1]
        raise Unmet(f"In a process of its own it failed: {last}")
    return done.stdout.strip().splitlines()[-1]
