"""The learning rate's course: up, constant, down to zero; and when a run is over."""

from __future__ import annotations

import math
from dataclasses import dataclass

from restore.training.recipe import ScheduleRecipe

__all__ = ["Course", "rate_factor"]


def rate_factor(step: int, progress: float, *, warm_up: int, decay: float) -> float:
    """Return what the learning rates are multiplied with, 0…1.

    Linear warm-up, constant, then linear to zero (“warm-up, stable, decay”, Hu et al. 2024).

    Args:
        step: Steps made before this one, since the schedule began.
        progress: Share of the schedule that is over, 0…1.
        warm_up: Steps until the whole rate is reached.
        decay: Last share of the schedule, over which the rate falls.
    """
    rise = min(1.0, (step + 1) / (warm_up + 1))
    fall = min(1.0, max(0.0, 1 - progress) / decay) if decay > 0 else 1.0
    return rise * fall


@dataclass(frozen=True)
class Course:
    """One run's way through the schedule.

    Attributes:
        schedule: The recipe's.
        first: Steps made before this run.
        limit: Seconds that the run may take.
        anneal: Whether those seconds are a whole schedule of their own, however many steps.
    """

    schedule: ScheduleRecipe
    first: int = 0
    limit: float = math.inf
    anneal: bool = False

    def progress(self, step: int, elapsed: float) -> float:
        """Return the share of the schedule that is over, 0…1."""
        return min(1.0, elapsed / self.limit if self.anneal else step / self.schedule.steps)

    def factor(self, step: int, elapsed: float) -> float:
        """Return the learning rates' factor, 0…1, for the step after `step` steps."""
        return rate_factor(
            step - self.first if self.anneal else step,
            self.progress(step, elapsed),
            warm_up=self.schedule.warm_up,
            decay=self.schedule.decay,
        )

    def steps_left(self, step: int) -> float:
        """Return how many steps remain, infinitely many where only the time counts."""
        return math.inf if self.anneal else max(0, self.schedule.steps - step)

    def seconds_left(self, step: int, elapsed: float) -> float:
        """Return the time until the run ends, if steps go on taking what they took so far."""
        each = elapsed / max(1, step - self.first)
        return max(0.0, min(self.limit - elapsed, each * self.steps_left(step)))
