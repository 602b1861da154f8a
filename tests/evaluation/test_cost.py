"""Cost: what is counted is what the network really was given."""

import threading
import time

import numpy as np
import psutil
import pytest

from restore.diffusion import Observation
from restore.engine.backends.network import open_network
from restore.engine.prior import Prior
from restore.engine.registry import find_model
from restore.engine.tiles import Tiling
from restore.evaluation.cost import Cost, PeakMemory, measured
from restore.hooks import Report


class Counting:
    """A network that remembers the shapes it is given."""

    def __init__(self, network):
        self.network, self.shapes = network, []
        self.backend, self.provider, self.device = network.backend, network.provider, network.device
        self.precision = network.precision

    def __call__(self, x):
        self.shapes.append(x.shape)
        return self.network(x)


@pytest.mark.parametrize("size", [(100, 150), (177, 203)])
def test_operations_are_those_of_the_pixels_that_the_network_saw(tiny, size):
    card = find_model("tiny", [tiny])
    network = Counting(open_network(card, "cpu", "onnxruntime", 2)[0])
    prior = Prior(card, network, Tiling(112))
    x = np.zeros((2, 3, *size), np.float32)
    prior(x, 0.3)
    prior(None, 0.0, Observation(x[:1], 0.1))
    seen = sum(b * h * w for b, _, h, w in network.shapes)
    assert len(network.shapes) > 2
    assert seen > 3 * size[0] * size[1]
    assert prior.info.evaluations == 2
    assert card.mflop_per_pixel > 0
    assert prior.info.gflop == pytest.approx(card.mflop_per_pixel * seen / 1000)


def test_the_cost_for_a_pixel_of_the_result():
    cost = Cost(2.0, 300.0).with_network(Report("x", evaluations=4, gflop=237.0, megapixels=0.25))
    assert cost == Cost(2.0, 300.0, 4, pytest.approx(0.948))


def test_a_block_of_memory_is_seen_while_it_is_held():
    held = threading.Event()

    def work():
        block = np.ones(40_000_000, np.uint8)
        before = memory.peak
        while memory.peak < start + 35e6 and time.monotonic() < deadline:
            time.sleep(0.001)
        del block
        held.set()
        return before

    start, deadline = psutil.Process().memory_info().rss, time.monotonic() + 20
    with PeakMemory() as memory:
        work()
    assert held.is_set()
    assert memory.peak >= start + 35e6
    assert threading.active_count() == threads_before_and_after()


def threads_before_and_after():
    with PeakMemory():
        pass
    return threading.active_count()


def test_what_the_work_returns_or_raises_passes_through():
    result, cost = measured(lambda: 7)
    assert result == 7
    assert cost.seconds >= 0
    assert cost.peak_mb > 1
    assert (cost.evaluations, cost.mflop_per_pixel) == (None, None)
    count = threading.active_count()
    with pytest.raises(ZeroDivisionError):
        measured(lambda: 1 // 0)
    assert threading.active_count() == count
