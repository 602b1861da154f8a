"""Each check of the kit finds the fault that it is there for, and passes what has none."""

from __future__ import annotations

import pytest

from restore.errors import PluginError
from restore.testing import CHECKS, Unmet, conformance, subjects
from tests.plugins.faulty import FAULTY

BY_NAME = {check.name: check for check in CHECKS}
OF_RUNS = [check for check in CHECKS if not check.of_plugin]
FAULTS = {subject.action.name: subject for subject in subjects("tests.plugins.faulty")}
BESIDES = {
    "another-process-agrees",  # takes a process for each action
    "runs-with-defaults",  # an action that does not run at all fails nearly everything
}
SIDE_EFFECTS = {
    "texts-read-well": {"wrong-values-are-refused"},  # whose messages begin with the title
    "entry-is-plain": {"wrong-values-are-refused"},  # and end with the unit
    "same-parameters-same-pixels": {
        "depths-agree",
        "linear-light-agrees",
        "alpha-and-metadata-stay",
        "threads-agree",
        "strength-blends",
    },
    "photo-is-not-written-to": {"strength-blends"},
    "progress-rises-2": {"can-be-stopped"},
    "outside-the-mask-nothing-changes": {"whole-and-empty-masks"},
}


def unmet(subject, checks):
    """Return the checks that a subject fails, with what they say."""
    failed = {}
    for check in checks:
        if check.applies(subject.action):
            try:
                check(subject)
            except Unmet as fault:
                failed[check.name] = str(fault)
    return failed


@pytest.mark.parametrize("name", FAULTY)
def test_a_fault_is_found_by_its_check_and_by_no_other(name):
    expected = name.removesuffix("-2")
    checks = [c for c in OF_RUNS if c.name == expected or c.name not in BESIDES]
    failed = unmet(FAULTS[name], checks)
    assert expected in failed
    if expected not in BESIDES:
        assert set(failed) - SIDE_EFFECTS.get(name, set()) == {expected}, failed


def test_every_check_is_tried():
    tried = {name.removesuffix("-2") for name in FAULTY}
    assert tried == {check.name for check in OF_RUNS}
    assert {c.name for c in CHECKS if c.of_plugin} == {
        "is-found-by-hosts",
        "import-is-light",
        "import-is-quick",
    }


@pytest.mark.parametrize(
    ("name", "plugin"),
    [
        ("is-found-by-hosts", "tests.plugins.invert"),
        ("import-is-light", "tests.plugins.heavy"),
        ("import-is-quick", "tests.plugins.dawdles"),
    ],
)
def test_a_plugin_that_is_not_there_or_takes_too_much_is_found(name, plugin):
    with pytest.raises(Unmet, match=plugin):
        BY_NAME[name](subjects(plugin)[0])


def test_the_place_of_a_failure_is_named():
    said = unmet(FAULTS["runs-with-defaults"], [BY_NAME["runs-with-defaults"]])
    assert "out of order" in said["runs-with-defaults"]
    assert "faulty.py, line" in said["runs-with-defaults"]


def test_every_check_says_what_it_promises():
    assert all(check.promise.endswith(".") for check in CHECKS)
    assert len(BY_NAME) == len(CHECKS)


def test_a_plugin_without_actions_is_refused():
    with pytest.raises(PluginError, match="nothing to test"):
        conformance("tests.plugins.boxed")


@pytest.mark.parametrize("wrong", [{"actions": ["inverse"]}, {"parameters": {"inverse": {}}}])
def test_a_name_that_is_not_there_is_refused(wrong):
    with pytest.raises(PluginError, match="no action “inverse”"):
        conformance("tests.plugins.invert", **wrong)
