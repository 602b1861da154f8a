"""What is imported, and so waited for, before anything is done."""

import subprocess
import sys

import pytest

HEAVY = {"PIL", "numpy", "onnxruntime", "pluggy", "pydantic", "rich", "scipy", "skimage", "torch"}


@pytest.mark.parametrize(
    ("statement", "forbidden"),
    [
        ("from restore.cli import main; main(['--help'])", HEAVY),
        ("from restore.cli import main; main(['--version'])", HEAVY),
        ("from restore.cli import main; main(['train', '--help'])", HEAVY),
        ("import restore", HEAVY),
        (
            "from restore.cli import main; main(['denoise', '--help'])",
            {"onnxruntime", "rich", "skimage", "torch"},
        ),
    ],
)
def test_what_is_not_needed_is_not_imported(cli, statement, forbidden):
    report = "import sys; print('\\n'.join(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}\n{report}"],
        env=cli.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert "restore" in loaded
    assert not loaded & forbidden


def test_the_help_names_every_command_without_looking_for_plugins(cli):
    done = cli("--help", RESTORE_PLUGINS="nosuch")
    assert done.returncode == 0
    assert done.stderr == ""
    for name in ("denoise", "clean", "upscale", "inpaint", "doctor", "--no-plugins"):
        assert name in done.stdout
