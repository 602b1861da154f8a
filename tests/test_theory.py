"""docs/theory and docs/mathematics.md speak of what there is, of all of it, and truly."""

from __future__ import annotations

import importlib
import io
import pkgutil
import re
import runpy
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
THEORY = ROOT / "docs" / "theory"
INDEX = THEORY / "README.md"
CHAPTERS = sorted(THEORY.glob("[0-9]*.md"))
MAP = ROOT / "docs" / "mathematics.md"
PAGES = [INDEX, *CHAPTERS, MAP]
on_all_pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
on_all_chapters = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda page: page.stem)

MOST_BYTES_OF_FIGURES = 300_000


def text(page: Path) -> str:
    return page.read_text("utf-8")


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"```.*?```", "", text(page), flags=re.DOTALL)


def named(page: Path) -> set[str]:
    """The dotted names that stand in a page."""
    return set(re.findall(r"`(restore(?:\.\w+)+)`", prose(page)))


def find(name: str) -> Any:
    """Import the longest part of a dotted name that is a module, and look up the rest."""
    parts = name.split(".")
    for k in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:k]))
        except ModuleNotFoundError:
            continue
        for part in parts[k:]:
            found = getattr(found, part)
        return found
    raise ModuleNotFoundError(name)


@on_all_pages
def test_every_name_in_a_page_exists(page: Path) -> None:
    for name in named(page):
        find(name)


def test_a_name_that_does_not_exist_is_noticed() -> None:
    for wrong in ("restore.diffusion.schedule.sine", "restore.diffusion.sine.cosine"):
        with pytest.raises(AttributeError):
            find(wrong)


def rooms() -> list[ModuleType]:
    """Every module of the mathematics."""
    packages = [importlib.import_module(f"restore.{room}") for room in ("diffusion", "inverse")]
    return [
        importlib.import_module(module.name)
        for package in packages
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]


@pytest.mark.parametrize("module", rooms(), ids=lambda module: module.__name__)
def test_every_public_name_has_its_place_in_a_chapter(module: ModuleType) -> None:
    public = {f"{module.__name__}.{name}" for name in module.__all__}
    assert public - set().union(*map(named, CHAPTERS)) == set()


def test_the_index_leads_through_all_chapters_in_order() -> None:
    linked = re.findall(r"\]\((\d[\w-]*\.md)\)", text(INDEX))
    assert list(dict.fromkeys(linked)) == [chapter.name for chapter in CHAPTERS]
    assert len(CHAPTERS) > 8
    assert "](docs/theory/README.md)" in text(ROOT / "README.md")
    assert "](theory/README.md)" in text(MAP)


@on_all_pages
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose(page)):
        if not target.startswith("https://"):
            assert (page.parent / target).exists(), target


@on_all_chapters
def test_the_code_in_a_chapter_prints_what_the_chapter_says(chapter: Path) -> None:
    """`print(…)  # what it prints`; the blocks of a chapter follow one another."""
    scope: dict[str, Any] = {}
    for block in re.findall(r"^```python\n(.*?)^```", text(chapter), re.DOTALL | re.MULTILINE):
        said = re.findall(r"^(?:print\(.*\)|\))  # (.*)$", block, re.MULTILINE)
        with redirect_stdout(printed := io.StringIO()):
            exec(compile(block, chapter.name, "exec"), scope)
        assert printed.getvalue().splitlines() == said


@on_all_pages
def test_formulae_are_closed(page: Path) -> None:
    displayed = re.findall(r"^\$\$$", prose(page), re.MULTILINE)
    assert len(displayed) % 2 == 0
    rest = re.sub(r"^\$\$$.*?^\$\$$", "", prose(page), flags=re.DOTALL | re.MULTILINE)
    for paragraph in re.sub(r"`[^`]*`", "", rest).split("\n\n"):
        assert "$$" not in paragraph
        assert paragraph.count("$") % 2 == 0, paragraph


def test_figures_are_those_that_the_script_draws(tmp_path: Path) -> None:
    runpy.run_path(str(THEORY / "figures.py"))["main"](tmp_path)
    drawn = {figure.name for figure in tmp_path.iterdir()}
    assert drawn == {
        figure.name for ending in ("svg", "png") for figure in THEORY.glob(f"*.{ending}")
    }


def test_figures_are_small_and_shown() -> None:
    figures = {*THEORY.glob("*.svg"), *THEORY.glob("*.png")}
    shown = {THEORY / name for page in CHAPTERS for name in re.findall(r"\]\((\S+)\)", text(page))}
    assert figures <= shown
    assert sum(figure.stat().st_size for figure in figures) < MOST_BYTES_OF_FIGURES


@pytest.mark.parametrize("room", ["diffusion", "inverse"])
def test_the_map_has_every_file_and_no_name_that_is_none(room: str) -> None:
    [table] = re.findall(rf"^## restore/{room}\n\n(.*?)\n\n", text(MAP), re.DOTALL | re.MULTILINE)
    files: set[str] = set()
    current: list[str] = []
    for row in table.splitlines()[2:]:
        first, what, _ = row.strip("|").split(" | ", 2)
        listed = re.findall(r"`([\w/]+)\.py`", first)
        files |= set(listed)
        current = listed or current  # a row without a file belongs to the one above
        module = importlib.import_module(f"restore.{room}.{current[-1].replace('/', '.')}")
        for name in re.findall(r"`(\w+)`", what):
            assert hasattr(module, name), f"{module.__name__} has no {name}"
    kept = {path.stem for path in (ROOT / "restore" / room).glob("*.py")} - {"__init__"}
    assert kept - files == set()
