"""One step: a batch, its balanced loss, its gradient, the weights moved, the average updated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from restore.training.balance import Balance
from restore.training.distributed import World
from restore.training.ema import Average
from restore.training.guard import Guard
from restore.training.objective import Objective
from restore.training.optimiser import Optimiser
from restore.training.precision import choose_precision, lay_out, mixed
from restore.training.recipe import Recipe
from restore.training.seeding import step_seed

__all__ = ["Learner", "Means"]


@dataclass(frozen=True)
class Means:
    """Mean losses of some steps, before balancing.

    Attributes:
        loss: Of an example; NaN if no step was made.
        groups: Of an example of each group that had any.
    """

    loss: float
    groups: Mapping[str, float]


class Learner:
    """A network with everything that changes while it is trained.

    Args:
        recipe: How it is trained.
        objective: What it is trained for.
        network: Moved to the device.
        world: The processes that take part.
    """

    def __init__(
        self, recipe: Recipe, objective: Objective, network: nn.Module, world: World
    ) -> None:
        self.recipe, self.objective, self.world = recipe, objective, world
        self.precision = choose_precision(recipe.run.precision, world.device)
        self.network = lay_out(network, world.device).train()
        trained = world.wrap(self.network)
        self.forward = mixed(trained, world.device, self.precision)
        self.average = Average(self.network, recipe.schedule.average)
        self.averaged = mixed(self.average.network, world.device, self.precision)
        self.optimiser = Optimiser(self.network, recipe.optimiser)
        self.balance = Balance(len(objective.groups), world)
        self.guard = Guard(world.device)
        self._generator = Generator(world.device)
        self._sums = torch.zeros(2, len(objective.groups), device=world.device)

    def step(self, step: int, factor: float) -> None:
        """Make step number `step` with the learning rates times `factor`."""
        self._generator.manual_seed(step_seed(self.recipe.seed, step, self.world.rank))
        size = self.recipe.schedule.batch
        losses = self.objective.losses(self.forward, size, self._generator)
        batch = self.balance.measure(losses)
        self.balance.balanced(losses).backward()  # type: ignore[no-untyped-call]
        loss = (batch.total / self.balance.level).sum() / batch.members.sum()
        made = self.optimiser.step(factor, loss.isfinite())
        self.average.update(step)
        self.balance.update(batch, self.guard.update(loss, made))
        self._sums += torch.where(made, torch.stack(batch), 0)

    def means(self) -> Means:
        """Return the losses since the last call; waits for the device."""
        totals, members = self._sums.tolist()
        self._sums.zero_()
        examples = sum(members)
        found = zip(self.objective.groups, totals, members, strict=True)
        return Means(
            sum(totals) / examples if examples else float("nan"),
            {name: total / number for name, total, number in found if number},
        )

    def state(self) -> dict[str, Tensor]:
        """Return all tensors that change, themselves and not copies."""
        parts = {
            "network": self.network.state_dict(),
            "average": self.average.network.state_dict(),
            "optimiser": self.optimiser.state(),
            "balance": self.balance.state(),
            "guard": self.guard.state(),
        }
        return {f"{part}.{name}": t for part, state in parts.items() for name, t in state.items()}

    @torch.no_grad()
    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Go back to a state; what it lacks stays as it is."""
        for name, tensor in self.state().items():
            if name in tensors:
                tensor.copy_(tensors[name])
        self.guard.forgive()
