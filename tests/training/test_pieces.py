"""The schedule, the average, the balance, the guard, precision and seeds."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Generator, nn

from restore.training.balance import Balance
from restore.training.distributed import World
from restore.training.ema import Average
from restore.training.guard import Guard
from restore.training.objective import Losses
from restore.training.precision import choose_precision, lay_out, mixed
from restore.training.recipe import ScheduleRecipe
from restore.training.schedule import Course, rate_factor
from restore.training.seeding import step_seed

YES = torch.tensor(True)
NO = torch.tensor(False)
CPU = torch.device("cpu")
SCHEDULE = ScheduleRecipe(steps=1000, warm_up=9, decay=0.25)


def test_the_rate_rises_stays_and_falls_to_zero() -> None:
    factors = [Course(SCHEDULE).factor(step, 0.0) for step in range(1001)]

    assert factors[:10] == pytest.approx([n / 10 for n in range(1, 11)])
    assert factors[10:751] == [1.0] * 741
    assert factors[750:] == pytest.approx([1 - n / 250 for n in range(251)])


@given(st.integers(0, 10**6), st.floats(0, 1), st.integers(0, 1000), st.floats(0, 1))
def test_the_rate_is_a_share(step: int, progress: float, warm_up: int, decay: float) -> None:
    assert 0 <= rate_factor(step, progress, warm_up=warm_up, decay=decay) <= 1


def test_an_annealed_run_is_a_whole_schedule_in_its_time() -> None:
    course = Course(SCHEDULE, first=5000, limit=100.0, anneal=True)

    assert course.factor(5000, 0.0) == pytest.approx(0.1)
    assert course.factor(6000, 75.0) == 1.0
    assert course.factor(6000, 90.0) == pytest.approx(0.4)
    assert course.factor(6000, 100.0) == 0.0
    assert course.steps_left(6000) == math.inf
    assert course.seconds_left(6000, 90.0) == pytest.approx(10.0)


def test_the_time_left_is_that_of_the_steps_or_of_the_limit() -> None:
    assert Course(SCHEDULE, first=500).seconds_left(600, 20.0) == pytest.approx(80.0)
    assert Course(SCHEDULE, first=500, limit=50).seconds_left(600, 20.0) == pytest.approx(30.0)


def test_the_average_is_the_recursion_with_a_warm_start() -> None:
    network = nn.Conv2d(2, 2, 3)
    average = Average(network, decay=0.9)
    expected = network.weight.detach().clone()
    for steps in range(200):
        with torch.no_grad():
            network.weight.add_(torch.randn(2, 2, 3, 3, generator=Generator().manual_seed(steps)))
        decay = min(0.9, (1 + steps) / (10 + steps))
        expected = decay * expected + (1 - decay) * network.weight.detach()
        average.update(steps)

    found = average.network.get_parameter("weight")
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    assert not found.requires_grad


def losses(*pairs: tuple[float, int]) -> Losses:
    values, groups = zip(*pairs, strict=True)
    return Losses(torch.tensor(values, requires_grad=True), torch.tensor(groups))


def test_no_group_drowns_another() -> None:
    balance = Balance(2, World())
    batch = losses((1e-4, 0), (1.0, 1), (3e-4, 0), (3.0, 1))
    measured = balance.measure(batch)
    loss = balance.balanced(batch)
    loss.backward()  # type: ignore[no-untyped-call]

    assert loss.item() == pytest.approx(1)
    assert measured.mean.tolist() == pytest.approx([2e-4, 2.0])
    assert batch.loss.grad is not None
    assert batch.loss.grad[0] / batch.loss.grad[1] == pytest.approx(1e4)


def test_a_level_is_a_running_mean_that_waits_for_its_group() -> None:
    balance = Balance(3, World())
    for value in (1.0, 3.0, 5.0):
        balance.update(balance.measure(losses((value, 1))), YES)
    assert balance.level.tolist() == pytest.approx([1.0, 3.0, 1.0])

    balance.update(balance.measure(losses((7.0, 1), (math.nan, 0))), NO)
    assert balance.level.tolist() == pytest.approx([1.0, 3.0, 1.0])

    for _ in range(1000):
        balance.update(balance.measure(losses((7.0, 1), (2.0, 2))), YES)
    assert balance.level.tolist() == pytest.approx([1.0, 7.0, 2.0], rel=1e-3)


def test_a_loss_of_zero_does_not_divide_by_zero() -> None:
    balance = Balance(1, World())
    batch = losses((0.0, 0), (0.0, 0))
    balance.update(balance.measure(batch), YES)

    assert balance.balanced(batch).item() == 0


def test_the_guard_counts_what_comes_in_a_row() -> None:
    guard = Guard(CPU)

    def see(loss: float, valid: bool = True) -> bool:
        return bool(guard.update(torch.tensor(loss), torch.tensor(valid)))

    assert all(see(1.0) for _ in range(10))
    assert guard.read().calm
    assert not see(math.nan, valid=False)
    assert not see(math.nan, valid=False)
    assert guard.read() == (2, 2, 0)
    assert see(9.0)
    assert guard.read() == (2, 0, 0)
    for _ in range(4):
        assert not see(100.0)
    assert not guard.read().lost
    assert not see(100.0)
    assert guard.read() == (2, 0, 5)
    assert guard.read().lost
    guard.forgive()
    assert guard.read() == (2, 0, 0)


def test_the_guards_mean_does_not_follow_what_is_far_too_high() -> None:
    guard = Guard(CPU)
    for _ in range(100):
        guard.update(torch.ones(()), YES)
    for _ in range(100):
        guard.update(torch.tensor(1e6), YES)

    assert guard.mean.item() == pytest.approx(1)


def test_a_half_precision_network_takes_and_gives_single_precision() -> None:
    network = lay_out(nn.Conv2d(4, 4, 3, padding=1), CPU)
    seen = []
    network.register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))
    x = torch.randn(1, 4, 8, 8, generator=Generator().manual_seed(0))

    single, half = (mixed(network, CPU, p)(x) for p in ("fp32", "bf16"))
    assert seen == [torch.float32, torch.bfloat16]
    assert single.dtype == half.dtype == torch.float32
    torch.testing.assert_close(single, half, atol=0.05, rtol=0.05)


def test_bf16_is_taken_only_where_the_cpu_has_it() -> None:
    flags = Path("/proc/cpuinfo")
    if not flags.is_file():
        pytest.skip("the oracle is /proc/cpuinfo")
    has = {"avx512_bf16", "amx_bf16"} & set(flags.read_text().split())

    assert choose_precision("auto", CPU) == ("bf16" if has else "fp32")
    assert choose_precision("bf16", CPU) == "bf16"


def test_every_step_of_every_process_draws_its_own_numbers() -> None:
    seeds = [
        step_seed(seed, step, rank)
        for seed in (0, 1, 2**63 - 1)
        for step in range(100)
        for rank in range(4)
    ]

    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert step_seed(0, 0, 0) == step_seed(0, 0)
