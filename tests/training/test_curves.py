"""The curves are those of the log, drawn quietly, and the run does not need them."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from restore.training.curves import CurvesWriter, draw_curves
from restore.training.log import Log, LogWriter, Reported, Started, Validated
from restore.training.watching import Start

ROOT = Path(__file__).parents[2]


def started(step=0):
    return Started(
        name="tiny",
        device="cpu",
        precision="fp32",
        processes=1,
        parameters=1,
        step=step,
        steps=100,
        groups=(),
    )


def reported(step, megapixels, loss=0.5, groups=None):
    return Reported(
        step=step,
        progress=0,
        loss=loss,
        groups=groups or {"noise": 0.3},
        rate=1,
        megapixels=megapixels,
        megapixels_per_second=1,
        seconds_left=0,
        skipped=0,
    )


def drawn(*entries):
    return draw_curves(Log(entries))


def validated(step, value):
    return Validated(step=step, figures={"denoise": value})


def test_the_curves_are_a_picture_on_white():
    picture = drawn(started(), reported(10, 1), reported(20, 2), validated(20, 30.0))
    with Image.open(io.BytesIO(picture)) as image:
        assert image.format == "PNG"
        pixels = np.asarray(image.convert("RGB"))
    assert (pixels == 255).all(axis=2).mean() > 0.5
    assert (pixels == 255).all(axis=2).mean() < 1


def test_every_figure_of_the_log_is_in_the_picture():
    """Each change in the log changes the picture."""
    base = (started(), reported(10, 1), reported(20, 2), validated(20, 30.0), validated(20, 31.0))
    others = [
        (*base[:2], reported(20, 2, loss=0.4), *base[3:]),
        (*base[:2], reported(20, 2, groups={"noise": 0.2}), *base[3:]),
        (*base[:2], reported(20, 2, groups={"noise": 0.3, "jpeg": 0.1}), *base[3:]),
        (*base[:4], validated(20, 32.0)),
        base[:3],
    ]
    pictures = {drawn(*base), *(drawn(*other) for other in others)}
    assert len(pictures) == 1 + len(others)


def test_what_is_not_finite_leaves_a_gap_and_no_harm():
    assert drawn(started(), reported(10, 1, None), reported(20, 2, None), validated(20, None))
    assert drawn()


def test_curves_are_drawn_against_pixels_not_steps():
    """A run with a batch three times as large has a third of the steps, and the same curves."""
    one, three = (
        drawn(
            started(),
            reported(10 * n, 1),
            reported(20 * n, 2),
            validated(12 * n, 30.0),
            validated(24 * n, 31.0),
        )
        for n in (3, 1)
    )
    assert one == three


def test_steps_that_were_lost_are_not_drawn():
    lost = (reported(30, 3, loss=9.0), validated(30, 1.0))
    kept = (started(), reported(10, 1), reported(20, 2))
    after = (started(20), reported(25, 2.5), validated(25, 20.0))
    assert drawn(*kept, *lost, *after) == drawn(*kept, *after)


def test_a_long_log_is_thinned_to_means():
    """What lies on a straight line still does, and noise around it gets smaller."""
    wave = [0.5 + (0.3 if step % 2 else -0.3) for step in range(20_000)]
    entries = (reported(step, step / 100, loss=loss) for step, loss in enumerate(wave))
    flat = (reported(step, step / 100) for step in range(20_000))
    assert drawn(*entries) == drawn(*flat)


@pytest.fixture
def files(tmp_path):
    log = LogWriter(tmp_path / "log.jsonl")
    yield tmp_path / "log.jsonl", tmp_path / "curves.png"
    log.close()


def begin(writer):
    writer.started(Start("tiny", Path(), "cpu", "fp32", 1, 1, 0, 10, ()))


def test_without_matplotlib_it_is_said_once_and_the_run_goes_on(files, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    said = []
    writer = CurvesWriter(*files, said.append)
    begin(writer)
    writer.checkpointed(1, files[0])
    writer.checkpointed(2, files[0])
    assert len(said) == 1
    assert "pip install" in said[0]
    assert not files[1].exists()


def test_a_picture_that_cannot_be_written_does_not_end_the_run(files):
    said = []
    files[1].mkdir()
    writer = CurvesWriter(*files, said.append)
    begin(writer)
    writer.checkpointed(1, files[0])
    assert len(said) == 1
    assert str(files[1]) in said[0]


def test_the_first_drawing_ever_says_nothing_and_leaves_no_global_state(tmp_path):
    """Without a font cache, which matplotlib makes and remarks upon; pyplot is never imported."""
    code = (
        "import sys, logging; from tests.training.test_curves import drawn, reported\n"
        "drawn(reported(1, 1)); assert 'matplotlib.pyplot' not in sys.modules\n"
        "assert logging.getLogger('matplotlib').level == logging.NOTSET"
    )
    environment = {
        "PYTHONPATH": str(ROOT),
        "MPLCONFIGDIR": str(tmp_path),
        "PYTHONWARNINGS": "error",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
