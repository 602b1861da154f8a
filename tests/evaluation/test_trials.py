"""Methods on tasks: what is posed, what is run, what is kept of it, and what is not done again."""

import json

import numpy as np
import pytest
from PIL import Image

from restore.cli import main
from restore.engine import Engine
from restore.errors import ParameterError
from restore.evaluation.contenders import network, network_knows, plain
from restore.evaluation.metrics import psnr
from restore.evaluation.outcomes import Outcome, Record
from restore.evaluation.problems import PROBLEMS, centre, chosen, pose
from restore.evaluation.trials import run_methods

SIDE = 32


@pytest.fixture(scope="module")
def engine(tiny):
    return Engine(device="cpu", backend="torch", threads=1, folders=[tiny])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    rows, columns = np.mgrid[:40, :45]
    for i in range(5):
        waves = np.sin(rows / (3 + i))[..., None] * np.cos(columns[..., None] / np.array([5, 7, 9]))
        Image.fromarray((127 + 76 * waves).astype(np.uint8)).save(folder / f"{i}.png")
    return folder


@pytest.fixture(autouse=True)
def without_lpips(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def files(folder):
    return sorted(folder.iterdir())


def names(paths):
    return [path.stem for path in paths]


def test_pictures_are_spread_evenly(folder):
    assert names(chosen([folder], 2)) == ["0", "2"]
    assert names(chosen([folder], 3)) == ["0", "1", "3"]
    assert names(chosen([folder, folder], 1)) == ["0", "0"]
    assert names(chosen([folder], 9)) == names(chosen([folder])) == ["0", "1", "2", "3", "4"]


def test_a_picture_that_is_too_small_is_refused(files):
    with pytest.raises(ParameterError, match=r"0\.png is 45×40"):
        centre(files[0], 41)


@pytest.mark.parametrize("task", PROBLEMS)
def test_a_problem_is_what_its_operator_measures_with_noise_of_its_strength(files, task):
    problem = pose(task, files, SIDE)
    error = problem.y - problem.operator(problem.x)
    if PROBLEMS[task].sigma:
        assert error.std() == pytest.approx(2 * PROBLEMS[task].sigma, rel=0.1)
    else:
        assert not error.any()
    assert problem.x.shape == (5, 3, SIDE, SIDE)
    assert (problem.hole is not None) == (task in ("box", "strokes", "text"))
    if problem.hole is not None:
        assert 0.03 < problem.hole.mean() < 0.6


def test_noise_belongs_to_the_file_and_not_to_its_place(files):
    together, alone = pose("deblur", files, SIDE), pose("deblur", files[3:4], SIDE)
    assert np.array_equal(together.y[3:4], alone.y)
    assert not np.array_equal(together.y[2] - together.operator(together.x)[2], alone.y[0])


@pytest.mark.parametrize("task", PROBLEMS)
def test_what_stands_beside_the_methods_is_a_picture_of_the_right_size(files, engine, task):
    problem = pose(task, files[:2], SIDE)
    assert plain(problem)[1].shape == problem.x.shape
    if not network_knows(problem):
        assert task in ("deblur", "motion", "colourise")
        return
    for calls in (1, 3):
        prior = engine.prior("tiny")
        x = network(problem, prior, calls, seed=1)
        assert x.shape == problem.x.shape
        assert prior.info.evaluations == calls
        if task != "chain" and not problem.sigma_y:
            assert np.abs(problem.operator(x) - problem.y).max() < 1e-5


def test_every_method_is_run_where_it_is_defined_and_nothing_is_done_twice(
    folder, engine, tmp_path
):
    path = tmp_path / "record.jsonl"
    asked = {"tasks": ["box", "deblur"], "calls": [4], "limit": 2, "crop": SIDE}

    def run():
        return run_methods([folder], engine=engine, model="tiny", record=Record(path), **asked)

    made = run().outcomes
    by_task = {task: {o.method for o in made if o.task == task} for task in asked["tasks"]}
    assert {"spline", "network", "repaint", "ddnm", "diffpir", "dps"} <= by_task["box"]
    assert {"Wiener", "ddrm", "pigdm", "split_gibbs"} <= by_task["deblur"]
    assert not {"repaint", "denoising", "network"} & by_task["deblur"]
    assert [o.calls for o in made] == sorted(o.calls for o in made)
    for outcome in made:
        assert outcome.evaluations <= outcome.calls
        assert len(outcome.psnr) == len(outcome.ssim) == (0 if outcome.fault else 2)
        assert outcome.lpips is None

    written = path.read_bytes()
    assert run().outcomes == made
    assert path.read_bytes() == written

    asked["calls"] = [2, 4]
    more = run().outcomes
    assert more[: len(made)] == made
    assert {o.calls for o in more[len(made) :]} == {2}


def test_the_figures_are_those_of_the_pictures(folder, files, engine):
    asked = {"tasks": ["x2", "box"], "methods": ["network"], "calls": [1], "crop": SIDE}
    made = run_methods([folder], engine=engine, model="tiny", **asked).outcomes
    for outcome in made:
        if outcome.method == "network":
            problem = pose(outcome.task, files, SIDE)
            x = network(problem, engine.prior("tiny"), 1, seed=0)
            for i, figure in enumerate(outcome.psnr):
                pair = ((p[i].transpose(1, 2, 0) + 1) / 2 for p in (x.clip(-1, 1), problem.x))
                assert figure == pytest.approx(psnr(*pair, mask=problem.hole), abs=1e-3)
            assert outcome.mean("psnr") == pytest.approx(np.mean(outcome.psnr))


def test_a_method_that_fails_leaves_word_of_it(folder, tiny):
    """The ONNX Runtime takes no gradients."""
    engine = Engine(device="cpu", backend="onnxruntime", threads=1, folders=[tiny])
    asked = {"tasks": ["x2"], "methods": ["dps"], "calls": [2], "crop": SIDE}
    made = run_methods([folder], engine=engine, model="tiny", **asked).outcomes
    [failed] = [outcome for outcome in made if outcome.method == "dps"]
    assert "gradient" in failed.fault
    assert failed.mean("psnr") is None


def test_where_a_method_starts_is_told_and_matters(folder, engine):
    record = Record()
    for start in (20.0, 1.0):
        asked = {"tasks": ["deblur"], "methods": ["ddrm"], "calls": [3], "crop": SIDE}
        run_methods([folder], engine=engine, model="tiny", start=start, record=record, **asked)
    high, low = (o for o in record.outcomes if o.method == "ddrm")
    assert (high.start, low.start) == (20.0, 1.0)
    assert high.psnr != low.psnr


@pytest.mark.parametrize("wrong", [{"tasks": ["x5"]}, {"methods": ["ddnm", "magic"]}])
def test_unknown_tasks_and_methods_are_refused(folder, wrong):
    with pytest.raises(ParameterError, match=r"There is no (task|method)"):
        run_methods([folder], **wrong)


def test_a_record_survives_what_befalls_files(tmp_path):
    a, b = (Outcome("x2", "ddnm", n, ("a", "b"), psnr=(30.0, 32.0)) for n in (20, 100))
    path = tmp_path / "record.jsonl"
    Record(path).add(a)
    with path.open("ab") as file:
        file.write(b'{"task": "x2", "meth')  # killed while it wrote
    Record(path).add(b)
    assert Record(path).outcomes == (a, b)

    joined = tmp_path / "joined.jsonl"
    joined.write_bytes(path.read_bytes() * 2)
    assert Record(joined).outcomes == (a, b)

    (tmp_path / "other.json").write_text('{"means": []}')
    with pytest.raises(ParameterError, match="no record"):
        Record(tmp_path / "other.json")


def test_the_command_shows_what_a_record_holds(tmp_path, capsys):
    path = tmp_path / "record.jsonl"
    record = Record(path)
    record.add(Outcome("motion", "ddrm", 20, ("a", "b"), (24.0, 25.0), (0.5, 0.7), (0.2, 0.4), 20))
    record.add(Outcome("motion", "pigdm", 20, ("a", "b"), fault="It broke at step 3."))

    assert main(["benchmark", "methods", "--record", str(path)]) == 0
    table = capsys.readouterr().out
    for text in ("motion blur 9", "24.50", "0.6000", "0.300", "It broke at step 3."):
        assert text in table
    assert main(["benchmark", "methods", "--record", str(path), "--markdown"]) == 0
    assert "| motion blur 9 | ddrm | 20 | – | 24.50 |" in capsys.readouterr().out
    assert main(["benchmark", "methods", "--record", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["psnr"] == [24.0, 25.0]


@pytest.mark.parametrize("wrong", [[], ["--record", "x", "--calls", "0"]])
def test_the_command_refuses_what_cannot_be_measured(wrong, capsys):
    assert main(["benchmark", "methods", *wrong]) == 2
