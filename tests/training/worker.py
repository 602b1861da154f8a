"""A training process of its own: `python -m tests.training.worker FOLDER STEPS [PAUSE]`.

Under the variables of `torchrun` it is one of several. Each step is printed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import torch
from safetensors.torch import save_file

from restore.training.distributed import join
from restore.training.growing import new_network
from restore.training.trainer import Trainer
from restore.training.watching import Report, Silent
from tests.training.problems import Blobs, recipe


class Printer(Silent):
    """Prints the steps, and waits a little after each."""

    def __init__(self, pause: float) -> None:
        self.pause = pause

    def stepped(self, report: Report) -> None:
        print(report.step, repr(report.loss), flush=True)
        time.sleep(self.pause)


def main(folder: Path, steps: int, pause: float = 0.0) -> None:
    torch.set_num_threads(1)
    settings = recipe(steps, run={"checkpoint_minutes": 0.0, "validate_every": 0})
    with join("cpu") as world:
        network = new_network(settings.architecture, settings.seed + world.rank)
        trainer = Trainer(settings, Blobs(), network, folder, world, Printer(pause))
        why = trainer.run()
        weights = {n: t.contiguous() for n, t in trainer.learner.state().items()}
        save_file(weights, folder / f"rank{world.rank}.safetensors")
        print(why, trainer.step, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *map(float, sys.argv[3:]))
