"""The page of the digits states what was measured, and what was measured is what it claims."""

from __future__ import annotations

import json
import re

import pytest

pytest.importorskip("sklearn")

from benchmarks.digits import page

PAGE = page.PAGE.read_text("utf-8")
FIGURES = json.loads(page.FIGURES.read_text("utf-8"))


def test_the_page_s_numbers_are_those_that_were_measured() -> None:
    assert page.filled(PAGE, FIGURES) == PAGE


def test_a_changed_number_is_noticed() -> None:
    changed = json.loads(json.dumps(FIGURES))
    changed["classified"]["accuracy"] -= 1
    assert page.filled(PAGE, changed) != PAGE


def test_both_kinds_of_guidance_are_accepted_in_95_of_100_samples() -> None:
    assert FIGURES["judge"]["samples"] >= 1000
    for kind in ("classifier-free", "by a classifier"):
        rows = [row for row in FIGURES["guidance"] if row["guidance"] == kind]
        none = next(row for row in rows if row["scale"] == 0)
        assert max(row["accepted"] for row in rows) >= 95
        assert none["accepted"] < 20


def test_the_pictures_are_there_and_small() -> None:
    shown = re.findall(r"!\[[^]]+\]\(([^)]+)\)", PAGE)
    paths = {(page.PAGE.parent / path).resolve() for path in shown}
    assert paths == set((page.DOCS / "images" / "digits").iterdir())
    assert sum(path.stat().st_size for path in paths) < 400_000
