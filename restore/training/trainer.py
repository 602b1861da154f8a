"""The training run: steps, looks at how it goes, checkpoints, and a good end."""

from __future__ import annotations

import math
import time
from pathlib import Path

import torch
from torch import nn

from restore.errors import ParameterError, ResultError, WriteError
from restore.training.checkpoint import Header
from restore.training.distributed import World
from restore.training.keeping import Keeper
from restore.training.learner import Learner
from restore.training.objective import Objective
from restore.training.recipe import Recipe
from restore.training.schedule import Course
from restore.training.stopping import Stop
from restore.training.watching import Report, Silent, Start, Watcher, Why

__all__ = ["Trainer"]

LOOK_EVERY = {"cpu": 1, "cuda": 10}
"""Steps after which the host looks at how it goes; on a GPU a look waits for it."""

CAUTION = 0.5
CAUTIOUS_STEPS = 500
RETURNS = 6


class Trainer:
    """Trains a network in a folder, in which a later run goes on where this one ended.

    On one device the weights after n steps do not depend on how often the run was interrupted.

    Args:
        recipe: What decides the weights.
        objective: What is learnt.
        network: With its first weights; a checkpoint in the folder takes their place.
        folder: Made if it is missing.
        world: The processes that take part, and the device.
        watcher: Is told how it goes, in process 0.

    Raises:
        ModelError: The folder's checkpoint is of another network or version.
        WriteError: The folder cannot be made.
    """

    def __init__(
        self,
        recipe: Recipe,
        objective: Objective,
        network: nn.Module,
        folder: Path,
        world: World | None = None,
        watcher: Watcher | None = None,
    ) -> None:
        self.recipe, self.objective = recipe, objective
        self.world = world or World()
        self.leads = self.world.rank == 0
        self.watcher = watcher if watcher and self.leads else Silent()
        self.keeper = Keeper(folder, self.watcher)
        self.learner = Learner(recipe, objective, network, self.world)
        self.step, self.pixels = 0, 0
        self.caution, self.cautious_until = 1.0, 0
        if header := self.keeper.load(self.learner, recipe.fingerprint):
            self.step, self.pixels = header.step, header.pixels
            self.caution, self.cautious_until = header.caution, header.cautious_until
        self._good = self._snapshot()
        self._begin(Course(recipe.schedule, self.step))

    def run(self, minutes: float | None = None, *, anneal: bool = False) -> Why:
        """Train until the schedule is complete, the time is over, or a signal asks to stop.

        Each end leaves a checkpoint, weights, a validation and a sheet. A second signal ends the
        process at once; the last checkpoint stands.

        Args:
            minutes: How long at most; None for the whole schedule.
            anneal: Make these minutes a whole schedule of their own, whatever the recipe's steps:
                the learning rate falls to zero over their last part.

        Returns:
            Why it ended.

        Raises:
            ParameterError: `anneal` without `minutes`, or no time at all.
            ResultError: The training diverged again and again.
            WriteError: The last checkpoint could not be written.
        """
        if minutes is None and anneal:
            raise ParameterError("A whole schedule needs its length.", "Say how many minutes.")
        if minutes is not None and not 0 < minutes < math.inf:
            raise ParameterError(f"{minutes} minutes are no time to train.")
        limit = math.inf if minutes is None else 60 * minutes
        self._begin(Course(self.recipe.schedule, self.step, limit, anneal))
        self.watcher.started(self._start())
        with Stop() as stop, torch.backends.cudnn.flags(enabled=True, benchmark=True):
            while (why := self._over(stop)) is None:
                steps = LOOK_EVERY[self.world.device.type]
                for _ in range(int(min(steps, self.course.steps_left(self.step)))):
                    self._advance()
                self._look()
            if self.leads:
                self.keeper.save(self.learner, self._header(), validate=True)
        self.watcher.finished(self.step, why)
        return why

    def _begin(self, course: Course) -> None:
        self.course, self.factor = course, 0.0
        self.began = time.monotonic()
        self.elapsed, self._due, self._checkpoints = 0.0, self._interval, 0
        self._reported, self._reported_pixels = 0.0, self.pixels
        self._skipped = self.learner.guard.read().skipped

    def _over(self, stop: Stop) -> Why | None:
        """Agree with the other processes on the time and on whether to stop."""
        self.elapsed, asked = self.world.highest(time.monotonic() - self.began, stop.asked)
        if asked:
            return "stopped"
        if not self.course.steps_left(self.step):
            return "done"
        if self.elapsed >= self.course.limit:
            return "done" if self.course.anneal else "time"
        return None

    def _advance(self) -> None:
        self.factor = self.course.factor(self.step, self.elapsed)
        if self.step < self.cautious_until:
            self.factor *= self.caution
        self.learner.step(self.step, self.factor)
        self.step += 1
        each = self.recipe.data.crop**2
        self.pixels += each * self.recipe.schedule.batch * self.world.size

    def _look(self) -> None:
        """See whether all is well, then report and save if it is time."""
        signs = self.learner.guard.read()
        if signs.skipped > self._skipped:
            count = signs.skipped - self._skipped
            self.watcher.warned(f"Step {self.step}: {count} left out, for it was not finite.")
            self._skipped = signs.skipped
        if signs.lost:
            self._return()
        now = time.monotonic() - self.began
        if self.leads and now - self._reported >= self.recipe.run.report_seconds:
            self._report(now)
        if self.elapsed >= self._due and signs.calm:
            self._good = self._snapshot()
            self._due = self.elapsed + self._interval
            if self.leads:
                self._save()
                self._reported += time.monotonic() - self.began - now

    def _report(self, now: float) -> None:
        means = self.learner.means()
        seconds = max(now - self._reported, 1e-9)
        report = Report(
            step=self.step,
            progress=self.course.progress(self.step, now),
            loss=means.loss,
            groups=means.groups,
            rate=self.factor,
            pixels=self.pixels,
            pixels_per_second=(self.pixels - self._reported_pixels) / seconds,
            seconds_left=self.course.seconds_left(self.step, now),
            skipped=self._skipped,
        )
        self._reported, self._reported_pixels = now, self.pixels
        self.watcher.stepped(report)

    def _return(self) -> None:
        """Go back to the last good weights, and on from there more carefully.

        Raises:
            ResultError: That was done too often.
        """
        before = self.caution if self.step < self.cautious_until else 1.0
        self.caution, self.cautious_until = before * CAUTION, self.step + CAUTIOUS_STEPS
        if self.caution < CAUTION**RETURNS:
            raise ResultError(
                f"The training diverges again and again, last at step {self.step}.",
                "Lower the learning rates in the recipe, or look for bad pictures.",
            )
        self.learner.restore(self._good)
        self.watcher.warned(
            f"Step {self.step}: the training diverged. It goes on from the last good weights, for "
            f"{CAUTIOUS_STEPS} steps with {self.caution:g} of the learning rate."
        )

    def _save(self) -> None:
        every = self.recipe.run.validate_every
        self._checkpoints += 1
        validate = every > 0 and self._checkpoints % every == 0
        try:
            self.keeper.save(self.learner, self._header(), validate=validate)
        except WriteError as error:
            self.watcher.warned(f"Step {self.step}: not all was saved. {error}")

    @property
    def _interval(self) -> float:
        return 60 * self.recipe.run.checkpoint_minutes

    def _start(self) -> Start:
        device = self.world.device
        return Start(
            name=self.recipe.name,
            folder=self.keeper.folder,
            device=torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
            precision=self.learner.precision,
            processes=self.world.size,
            parameters=sum(p.numel() for p in self.learner.optimiser.parameters),
            step=self.step,
            steps=self.recipe.schedule.steps,
            groups=self.objective.groups,
        )

    def _header(self) -> Header:
        return Header(
            name=self.recipe.name,
            recipe=self.recipe.fingerprint,
            architecture=self.recipe.architecture.model_dump(mode="json"),
            groups=self.objective.groups,
            step=self.step,
            pixels=self.pixels,
            caution=self.caution,
            cautious_until=self.cautious_until,
        )

    def _snapshot(self) -> dict[str, torch.Tensor]:
        return {name: tensor.clone() for name, tensor in self.learner.state().items()}
