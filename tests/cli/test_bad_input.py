"""Whatever is wrong is said in words that name it, with its own exit code, and nothing changes."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from restore.engine.registry import shipped_models
from tests.cli.conftest import add_distribution, contents, picture, pixels

USAGE, PHOTO, WRITE, MODEL, PLUGIN = 2, 3, 4, 5, 6


def refused(cli, *arguments, code, says, **environment):
    """Run a command that must fail and leave its folder as it was."""
    before = contents(cli.folder)
    done = cli(*arguments, **environment)
    assert done.returncode == code, done.stderr
    for text in (says,) if isinstance(says, str) else says:
        assert text in done.stderr
    assert done.stdout == ""
    assert contents(cli.folder) == before
    return done


def truncated(path, keep=0.5):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
def test_a_truncated_photo(cli, name):
    truncated(picture(cli.folder / name, (64, 48)))
    refused(cli, "denoise", name, code=PHOTO, says=name)


def test_an_empty_file(cli):
    (cli.folder / "empty.jpg").touch()
    refused(cli, "denoise", "empty.jpg", code=PHOTO, says="empty.jpg is empty")


def test_text_that_is_called_a_photo(cli):
    (cli.folder / "letter.jpg").write_text("Dear all")
    refused(cli, "clean", "letter.jpg", code=PHOTO, says="letter.jpg is not a photo")


def test_a_folder_without_photos(cli):
    (cli.folder / "notes").mkdir()
    (cli.folder / "notes" / "readme.txt").write_text("none here")
    refused(cli, "denoise", "notes", code=PHOTO, says=["no photo in notes", "-r"])


def test_a_missing_file_and_a_near_one(cli):
    picture(cli.folder / "holiday.png")
    says = ["no file holyday.png", "Did you mean holiday.png?"]
    refused(cli, "denoise", "holyday.png", code=PHOTO, says=says)


def test_one_missing_file_among_many_stops_all_before_the_first(cli):
    picture(cli.folder / "a.png")
    refused(cli, "denoise", "a.png", "b.png", code=PHOTO, says="b.png")


def test_a_pattern_without_a_match(cli):
    refused(cli, "denoise", "scans/*.tif", code=PHOTO, says="No photo matches scans/*.tif")


def test_a_file_in_the_place_of_the_output_folder(cli):
    picture(cli.folder / "a.png")
    (cli.folder / "out").write_text("a file")
    refused(cli, "denoise", "a.png", "-o", "out", code=WRITE, says="out is a file, not a folder")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs Linux's /proc")
def test_a_folder_in_which_nobody_can_write(cli):
    """/proc takes no files from anyone, not even from root, whom permission bits do not stop."""
    picture(cli.folder / "a.png")
    says = "Nothing can be written to /proc"
    refused(cli, "denoise", "a.png", "-o", "/proc/out", code=WRITE, says=says)


def test_an_output_that_ends_like_no_format(cli):
    picture(cli.folder / "a.png")
    refused(cli, "denoise", "a.png", "-o", "b.xyz", code=WRITE, says="b.xyz ends like no format")


def test_the_photo_as_its_own_output(cli):
    picture(cli.folder / "a.png")
    says = ["a.png would be replaced", "--overwrite"]
    refused(cli, "denoise", "a.png", "-o", "a.png", code=WRITE, says=says)
    refused(cli, "denoise", "a.png", "-o", ".", code=WRITE, says=says)


def test_an_output_that_exists(cli):
    picture(cli.folder / "a.png")
    picture(cli.folder / "a-denoised.png", seed=1)
    says = ["a-denoised.png exists", "--overwrite", "--skip-existing"]
    refused(cli, "denoise", "a.png", code=WRITE, says=says)


def test_two_photos_with_one_output(cli):
    picture(cli.folder / "x" / "a.png")
    picture(cli.folder / "y" / "a.png")
    says = ["x/a.png and y/a.png", "out/a.png"]
    refused(cli, "denoise", "x/a.png", "y/a.png", "-o", "out", code=WRITE, says=says)


def test_a_result_in_the_place_of_another_photo(cli):
    picture(cli.folder / "a.png")
    picture(cli.folder / "a-denoised.png", seed=1)
    says = ["a.png", "a-denoised.png", "to be restored as well"]
    arguments = ("denoise", "a.png", "a-denoised.png", "--overwrite")
    refused(cli, *arguments, code=WRITE, says=says)


@pytest.mark.parametrize(
    ("option", "value"),
    [("--noise", "-0.1"), ("--noise", "1.5"), ("--noise", "loud"), ("--strength", "nan")],
)
def test_a_parameter_out_of_range(cli, option, value):
    picture(cli.folder / "a.png")
    name = option.removeprefix("--").capitalize()
    refused(cli, "denoise", "a.png", f"{option}={value}", code=USAGE, says=[name, value])


def test_an_unknown_option_and_an_unknown_command(cli):
    picture(cli.folder / "a.png")
    refused(cli, "denoise", "a.png", "--sigma", "1", code=USAGE, says="--sigma")
    refused(cli, "denois", "a.png", code=USAGE, says=["“denois”", "Did you mean “denoise”?"])


def test_a_mask_of_another_size(cli):
    picture(cli.folder / "a.png", (24, 16))
    picture(cli.folder / "mask.png", (16, 24))
    says = ["a.png", "24 × 16", "16 × 24"]
    refused(cli, "inpaint", "a.png", "--mask", "mask.png", code=USAGE, says=says)


def test_a_mask_that_is_all_black(cli):
    picture(cli.folder / "a.png")
    Image.new("L", (24, 16), 0).save(cli.folder / "mask.png")
    says = ["a.png: The mask is all black", "Paint white"]
    refused(cli, "inpaint", "a.png", "--mask", "mask.png", code=USAGE, says=says)


def test_a_mask_that_is_missing(cli):
    picture(cli.folder / "a.png")
    refused(cli, "inpaint", "a.png", "--mask", "m.png", code=PHOTO, says="no mask m.png")
    refused(cli, "inpaint", "a.png", code=USAGE, says="--mask")


def test_an_unknown_model(cli):
    picture(cli.folder / "a.png")
    says = ["no model “bse”", "Did you mean “base”?"]
    refused(cli, "denoise", "a.png", "--model", "bse", code=MODEL, says=says)


def test_an_unknown_device(cli):
    picture(cli.folder / "a.png")
    refused(cli, "denoise", "a.png", "--device", "tpu", code=USAGE, says="no device “tpu”")


def test_a_model_with_one_flipped_byte(cli):
    picture(cli.folder / "a.png")
    models = Path(cli.environment["XDG_DATA_HOME"]) / "restore" / "models"
    shutil.copytree(shipped_models() / "base", models / "mine")
    card = models / "mine" / "card.toml"
    card.write_text(card.read_text().replace('name = "base"', 'name = "mine"'))
    weights = models / "mine" / "weights.safetensors"
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(data)
    says = ["mine", "weights.safetensors", "hash"]
    refused(cli, "denoise", "a.png", "--model", "mine", code=MODEL, says=says)
    refused_by_verify = cli("models", "verify")
    assert refused_by_verify.returncode == MODEL
    assert "base: " in refused_by_verify.stdout
    assert "weights.safetensors" in refused_by_verify.stderr


def test_a_broken_plugin_is_named_and_left_out(cli, add_plugin):
    picture(cli.folder / "a.png")
    environment = add_plugin("broken", "raise ZeroDivisionError('on import')\n")
    done = cli("denoise", "a.png", **environment)
    assert done.returncode == 0
    assert "broken" in done.stderr
    assert "ZeroDivisionError" in done.stderr
    assert (cli.folder / "a-denoised.png").exists()
    assert cli("--no-plugins", "plugins", **environment).stderr == ""


def test_a_failing_action_of_a_plugin_is_named_with_the_photo(cli, add_plugin):
    picture(cli.folder / "a.png")
    environment = add_plugin(
        "faulty",
        "from restore.hooks import Action, Parameters, hookimpl\n"
        "def run(photo, parameters, context):\n"
        "    return 1 / 0\n"
        "@hookimpl\n"
        "def restore_actions():\n"
        "    return [Action('divide', 'Divide', 'Divides by zero', Parameters, run)]\n",
    )
    says = ["a.png", "divide", "faulty", "ZeroDivisionError"]
    refused(cli, "divide", "a.png", code=PLUGIN, says=says, **environment)


def test_two_onnx_runtimes_are_found_by_the_doctor(cli, tmp_path):
    fake = tmp_path.parent / f"{tmp_path.name}-fake"
    for name in ("onnxruntime", "onnxruntime-gpu"):
        add_distribution(fake, name, version="1.2")
    environment = {"PYTHONPATH": f"{fake}:{cli.environment['PYTHONPATH']}"}
    done = cli("doctor", PYTHONWARNINGS="", **environment)
    assert done.returncode == 1
    assert "onnxruntime 1.2 and onnxruntime-gpu 1.2" in done.stdout
    assert "uninstall" in done.stdout


@pytest.mark.parametrize("size", [(1, 1), (1, 5000)])
def test_the_thinnest_photos_are_restored(cli, size):
    picture(cli.folder / "thin.png", size)
    done = cli("denoise", "thin.png")
    assert done.returncode == 0, done.stderr
    assert pixels(cli.folder / "thin-denoised.png").shape == (size[1], size[0], 3)
