"""A recipe is refused with file, line and key, or it is what it says."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.hooks.manager import Plugins
from restore_watch.loading import RecipeError, load
from restore_watch.places import line_of, places
from tests.watch.conftest import Place

Load = Callable[[], Plugins]

FAULTS = {
    "quality = 200": ("folder.quality", "100"),
    "qualty = 90": ("folder.qualty", "Did you mean “quality”?"),
    'format = "JPG2"': ("folder.format", "cannot be written"),
    'name = "{stm}"': ("folder.name", "{stm}"),
    'name = "a"': ("folder.name", "{stem}"),
    'name = "../{stem}"': ("folder.name", "stays within"),
    'include = ["*.jpg",\n "[a"]': ("folder.include", "not closed"),
    'exclude = ["/a"]': ("folder.exclude", "within the folder"),
    'originals = "delete"': ("folder.originals", "'keep' or 'move'"),
    'originals = "move"': ("", "archive"),
    'quarantine = "in/bad"': ("folder.quarantine", "restored again"),
    'format = "JPEG"\ndepth = 16': ("folder.depth", "JPEG"),
    "recursive = 7": ("folder.recursive", "boolean"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_with_its_line_and_key(place: Place, plugins: Load, fault: str) -> None:
    path = place.write(fault)
    key, words = FAULTS[fault]
    guilty = fault.count("\n") if "\n" in fault else 0
    line = 5 + guilty if key else 2
    with pytest.raises(RecipeError) as refused:
        load(path, plugins())
    assert refused.value.message.startswith(f"{path}:{line}: {key}"), refused.value
    assert words in str(refused.value)


STEPS = {
    'action = "identty"': ("folder.step.action", "Did you mean “identity”?"),
    'action = "identity"\nstrength = 3': ("folder.step.strength", "from 0 to 1"),
    'action = "identity"\nstregth = 1': ("folder.step.stregth", "Did you mean “strength”?"),
    'action = "inpaint"': ("folder.step.action", "mask"),
}


@pytest.mark.parametrize("step", STEPS)
def test_steps_are_checked_as_everywhere(place: Place, plugins: Load, step: str) -> None:
    path = place.write(step=step)
    key, words = STEPS[step]
    with pytest.raises(RecipeError) as refused:
        load(path, plugins())
    line = 6 + step.count("\n")
    assert refused.value.message.startswith(f"{path}:{line}: {key}: "), refused.value
    assert words in str(refused.value)


def test_all_faults_are_told_at_once(place: Place, plugins: Load) -> None:
    place.write("quality = 0", 'existing = "ask"', head="devise = 1")
    with pytest.raises(RecipeError) as refused:
        load(place.recipe, plugins())
    lines = refused.value.message.splitlines()
    assert [line.split(":")[1] for line in lines] == ["1", "5", "6"]


def test_what_is_no_toml_is_refused_with_its_line(place: Place, plugins: Load) -> None:
    place.recipe.write_text("[[folder]]\npath = nowhere\n")
    with pytest.raises(RecipeError, match=r"recipe\.toml:2: "):
        load(place.recipe, plugins())
    place.recipe.write_bytes(b"[[folder]]\npath = '\xff'\n")
    with pytest.raises(RecipeError, match=r"recipe\.toml:2: This is not UTF-8"):
        load(place.recipe, plugins())


def test_the_folders_must_be_there_and_fit_each_other(place: Place, plugins: Load) -> None:
    def refused(text: str) -> str:
        place.recipe.write_text(text)
        with pytest.raises(RecipeError) as error:
            load(place.recipe, plugins())
        return str(error.value)

    step = '[[folder.step]]\naction = "identity"\n'
    watched = f'[[folder]]\npath = "in"\noutput = "out"\n{step}'
    assert "does not exist" in refused(watched.replace('"in"', '"nowhere"'))
    assert "restored again" in refused(watched.replace('"out"', '"in"'))
    assert "restored again" in refused(watched.replace('"out"', '"in/new/out"'))
    (place.root / "link").symlink_to(place.inbox)
    assert "restored again" in refused(watched.replace('"out"', '"link/out"'))
    assert "could land in it" in refused(watched.replace('"out"', '"."'))
    (place.inbox / "inner").mkdir()
    assert "overlap" in refused(watched + watched.replace('"in"', '"link/inner"'))
    (place.root / "file").touch()
    assert "is a file" in refused(watched.replace('"out"', '"file"'))
    inside = place.inbox / "recipe.toml"
    inside.write_text(watched.replace('"in"', '"."').replace('"out"', '"../out"'))
    with pytest.raises(RecipeError, match="the recipe lies in"):
        load(inside, plugins())


@pytest.mark.skipif(os.name == "nt", reason="permissions")
def test_a_recipe_that_all_may_write_is_refused(place: Place, plugins: Load) -> None:
    place.write()
    place.recipe.chmod(0o666)
    with pytest.raises(RecipeError, match="by everybody"):
        load(place.recipe, plugins())
    place.recipe.unlink()
    os.mkfifo(place.recipe)
    with pytest.raises(RecipeError, match="is not a file"):
        load(place.recipe, plugins())


NAMES = st.sampled_from(["a", "b-c", '"d.e"', "'f g'", '"\\u0041"'])
SCALARS = st.sampled_from(
    ["1", "-2.5e3", "true", '"x # y"', "'[[z]]'", '"""\nq = 1\n"""', "1979-05-27 07:32:00"]
)


def array(values: list[str]) -> str:
    return "[\n" + ", # , ]\n".join(values) + "\n]"


VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3).map(array)
        | inner.map(lambda value: "{ a = " + value + ' , "k" = 1 }')
    ),
    max_leaves=4,
)
LINES = st.lists(
    st.one_of(
        st.tuples(NAMES, VALUES).map(" = ".join),
        st.tuples(NAMES, NAMES, VALUES).map(lambda t: f"{t[0]} . {t[1]} = {t[2]}"),
        NAMES.map(lambda n: f"[[ {n} ]] # remark"),
        st.tuples(NAMES, NAMES).map(lambda t: f"[[{t[0]}.{t[1]}]]"),
        NAMES.map(lambda n: f"[{n}]"),
        st.just("# only = a remark"),
    ),
    max_size=12,
)


def leaves(value: object, place: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [place] if place else []
    items = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        items = enumerate(value)
    return found + [leaf for key, inner in items for leaf in leaves(inner, (*place, key))]


@given(LINES)
def test_every_key_of_valid_toml_has_the_line_on_which_it_stands(lines: list[str]) -> None:
    text = "\n".join(lines)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    known = places(text)
    rows = text.split("\n")
    for place in leaves(data):
        assert place in known, (place, text)
        if isinstance(place[-1], str) and place[-1] in ("a", "b-c"):
            assert place[-1] in rows[known[place] - 1]


def test_the_nearest_line_is_told_of_what_has_none() -> None:
    known = places("x = 1\n[[folder]]\ny = 2\n[[folder]]\n[[folder.step]]\nz = 3\n")
    assert line_of(known, ("folder", 1, "step", 0, "z")) == 6
    assert line_of(known, ("folder", 1, "output")) == 4
    assert line_of(known, ("nowhere",)) == 1


def test_init_writes_a_recipe_that_is_good_once_its_folder_is_there(
    place: Place, tmp_path: Path
) -> None:
    done = place("init")
    assert done.returncode == 0, done.stderr
    assert place("init").returncode == 4, "a recipe was replaced"
    home = {"HOME": str(tmp_path / "home")}
    refused = place("check", place.recipe, **home)
    assert refused.returncode == 2
    assert f"{place.recipe}:10: folder.path: " in refused.stderr
    (tmp_path / "home" / "Pictures" / "Scans").mkdir(parents=True)
    checked = place("check", place.recipe, **home)
    assert checked.returncode == 0, checked.stderr
    text = place.recipe.read_text()
    quiet = {"#device", "#recursive", "#include", "#exclude", "#name", "#format", "#quality"}
    switched = "\n".join(
        line.removeprefix("#") if line.split(" ")[0] in quiet else line
        for line in text.splitlines()
    )
    place.recipe.write_text(switched)
    assert place("check", place.recipe, **home).returncode == 0


def test_check_shows_what_would_become_of_each_file(place: Place) -> None:
    for name in ("a.png", "new\nline.png", "deep/b.PNG", "c.png.part", "draft/d.png", ".e.png"):
        target = place.photo("x.png").rename(place.root / "x.png")
        (place.inbox / name).parent.mkdir(exist_ok=True)
        target.rename(place.inbox / name)
    (place.inbox / "f.png").symlink_to(place.inbox / "a.png")
    os.mkfifo(place.inbox / "g.png")
    (place.inbox / "h.txt").write_text("h")
    place.write('exclude = ["DRAFT"]', 'format = "TIFF"', 'name = "{stem}-{actions}"')
    done = place("check", place.recipe)
    assert done.returncode == 0, done.stderr
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert "a.png → a-identity.tif" in lines
    assert "new\\nline.png → new\\nline-identity.tif" in lines
    assert "deep/b.PNG → deep/b-identity.tif" in lines
    assert "draft: passed over, excluded" in lines
    assert "f.png: passed over, a link; only files are opened" in lines
    assert "g.png: passed over, not a file" in lines
    assert "h.txt: passed over, not a photo by its name" in lines
    assert any(line.startswith("c.png.part: passed over, the name of a file") for line in lines)
    assert ".e.png" not in done.stdout
    assert not place.out.exists()
