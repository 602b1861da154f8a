"""What every host counts on, and what this action is for."""

import numpy as np

import restore
from restore.hooks.manager import Plugins
from restore.testing import conformance

test_conformance = conformance("restore_example")


def test_it_is_installed() -> None:
    assert "example" in Plugins.load(allow=["example"]).actions()


def test_the_middle_becomes_lighter_and_the_ends_stay() -> None:
    photo = np.array([[0, 128, 255]], np.uint8)
    result = restore.run("example", photo, amount=1.0).photo.to_array()
    black, middle, white = result[0]
    assert (black, white) == (0, 255)
    assert middle > 128
