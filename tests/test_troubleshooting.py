"""docs/guide/troubleshooting.md has what editors say, in the words in which they say it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "guide" / "troubleshooting.md").read_text("utf-8")
EDITORS = ("restore_editors/restore_client.py", "restore_gimp/plugin", "restore_krita/plugin")
ERRORS = ("RestoreError", "WorkerLost", "WorkerError", "MemoryLimitError", "ParameterError")
PLAIN = {
    "Stopped.",  # the person pressed Cancel
    "An image has the unknown type “…”.",  # a fault of a plug-in, which no person can cause
    "The … has … bytes and should have ….",
}


def told() -> set[str]:
    """Return the messages that the guide names."""
    cells = re.findall(r"^\| (`.*?) \|", GUIDE, re.MULTILINE)
    return {message for cell in cells for message in re.findall(r"`([^`]+)`", cell)}


def messages(place: Path) -> Iterator[str]:
    """Yield what errors say that are raised somewhere."""
    for file in [place] if place.is_file() else place.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args and _name(node.func) in ERRORS:
                yield _text(node.args[0])


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r"%[-\d.]*[a-z]", "…", node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "…" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return _text(node.left)
    return ""


@pytest.mark.parametrize("place", EDITORS)
def test_every_message_of_an_editor_is_in_the_guide(place: str) -> None:
    said = set(messages(ROOT / "integrations" / place)) - PLAIN - {""}
    assert said, "the messages have moved"
    missing = [text for text in said if not any(text.startswith(known) for known in told())]
    assert not missing
