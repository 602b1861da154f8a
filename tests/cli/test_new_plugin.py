"""`restore plugins new`: what it makes, and what it refuses."""

import tomllib

import pytest


def test_it_makes_a_package_with_the_name_everywhere(call, tmp_path):
    code, out, _ = call("plugins", "new", "example-blur-2", "--into", "mine/plugins")

    assert code == 0
    folder = tmp_path / "mine" / "plugins" / "restore-example-blur-2"
    assert str(folder) in out
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*.*")) == [
        "README.md",
        "pyproject.toml",
        "restore_example_blur_2.py",
        "tests/test_example_blur_2.py",
    ]
    project = tomllib.loads((folder / "pyproject.toml").read_text())
    assert project["project"]["entry-points"]["restore"] == {
        "example-blur-2": "restore_example_blur_2"
    }
    assert "license" not in project["project"]
    module = (folder / "restore_example_blur_2.py").read_text()
    assert 'name="example-blur-2"' in module
    assert 'label="Example blur 2"' in module
    assert "class ExampleBlur2Parameters(Parameters):" in module
    compile(module, "module", "exec")


@pytest.mark.parametrize("name", ["Glow", "soft_glow", "-glow", "2nd", "soft--glow", "é", "x" * 31])
def test_a_name_that_cannot_be_an_action_is_refused(call, tmp_path, name):
    code, out, err = call("plugins", "new", "--", name)

    assert (code, out) == (2, "")
    assert "cannot be the name of an action" in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["denoise", "doctor", "classic"])
def test_a_name_that_something_has_is_refused(call, tmp_path, name):
    code, _, err = call("plugins", "new", name)

    assert code == 2
    assert f"There is a “{name}” already." in err
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_there_is_left_alone(call, tmp_path):
    call("plugins", "new", "glow")
    kept = tmp_path / "restore-glow" / "restore_glow.py"
    kept.write_text("mine")

    code, _, err = call("plugins", "new", "glow")

    assert code == 4
    assert "exists already: nothing was written" in err
    assert kept.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["restore-glow"]


def test_a_folder_that_cannot_be_made_is_a_sentence(call, tmp_path):
    (tmp_path / "file").write_text("")

    code, _, err = call("plugins", "new", "glow", "--into", "file/below")

    assert code == 4
    assert "cannot be written" in err


def test_the_list_is_as_before(call):
    code, out, _ = call("plugins")
    assert code == 0
    assert "builtin" in out
