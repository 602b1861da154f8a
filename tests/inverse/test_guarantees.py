import numpy as np
import pytest
from PIL import Image

from restore.inverse import Downscale, LinearOperator, Mask, enlarge, project, residual
from tests.diffusion.libraries import Library, on_all_libraries, random
from tests.inverse.problems import OPERATORS, SHAPE


@on_all_libraries
@pytest.mark.parametrize("A", OPERATORS.values(), ids=OPERATORS)
def test_what_is_projected_measures_as_y_and_is_the_closest_that_does(
    A: LinearOperator, lib: Library
) -> None:
    x, truth = lib(random(0, 2, *SHAPE)), lib(random(1, 2, *SHAPE))
    y = A(truth)

    projected = project(A, x, y)

    assert lib.owns(projected)
    assert residual(A, projected, y) < 50 * lib.eps
    np.testing.assert_allclose(project(A, projected, y), projected, atol=50 * lib.eps)
    moved, along = projected - x, truth - projected  # `along` lies in the null space
    assert float((moved * along).sum()) == pytest.approx(0, abs=2000 * lib.eps)


def test_an_upscaled_photo_reduced_again_by_pillow_is_the_input() -> None:
    y = np.clip(random(0, 1, 1, 21, 34) / 4, -1, 1).astype(np.float32)
    guess = enlarge(y, 3) + 0.2 * random(1, 1, 1, 63, 102).astype(np.float32)

    x = project(Downscale(3, (63, 102)), guess, y)

    reduced = Image.fromarray(x[0, 0]).resize((34, 21), Image.Resampling.BICUBIC)
    np.testing.assert_allclose(np.asarray(reduced), y[0, 0], atol=3e-6)


@on_all_libraries
def test_the_residual_of_the_truth_is_the_noise(lib: Library) -> None:
    truth, n = random(0, 1, 3, 80, 90), 0.1 * random(1, 1, 3, 80, 90)
    mask = Mask(random(2, 1, 1, 80, 90) > 0.5)

    known = residual(mask, lib(truth), mask(lib(truth + n)))

    assert isinstance(known, float)
    assert known == pytest.approx(0.1, rel=0.05)
    nothing = Mask(np.zeros((1, 1, 80, 90)))
    assert residual(nothing, lib(truth), nothing(lib(truth))) == 0
