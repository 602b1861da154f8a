"""What is said of a photo."""

from pathlib import Path

import pytest

from restore.cli import wording
from restore.cli.batch import Outcome
from restore.cli.plan import Job
from restore.errors import PhotoError
from restore.hooks import Check, Report

JOB = Job(Path("in/scan.jpg"), Path("in/scan-cleaned.jpg"))


def test_a_line_says_what_was_found_and_how_long_it_took():
    found = {"noise": 0.03125, "jpeg_quality": 38}
    report = Report("clean", found=found, seconds=4.14, notes=("A note.",))
    text = wording.success(JOB.source, JOB.target, report)
    assert text == (
        "in/scan.jpg → scan-cleaned.jpg  noise 0.0312, JPEG quality 38 · 4.1 s\n    A note."
    )


def test_a_result_elsewhere_is_named_in_full():
    text = wording.success(Path("scan.jpg"), Path("out/scan.jpg"), Report("clean", seconds=75))
    assert text == "scan.jpg → out/scan.jpg · 1 min 15 s"


def test_a_check_that_failed_is_shown_and_one_that_passed_is_not():
    checks = (Check("mean", True, 0.1, 1), Check("outside the mask", False, 2.5, 0))
    text = wording.success(JOB.source, JOB.target, Report("inpaint", checks=checks))
    assert "outside the mask 2.5 > 0" in text
    assert "mean" not in text


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PhotoError("in/scan.jpg is empty.", "Copy it."), "in/scan.jpg is empty.\n    Copy it."),
        (PhotoError("It is empty."), "in/scan.jpg: It is empty."),
        (KeyError("x"), "in/scan.jpg: a bug: KeyError: 'x'"),
    ],
)
def test_a_failure_names_the_photo_once(error, said):
    text = wording.failure(JOB.source, error)
    assert text.startswith(said)
    assert text.count("scan.jpg") == 1


def test_a_failure_as_json_has_its_exit_code():
    assert wording.as_json(Outcome(JOB, error=PhotoError("m", "h")))["error"] == {
        "type": "PhotoError",
        "message": "m",
        "hint": "h",
        "exit_code": 3,
    }
    assert wording.as_json(Outcome(JOB, error=ValueError("x")))["error"]["exit_code"] == 70


def test_durations_and_counts():
    assert [wording.seconds(s) for s in (0.04, 9.96, 59.4, 61)] == [
        "0.0 s",
        "10.0 s",
        "59 s",
        "1 min 1 s",
    ]
    assert (wording.count(1, "photo"), wording.count(0, "photo")) == ("1 photo", "0 photos")
