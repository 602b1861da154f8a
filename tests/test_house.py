"""The rooms of the house know only those below them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "restore"

MAY_IMPORT = {
    "photo": set(),
    "diffusion": set(),
    "inverse": {"diffusion"},
    "networks": {"diffusion"},
    "engine": {"diffusion", "networks"},
    "hooks": {"diffusion", "inverse", "engine", "photo", "tasks"},
    "tasks": {"diffusion", "inverse", "engine", "photo", "hooks"},
    "training": {"diffusion", "inverse", "networks", "engine", "photo"},
    "worker": {"diffusion", "engine", "photo", "hooks", "tasks"},
    "testing": {"diffusion", "engine", "photo", "hooks", "tasks", "worker"},
    "evaluation": {"diffusion", "inverse", "engine", "photo", "hooks", "tasks", "api"},
}
"""For each room, the rooms that it may import; `restore.errors` is open to all."""


def imported(file: Path) -> set[str]:
    """Rooms of the package that a file imports, anywhere in it."""
    rooms = set()
    for node in ast.walk(ast.parse(file.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            names = [node.module or ""]
        rooms |= {name.split(".")[1] for name in names if name.startswith("restore.")}
    return rooms


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_lies_below_it(room: str) -> None:
    for file in (PACKAGE / room).rglob("*.py"):
        above = imported(file) - MAY_IMPORT[room] - {room, "errors"}

        assert not above, f"{file.relative_to(PACKAGE)} imports {sorted(above)}"


def test_nothing_is_ever_unpickled() -> None:
    for file in PACKAGE.rglob("*.py"):
        text = file.read_text()

        for call in ("pickle.load", "torch.load(", "allow_pickle=True"):
            assert call not in text, f"{file.relative_to(PACKAGE)} calls {call}"
