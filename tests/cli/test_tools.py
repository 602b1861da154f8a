"""Comparing, measuring, listing and examining, and the frame around every command."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

import restore
from restore.engine.card import sha256
from restore.engine.registry import shipped_models
from restore.evaluation import psnr, ssim
from restore.evaluation.lpips import weights_path
from tests.cli.conftest import contents, picture, pixels
from tests.evaluation.test_lpips import metric as random_lpips


def test_version(call):
    assert call("--version") == (0, f"restore {restore.__version__}\n", "")


def test_evaluate_is_the_metric_of_the_files(call, tmp_path):
    a = picture(tmp_path / "a.png", (30, 20), seed=1)
    b = picture(tmp_path / "b.png", (30, 20), seed=2)
    code, out, _ = call("evaluate", a, b, "--json")
    figures = json.loads(out)
    assert code == 0
    assert figures["psnr"] == pytest.approx(psnr(pixels(a), pixels(b)), abs=1e-4)
    assert figures["ssim"] == pytest.approx(ssim(pixels(a), pixels(b)), abs=1e-6)
    code, out, _ = call("evaluate", a, a, "--json")
    assert json.loads(out) == {
        "psnr": None,
        "ssim": 1.0,
        "lpips": None,
        "identical": True,
        "data_range": 1.0,
    }
    assert "PSNR inf dB, SSIM 1.0000  (identical pixels)" in call("evaluate", a, a)[1]


def test_lpips_is_printed_where_its_weights_are_installed(call, tmp_path, monkeypatch):
    from safetensors.torch import save_file

    a = picture(tmp_path / "set" / "a.png", (40, 36), seed=1)
    b = picture(tmp_path / "b.png", (40, 36), seed=2)
    metric = random_lpips()
    weights_path().parent.mkdir(parents=True)
    save_file(metric.weights, weights_path())
    code, out, err = call("evaluate", a, b)
    assert (code, out) == (5, "")
    assert "hash is wrong" in err
    monkeypatch.setattr("restore.evaluation.lpips.WEIGHTS_SHA256", sha256(weights_path()))
    distance = metric(*(restore.read(path).to_float() for path in (a, b)))
    figures = json.loads(call("evaluate", a, b, "--json")[1])
    assert figures["lpips"] == pytest.approx(distance, rel=1e-5)
    assert f"LPIPS {distance:.4f}" in call("evaluate", a, b)[1]
    small = picture(tmp_path / "small.png", (30, 20))
    assert "LPIPS" not in call("evaluate", small, small)[1]
    assert "LPIPS" in call("benchmark", "inpaint", "set")[1]


def test_evaluate_refuses_what_cannot_be_compared(call, tmp_path):
    a = picture(tmp_path / "a.png", (30, 20))
    b = picture(tmp_path / "b.png", (20, 30))
    gray = tmp_path / "gray.png"
    Image.new("L", (30, 20), 7).save(gray)
    code, out, err = call("evaluate", a, b)
    assert (code, out) == (2, "")
    assert "30×20" in err
    assert "20×30" in err
    assert call("evaluate", a, gray)[0] == 2


def test_compare_shows_both_at_their_own_pixels(call, tmp_path):
    small = picture(tmp_path / "small.png", (30, 20))
    large = picture(tmp_path / "large.png", (60, 40), seed=1)
    code, _, err = call("compare", small, large, "-o", "sheet.png", "--crop", "10,8,16")
    assert code == 0, err
    sheet = pixels(tmp_path / "sheet.png").tobytes()
    enlarged = pixels(small).repeat(2, axis=0).repeat(2, axis=1)
    for image in (enlarged, pixels(large)):
        assert all(row.tobytes() in sheet for row in image)
    assert call("compare", small, large, "-o", "sheet.png")[0] == 4
    wipe = ("compare", small, large, "-o", "wipe.png", "--layout", "wipe", "--reference", large)
    assert call(*wipe)[0] == 0


@pytest.mark.parametrize("crop", ["1,2", "a,b,c", "50,30,20", "-1,0,5"])
def test_compare_refuses_a_crop_that_is_none(call, tmp_path, crop):
    a = picture(tmp_path / "a.png", (60, 40))
    assert call("compare", a, a, "-o", "sheet.png", f"--crop={crop}")[0] == 2
    assert not (tmp_path / "sheet.png").exists()


def test_compare_refuses_another_shape(call, tmp_path):
    a, b = picture(tmp_path / "a.png", (60, 40)), picture(tmp_path / "b.png", (40, 60), seed=1)
    code, _, err = call("compare", a, b, "-o", "sheet.png")
    assert code == 2
    assert "40×60" in err


def test_actions_are_listed_with_their_schemas(call):
    code, out, _ = call("actions", "--json")
    assert code == 0
    listed = json.loads(out)
    assert {"denoise", "clean", "upscale", "inpaint"} <= set(listed)
    assert listed["denoise"]["parameters"]["properties"]["strength"]["maximum"] == 1
    assert "--strength" in call("actions")[1]


def test_plugins_are_listed(cli, add_plugin):
    source = (
        "from restore.hooks import hookimpl\n@hookimpl\ndef restore_actions():\n    return []\n"
    )
    listed = json.loads(cli("plugins", "--json", **add_plugin("quiet", source)).stdout)
    names = {status["name"] for status in listed}
    assert {"builtin", "quiet"} <= names
    assert names <= {"builtin", "quiet", "classic", "raw", "gimp", "krita", "watch"}
    assert all(status["error"] == "" for status in listed)


def test_models_are_listed_verified_and_imported(call, tmp_path):
    assert "base" in json.loads(call("models", "--json")[1])
    assert "base" in call("models")[1]
    assert call("models", "verify", "nosuch")[0] == 5
    code, out, err = call("models", "verify")
    assert (code, err) == (0, "")
    assert "base: " in out
    copy = tmp_path / "mine"
    shutil.copytree(shipped_models() / "base", copy)
    card = copy / "card.toml"
    card.write_text(card.read_text().replace('name = "base"', 'name = "mine"'))
    code, out, err = call("models", "import", copy)
    assert code == 0, err
    assert "mine: " in out
    assert "mine" in json.loads(call("models", "--json")[1])
    assert call("models", "import", copy)[0] == 5
    assert call("models", "import", tmp_path / "nothing")[0] == 5


def test_the_doctor_finds_this_installation_sound(call):
    code, out, err = call("doctor", "--json")
    found = json.loads(out)
    broken = [finding for finding in found["findings"] if finding["state"] == "broken"]
    assert (code, broken, err) == (0, [], "")
    by_name = {finding["name"]: finding["value"] for finding in found["findings"]}
    assert "works" in by_name["onnxruntime on cpu"]
    assert "base" in by_name["model base"]


def test_benchmark_measures_beside_others(call, tmp_path):
    for seed in range(2):
        picture(tmp_path / "set" / f"{seed}.png", (36, 24), seed=seed)
    before = contents(tmp_path)
    code, out, err = call("benchmark", "upscale", "set", "--limit", "1", "--json")
    assert code == 0, err
    figures = json.loads(out)
    assert {row["pictures"] for row in figures["means"]} == {1}
    assert {row["method"] for row in figures["means"]} == {"input", "restore", "bicubic"}
    assert contents(tmp_path) == before
    table = call("benchmark", "upscale", "set")[1]
    assert "×4" in table
    assert "LPIPS" not in table
    assert "error/σ" not in table
    (tmp_path / "none").mkdir()
    assert call("benchmark", "upscale", "none")[0] == 2


def test_benchmark_measures_steps_samples_and_stability(call, tmp_path):
    picture(tmp_path / "set" / "a.png", (36, 24))
    asked = ("--steps", "1,3", "--samples", "4", "--stability")
    code, out, err = call("benchmark", "inpaint", "set", *asked)
    assert code == 0, err
    for text in ("restore, 1 step ", "restore, 3 steps", "NFE", "error/σ", "within 2σ", "crops"):
        assert text in out


@pytest.mark.parametrize("wrong", [("--steps", "0"), ("--steps", "1,x"), ("--samples", "3")])
def test_benchmark_refuses_what_cannot_be_measured(call, tmp_path, wrong):
    picture(tmp_path / "set" / "a.png", (36, 24))
    assert call("benchmark", "inpaint", "set", *wrong)[0] == 2


def test_a_bug_is_one_line_with_advice_and_a_code_of_its_own(call, tmp_path, monkeypatch):
    """A fault is injected where none is foreseen."""
    a = picture(tmp_path / "a.png", (30, 20))
    monkeypatch.setattr("restore.cli.evaluate.ssim", lambda *_: 1 / 0)
    code, out, err = call("evaluate", a, a)
    assert (code, out) == (70, "")
    assert "ZeroDivisionError" in err
    assert "--debug" in err
    assert "Traceback" not in err
    with pytest.raises(ZeroDivisionError):
        call("--debug", "evaluate", a, a)


def test_a_reader_that_leaves_early_ends_the_program_quietly(cli):
    with cli.start("actions", "--json") as listing:
        listing.stdout.close()
        assert listing.stderr.read() == ""
    assert listing.returncode == 1


def test_a_terminal_without_the_characters_is_no_failure(cli):
    picture(cli.folder / "ä.png")
    done = cli("denoise", "ä.png", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr
    assert np.array_equal(pixels(cli.folder / "ä-denoised.png").shape, (16, 24, 3))
