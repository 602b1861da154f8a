"""The kit as a test for pytest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from restore.testing.subject import Subject, Unmet, subjects
from restore.testing.table import CHECKS, Check

__all__ = ["conformance"]


def conformance(
    plugin: str,
    *,
    actions: Iterable[str] | None = None,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
) -> Callable[[Check, Subject], None]:
    """Return a test of all that hosts count on, for the actions of a plugin.

        test_conformance = conformance("restore_negative")

    Each check of each action is a test of its own: `pytest -k strength` runs one of them.

    Args:
        plugin: Name of its module, as its entry point has it.
        actions: Names of the only ones to test; None for all.
        parameters: By name of an action: what its runs are given besides the defaults, as JSON
            values, for instance fewer steps.

    Raises:
        PluginError: The plugin does not fit, or has no action of such a name.
    """
    import pytest

    cases = [
        pytest.param(check, subject, id=f"{subject.action.name}-{check.name}")
        for i, subject in enumerate(subjects(plugin, actions, parameters))
        for check in CHECKS
        if check.applies(subject.action) and not (check.of_plugin and i)
    ]

    @pytest.mark.parametrize(("check", "subject"), cases)
    def test_conformance(check: Check, subject: Subject) -> None:
        unmet = ""
        try:
            check(subject)
        except Unmet as fault:
            unmet = f"{subject.action.name}: {fault}"
        if unmet:  # here, so that pytest shows these words and no chain of exceptions
            pytest.fail(unmet, pytrace=False)

    return test_conformance
