"""The training run: it learns, goes on where it stopped bit for bit, and mends what breaks."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors import safe_open
from torch import Tensor

from restore.errors import ModelError, ParameterError, ResultError, WriteError
from restore.training import trainer as module
from restore.training.checkpoint import KEPT
from restore.training.growing import load_weights
from restore.training.objective import Losses
from tests.training.problems import Spoilt, equal, recipe, trainer

OFTEN = {"checkpoint_minutes": 0.0}


def state(trained: module.Trainer) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in trained.learner.state().items()}


def terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """Let the system refuse to write more, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_training_denoises(tmp_path: Path) -> None:
    untrained, before = trainer(recipe(1), tmp_path / "a")
    untrained.run()
    faster = {"adamw": {"rate": 0.01}, "muon": {"rate": 0.02}}
    trained, after = trainer(recipe(150, channels=(8, 16), optimiser=faster), tmp_path / "b")
    assert trained.run() == "done"

    assert after.figures[-1]["psnr"] > before.figures[-1]["psnr"] + 2
    assert after.reports[-1].groups.keys() <= {"weak", "strong"}
    assert after.start is not None
    assert after.start.steps == 150
    assert after.end == (150, "done")
    assert [report.step for report in after.reports] == list(range(1, 151))
    assert after.reports[-1].pixels == 150 * 4 * 8 * 8
    assert after.reports[-1].progress == 1
    assert after.reports[-1].seconds_left == 0


def test_going_on_is_bit_for_bit_as_if_it_had_never_stopped(tmp_path: Path) -> None:
    straight, whole = trainer(recipe(12), tmp_path / "straight")
    straight.run()
    first, early = trainer(recipe(12), tmp_path / "parts", at={6: terminate})
    assert first.run() == "stopped"
    second, late = trainer(recipe(12), tmp_path / "parts")
    assert second.step == 6
    second.run()

    assert early.losses + late.losses == whole.losses
    assert len(set(whole.losses)) == 12
    assert equal(state(second), state(straight))
    assert second.pixels == straight.pixels


def test_a_run_that_is_done_does_nothing_more(tmp_path: Path) -> None:
    first, _ = trainer(recipe(3), tmp_path)
    first.run()
    again, record = trainer(recipe(3), tmp_path)

    assert again.run() == "done"
    assert record.losses == []
    assert equal(state(again), state(first))


def test_the_folder_holds_two_checkpoints_the_average_and_a_sheet(tmp_path: Path) -> None:
    run, record = trainer(recipe(5, run=OFTEN), tmp_path)
    run.run()

    names = sorted(path.name for path in tmp_path.iterdir())
    kept = [f"checkpoint-{step:09d}.safetensors" for step in (4, 5)]
    assert len(kept) == KEPT
    assert names == [*kept, "sheet.png", "weights.safetensors"]
    assert record.paths[-1] == tmp_path / kept[-1]
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.format == "PNG"
    average = run.learner.average.network.state_dict()
    given = load_weights(tmp_path / "weights.safetensors")
    assert equal(given, {name: t.half().float() for name, t in average.items()})
    with safe_open(tmp_path / kept[-1], "pt") as file:
        assert file.metadata().keys() == {"restore"}


@pytest.mark.parametrize(("every", "count"), [(0, 1), (2, 3), (1, 5)])
def test_validation_comes_with_every_so_many_checkpoints_and_at_the_end(
    tmp_path: Path, every: int, count: int
) -> None:
    run, record = trainer(recipe(4, run={**OFTEN, "validate_every": every}), tmp_path)
    run.run()

    assert len(record.figures) == count
    assert len(record.paths) == 5


def test_another_network_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    trainer(recipe(1), tmp_path)[0].run()
    with pytest.raises(ModelError, match=r"another network \(channels \[4, 8\].*there and .* here"):
        trainer(recipe(1, channels=(4, 6)), tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (rb'"format\":1', rb'"format\":9', "is of version 9; this is version 1"),
        (rb'"step\":1', rb'"stop\":1', "is not a checkpoint"),
    ],
)
def test_another_version_is_refused(tmp_path: Path, old: bytes, new: bytes, says: str) -> None:
    trainer(recipe(1), tmp_path)[0].run()
    [path] = tmp_path.glob("checkpoint-*")
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))

    with pytest.raises(ModelError, match=says):
        trainer(recipe(1), tmp_path)


def test_a_torn_checkpoint_is_passed_over_for_the_one_before(tmp_path: Path) -> None:
    trainer(recipe(3, run=OFTEN), tmp_path)[0].run()
    newest = sorted(tmp_path.glob("checkpoint-*"))[-1]
    newest.write_bytes(newest.read_bytes()[:-100])

    assert trainer(recipe(3), tmp_path)[0].step == 2


def test_a_changed_recipe_goes_on_with_a_warning(tmp_path: Path) -> None:
    trainer(recipe(2), tmp_path)[0].run()
    longer, record = trainer(recipe(4), tmp_path)

    assert "not as it was" in record.warnings[0]
    longer.run()
    assert longer.step == 4


def test_a_full_disk_leaves_the_old_checkpoints_and_the_run_goes_on(tmp_path: Path) -> None:
    full = no_file_larger_than(1000)
    found: list[set[str]] = []

    def room() -> None:
        full.__exit__(None, None, None)
        found.append({path.name for path in tmp_path.glob("checkpoint-*")})

    at = {3: full.__enter__, 4: room}
    run, record = trainer(recipe(4, run=OFTEN), tmp_path, at=at)
    assert run.run() == "done"

    assert found == [{f"checkpoint-00000000{step}.safetensors" for step in (1, 2)}]
    assert ["cannot be written: File too large" in text for text in record.warnings] == [True]
    assert [path.name[-13] for path in record.paths] == ["1", "2", "4", "4"]


def test_a_last_checkpoint_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    run, _ = trainer(recipe(1), tmp_path)
    with no_file_larger_than(1000), pytest.raises(WriteError, match="File too large"):
        run.run()


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(WriteError, match="cannot be made"):
        trainer(recipe(1), tmp_path / "run")


def spoil_at(*calls: int, by: float) -> Spoilt:
    def spoil(call: int, losses: Losses) -> Losses:
        return losses._replace(loss=losses.loss * by) if call in calls else losses

    return Spoilt(spoil)


def test_a_loss_that_is_not_finite_costs_its_step_only(tmp_path: Path) -> None:
    found: list[dict[str, Tensor]] = []

    def look() -> None:
        moved = ("network", "optimiser", "balance")
        found.append({n: t for n, t in state(run).items() if n.startswith(moved)})

    at = {2: look, 3: look, 4: look}
    run, record = trainer(recipe(4), tmp_path, spoil_at(3, by=torch.nan), at)
    assert run.run() == "done"

    assert equal(found[1], found[0])
    assert not equal(found[2], found[1])
    assert record.warnings == ["Step 3: 1 left out, for it was not finite."]
    assert [report.skipped for report in record.reports] == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("calls", "by"), [((4, 5, 6), torch.nan), ((4, 5, 6, 7, 8), 1e4)], ids=["nan", "explosion"]
)
def test_a_run_that_diverges_goes_back_and_on_at_half_the_rate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: tuple[int, ...], by: float
) -> None:
    monkeypatch.setattr(module, "CAUTIOUS_STEPS", 2)
    back = []
    end = calls[-1]
    settings = recipe(end + 4, schedule={"decay": 0.0})
    at = {end: lambda: back.append(equal(state(run), good))}
    run, record = trainer(settings, tmp_path, spoil_at(*calls, by=by), at)
    good = state(run)
    run.run()

    assert "goes on from the last good weights" in record.warnings[-1]
    assert back == [True]
    assert [report.rate for report in record.reports[end:]] == [0.5, 0.5, 1.0, 1.0]


def test_a_run_that_cannot_be_mended_ends(tmp_path: Path) -> None:
    run, record = trainer(recipe(100), tmp_path, spoil_at(*range(100), by=torch.nan))
    with pytest.raises(ResultError, match="diverges again and again, last at step 21"):
        run.run()
    assert sum("last good weights" in text for text in record.warnings) == 6


def test_caution_outlives_the_process(tmp_path: Path) -> None:
    objective = spoil_at(4, 5, 6, by=torch.nan)
    trainer(recipe(100), tmp_path, objective, at={6: terminate})[0].run()
    again, _ = trainer(recipe(100), tmp_path)

    assert (again.caution, again.cautious_until) == (0.5, 6 + module.CAUTIOUS_STEPS)


def test_a_limit_of_time_ends_a_run_and_a_later_one_goes_on(tmp_path: Path) -> None:
    run, record = trainer(recipe(10**6), tmp_path)

    assert run.run(minutes=0.3 / 60) == "time"
    assert record.end == (run.step, "time")
    assert 0 < run.step < 10**6
    assert trainer(recipe(10**6), tmp_path)[0].step == run.step


def test_an_annealed_run_is_over_with_its_time_and_its_rate_falls(tmp_path: Path) -> None:
    trainer(recipe(5), tmp_path)[0].run()
    run, record = trainer(recipe(5), tmp_path)
    assert run.run(minutes=0.5 / 60, anneal=True) == "done"

    before = 0.0
    for step, report in enumerate(record.reports):
        rise = min(1.0, (step + 1) / 3)
        low, high = (rise * min(1.0, (1 - p) / 0.4) for p in (report.progress, before))
        assert low <= report.rate <= high
        before = report.progress
    assert before > 0.9
    assert record.end == (5 + len(record.reports), "done")


@pytest.mark.parametrize(
    ("minutes", "anneal"), [(None, True), (0.0, False), (-1.0, False), (float("nan"), True)]
)
def test_a_time_that_cannot_be_meant_is_refused(
    tmp_path: Path, minutes: float | None, anneal: bool
) -> None:
    with pytest.raises(ParameterError):
        trainer(recipe(1), tmp_path)[0].run(minutes, anneal=anneal)
