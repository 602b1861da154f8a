"""Every conditioned reverse process on every task that it is defined for, with real photos."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from restore.diffusion.arrays import from_signed
from restore.errors import ParameterError, RestoreError
from restore.evaluation import provenance
from restore.evaluation.contenders import network, network_knows, plain
from restore.evaluation.lpips import Lpips, fits, lpips_available
from restore.evaluation.metrics import psnr, ssim
from restore.evaluation.outcomes import Outcome, Record
from restore.evaluation.problems import CROP, PROBLEMS, Problem, chosen, pose
from restore.inverse import METHODS, solve
from restore.inverse.methods import START
from restore.photo import Pixels

if TYPE_CHECKING:
    from restore.engine import Engine, Prior

__all__ = ["NETWORK", "PROTOCOL", "run_methods"]

NETWORK = "network"
"""Name of the network's own conditioning among the methods."""

PROTOCOL = (
    "Squares are cut from the middle of the pictures and go through the network as one batch. "
    "The operators act on floats: nothing is clipped or rounded. Noise is seeded by the CRC-32 of "
    "the file's name, masks by that of the task's; blurs are periodic. Results are clipped to "
    "[0, 1]; PSNR over all values of RGB, of a task with a hole over the hole alone; SSIM "
    "(Gaussian window, σ = 1.5) over the whole; LPIPS 0.1 with AlexNet. NFE are evaluations of the "
    "network; one that is also differentiated takes about three times as long and counts as one. "
    "Seconds are wall-clock time for each picture."
)


@dataclass(frozen=True, order=True)
class _Trial:
    calls: int
    place: int
    task: str
    method: str


def run_methods(
    folders: Sequence[Path],
    *,
    tasks: Sequence[str] | None = None,
    methods: Sequence[str] | None = None,
    calls: Sequence[int] = (20, 100),
    limit: int | None = None,
    crop: int = CROP,
    seed: int = 0,
    start: float = START,
    engine: Engine | None = None,
    model: str = "base",
    record: Record | None = None,
    progress: Callable[[float, str], None] = lambda fraction, text: None,
) -> Record:
    """Solve every task by every method, and measure.

    Few calls come first, on all tasks, so that a run that is stopped leaves a whole table. Beside
    the methods stand a plain one, and the network's own conditioning in one call too.

    Args:
        folders: Hold the pictures.
        tasks: Keys of `PROBLEMS`; by default all.
        methods: Keys of `METHODS`, and `NETWORK`; by default all.
        calls: Numbers of evaluations that a method may take.
        limit: At most so many pictures of each folder; see `problems.chosen`.
        crop: Side of the square that is cut from each.
        seed: Of the noise that methods draw.
        start: σ at which they start, [-1, 1] units.
        engine: Where the model runs; must be torch for the methods that take gradients.
        model: Its name.
        record: Where outcomes go; what it holds already is not done again.
        progress: Called with the fraction of trials done, and which is next.

    Raises:
        ParameterError: There is no such task or method, or no pictures.
        WriteError: The record cannot be written.
    """
    from restore.engine import Engine

    tasks = _known("task", tasks, PROBLEMS)
    methods = _known("method", methods, (NETWORK, *METHODS))
    files = chosen(folders, limit)
    record = Record() if record is None else record
    prior = (engine or Engine(backend="torch")).prior(model)
    problems = {task: pose(task, files, crop) for task in tasks}
    trials = sorted(_trials(problems, methods, calls))
    judge = _Judge(prior, crop, seed, start)
    for done, trial in enumerate(trials):
        progress(done / len(trials), f"{trial.task}: {trial.method}, {trial.calls}")
        problem = problems[trial.task]
        if (blank := judge.blank(problem, trial)).key not in record:
            record.add(judge.outcome(problem, blank))
    return record


def _known(what: str, given: Sequence[str] | None, known: Iterable[str]) -> list[str]:
    """Return what was asked for, everything if nothing was.

    Raises:
        ParameterError: There is no such thing.
    """
    names = list(known)
    for name in given or ():
        if name not in names:
            raise ParameterError(
                f"There is no {what} “{name}”.", f"Choose from {', '.join(names)}."
            )
    return list(given or names)


def _trials(
    problems: dict[str, Problem], methods: Sequence[str], calls: Sequence[int]
) -> Iterator[_Trial]:
    for place, (task, problem) in enumerate(problems.items()):
        yield _Trial(0, place, task, plain(problem)[0])
        if NETWORK in methods and network_knows(problem):
            yield from (_Trial(n, place, task, NETWORK) for n in sorted({1, *calls}))
        for name in methods:
            if name != NETWORK and not METHODS[name].fault(problem.operator, problem.sigma_y):
                yield from (_Trial(n, place, task, name) for n in calls)


class _Judge:
    """Runs methods and measures what they return."""

    def __init__(self, prior: Prior, crop: int, seed: int, start: float) -> None:
        self._prior, self._crop, self._seed, self._start = prior, crop, seed, start
        self._lpips = Lpips.load() if lpips_available() else None
        self._machine = provenance.machine()

    def blank(self, problem: Problem, trial: _Trial) -> Outcome:
        """Return an outcome with everything but figures."""
        settings: dict[str, Any] = {
            "task": trial.task,
            "method": trial.method,
            "calls": trial.calls,
            "files": problem.files,
            "crop": self._crop,
            "machine": self._machine,
        }
        if trial.calls:
            info = self._prior.info
            settings |= {"model": info.sha256, "precision": info.precision, "seed": self._seed}
        if trial.calls and trial.method != NETWORK:
            settings["start"] = self._start
        return Outcome(**settings)

    def outcome(self, problem: Problem, blank: Outcome) -> Outcome:
        """Run a method and return its figures, or why it failed."""
        before, start = self._prior.info.evaluations, time.perf_counter()
        try:
            x = self._run(problem, blank)
        except RestoreError as error:
            return replace(blank, fault=error.message)
        seconds = time.perf_counter() - start
        results = [from_signed(picture[None]).clip(0, 1) for picture in x]
        truths = [from_signed(picture[None]) for picture in problem.x]
        pairs = list(zip(results, truths, strict=True))
        lpips = self._lpips if fits(truths[0]) else None
        return replace(
            blank,
            psnr=tuple(psnr(result, truth, mask=problem.hole) for result, truth in pairs),
            ssim=tuple(ssim(result, truth) for result, truth in pairs),
            lpips=None if lpips is None else tuple(lpips(*pair) for pair in pairs),
            evaluations=self._prior.info.evaluations - before,
            seconds=seconds / len(pairs),
        )

    def _run(self, problem: Problem, blank: Outcome) -> Pixels:
        prior, calls = self._prior, blank.calls
        if not calls:
            return plain(problem)[1]
        if blank.method == NETWORK:
            return network(problem, prior, calls, self._seed)
        x = solve(
            prior,
            problem.operator,
            problem.y,
            problem.sigma_y,
            method=blank.method,
            calls=calls,
            seed=self._seed,
            sigma_max=self._start,
        )
        return np.asarray(x, np.float32)
