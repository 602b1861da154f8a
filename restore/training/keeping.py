"""What a run leaves in its folder: checkpoints, the averaged weights, a sheet of examples."""

from __future__ import annotations

import io
from pathlib import Path

import torch

from restore.errors import WriteError
from restore.photo.atomic import write_bytes
from restore.training import checkpoint
from restore.training.learner import Learner
from restore.training.watching import Watcher

__all__ = ["SHEET", "WEIGHTS", "Keeper"]

WEIGHTS, SHEET = "weights.safetensors", "sheet.png"


class Keeper:
    """Writes for one run; each file is there whole or as it was.

    Args:
        folder: Made if it is missing.
        watcher: Is told what was written and measured.

    Raises:
        WriteError: The folder cannot be made.
    """

    def __init__(self, folder: Path, watcher: Watcher) -> None:
        self.folder, self.watcher = folder, watcher
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WriteError(f"The folder {folder} cannot be made: {error.strerror}.") from None

    def load(self, learner: Learner, fingerprint: str) -> checkpoint.Header | None:
        """Bring a learner to the newest checkpoint, if there is one.

        Args:
            learner: Stays as it is where there is none.
            fingerprint: The recipe's.

        Raises:
            ModelError: It is of another network or version.
        """
        path = checkpoint.latest(self.folder)
        if path is None:
            return None
        header, tensors = checkpoint.read(path, learner.state())
        if header.groups != learner.objective.groups:
            tensors = {n: t for n, t in tensors.items() if not n.startswith("balance.")}
        if header.recipe != fingerprint:
            self.watcher.warned(f"The recipe is not as it was when {path} was written.")
        learner.restore(tensors)
        return header

    def save(self, learner: Learner, header: checkpoint.Header, *, validate: bool) -> None:
        """Write a checkpoint and the averaged weights; validate these and draw the sheet if asked.

        Raises:
            WriteError: Something could not be written.
        """
        path = checkpoint.write(self.folder, header, learner.state())
        weights = learner.average.network.state_dict()
        checkpoint.write_weights(self.folder / WEIGHTS, header, weights)
        self.watcher.checkpointed(header.step, path)
        if validate:
            with torch.inference_mode():
                self.watcher.validated(header.step, learner.objective.validate(learner.averaged))
                picture = io.BytesIO()
                learner.objective.sheet(learner.averaged).save(picture, "png")
            write_bytes(self.folder / SHEET, picture.getvalue(), overwrite=True)
