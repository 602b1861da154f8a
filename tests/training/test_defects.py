"""Synthetic damage: the truth says where a print was changed, and chance is reproducible."""

import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from restore.training.defects.blobs import Blobs, smooth_field
from restore.training.defects.damage import VISIBLE, Damage, Marks, visible
from restore.training.defects.lines import Creases, Strokes, Tears
from restore.training.defects.prints import Print, Scan
from restore.training.defects.strokes import Stroke, coverage, wander
from restore.training.detecting import DefectsRecipe, Detecting, detection_loss
from restore.training.detection import measure_detector, scores
from restore.training.objectives import OBJECTIVES, find
from tests.training.crops import Photos, generator

EXACT = Scan(blur=(0.01, 0.01), sharpened=0, gray=0, noise=(1e-9, 1e-9))
"""A scan that changes nothing but by rounding."""
PLAIN = Print(blurred=0, grainy=0, faded=0, gray=0, framed=0)
MARKS = (Strokes(), Creases(), Tears(), Blobs(), Blobs(scale=(15.0, 50.0), rarity=(0.5, 1.0)))


def photos(n=6, side=64):
    return Photos(side).fixed(n, 0)


def number(value, n=1):
    return torch.full((n, 1, 1, 1), float(value))


def test_the_truth_marks_where_the_print_was_changed_and_nowhere_else():
    damage = Damage(damaged=1, print=PLAIN, stains=(), scan=EXACT, compressed=0)
    clean = photos(24)
    y, truth = damage(clean, generator())
    change = (y - clean).abs().amax(1, keepdim=True)
    rounding = 1.5 / 255
    assert ((truth == 0) == (change < VISIBLE[0]))[(change - VISIBLE[0]).abs() > rounding].all()
    assert ((truth == 1) == (change > VISIBLE[1]))[(change - VISIBLE[1]).abs() > rounding].all()
    assert 0.005 < truth.mean() < 0.5


def test_stains_are_no_damage_to_be_filled():
    damage = Damage(damaged=1, print=PLAIN, defects=(), scan=EXACT, compressed=0)
    clean = photos(24)
    y, truth = damage(clean, generator())
    assert truth.max() == 0
    assert (y - clean).abs().max() > 0.2


def test_undamaged_prints_have_an_empty_truth_and_their_share():
    _, truth = Damage(damaged=0.25)(photos(6, 32).repeat(20, 1, 1, 1), generator())
    marked = (truth.amax((1, 2, 3)) > 0).float().mean()
    assert 0.1 < marked < 0.35


@pytest.mark.parametrize(
    "mark", [*MARKS, Damage(), Print(), Scan()], ids=lambda m: type(m).__name__
)
def test_the_same_generator_makes_the_same_damage(mark):
    results = [mark(photos(), generator(seed)) for seed in (1, 1, 2)]
    one, same, other = (r.y if isinstance(mark, Damage) else r for r in results)
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert one.shape == photos().shape
    assert one.isfinite().all()


@pytest.mark.parametrize("mark", MARKS, ids=lambda m: type(m).__name__)
def test_only_the_share_of_the_prints_that_it_is_meant_for_is_marked(mark):
    clean = photos(6, 32).repeat(30, 1, 1, 1)
    assert torch.equal(Marks(chance=0, mark=mark)(clean, generator()), clean)
    changed = Marks(chance=0.3, mark=mark)(clean, generator()) != clean
    assert 0 < changed.any(3).any(2).any(1).float().mean() < 0.4


@pytest.mark.parametrize("radius", [12.0, 1e5])
def test_a_stroke_is_an_arc_with_true_lengths_and_distances(radius):
    """Against the circle itself; of a huge radius, against a straight line."""
    like = torch.zeros(1, 3, 40, 50)
    place = torch.tensor([20.0, 15.0]).view(1, 2, 1, 1)
    stroke = Stroke.through(like, place, number(0.0), number(1 / radius))
    rows, columns = torch.meshgrid(torch.arange(40.0), torch.arange(50.0), indexing="ij")
    if radius > 1e4:
        across, along = rows - 15, columns - 20
    else:
        across = radius - torch.hypot(columns - 20, rows - 15 - radius)
        along = radius * torch.atan2(columns - 20, 15 + radius - rows)
    assert torch.allclose(stroke.across[0, 0], across, atol=0.02)
    assert torch.allclose(stroke.along[0, 0], along, atol=0.02)


@pytest.mark.parametrize(("width", "soft"), [(0.5, 1.0), (3.0, 1.0), (6.0, 2.5)])
def test_a_line_covers_its_width(width, soft):
    across = torch.linspace(-10, 10, 20001)
    area = coverage(across, torch.tensor(width), torch.tensor(soft)).mean() * 20
    assert math.isclose(area, width, rel_tol=2e-3 if width >= soft else 0.5)


def test_a_wandering_function_is_continuous_and_standard():
    along = torch.linspace(-500, 500, 4001).view(1, 1, 1, -1)
    values = torch.cat([wander(along, number(10.0), generator(seed)) for seed in range(50)])
    assert (values.diff(dim=-1).abs() < 0.3).all()
    knots = torch.cat([wander(along[..., ::40], number(10.0), generator(s)) for s in range(50)])
    assert abs(knots.mean()) < 0.1
    assert abs(knots.std() - 1) < 0.1


@pytest.mark.parametrize("scale", [0.8, 4.0])
def test_a_smooth_field_has_unit_variance_and_its_scale(scale):
    """Neighbours at distance r correlate by exp(-r² / 4ℓ²), as blurred noise does."""
    field = smooth_field(torch.zeros(20, 3, 96, 96), number(scale, 20), generator())
    assert torch.allclose(field.square().mean((2, 3)), torch.ones(20, 1), atol=1e-4)
    lag = round(2 * scale)
    correlation = (field * field.roll(lag, 3)).mean()
    assert math.isclose(correlation, math.exp(-(lag**2) / (4 * scale**2)), abs_tol=0.05)


def test_a_change_counts_from_just_visible_to_plain():
    low, high = VISIBLE
    change = torch.tensor([0.0, low, (low + high) / 2, -high, 1.0]).view(1, 1, 1, 5)
    got = visible(torch.cat([change, 0 * change, 0 * change], 1)).flatten()
    assert torch.allclose(got, torch.tensor([0.0, 0.0, 0.5, 1.0, 1.0]), atol=1e-6)


def test_scores_forgive_one_pixel_and_no_more():
    truth = torch.zeros(1, 1, 9, 9, dtype=torch.bool)
    truth[..., 4, :] = True
    for shift, right in ((0, 1.0), (1, 1.0), (2, 0.0)):
        got = scores(truth.roll(shift, 2), truth)
        assert got["precision"] == got["recall"] == right
    nothing = torch.zeros_like(truth)
    assert scores(nothing, truth)["recall"] == 0
    assert scores(truth, nothing)["precision"] == 0


def test_a_detector_that_sees_nothing_or_everything_has_the_figures_that_it_must():
    def constant(value):
        return lambda image: np.full(image.shape[:2], value)

    damage = Damage(damaged=0.5)
    blind, eager = (
        measure_detector(constant(value), photos(3, 48), damage) for value in (False, True)
    )
    assert [d.marked for d in blind] == [0, 0, 0]
    assert [d.recall for d in blind] == [0, 0, 0]
    assert [d.marked for d in eager] == [1, 1, 1]
    assert [d.recall for d in eager] == [1, 0, 0]
    assert eager[0].precision > eager[0].damaged > 0
    assert [d.damaged for d in eager[1:]] == [0, 0]


def test_the_loss_prefers_the_truth_with_and_without_damage():
    truth = torch.zeros(2, 1, 16, 16)
    truth[0, :, 8] = 1
    right, wrong, unsure = 12 * (2 * truth - 1), 12 * (1 - 2 * truth), 0 * truth
    losses = [detection_loss(logits, truth) for logits in (right, unsure, wrong)]
    assert (losses[0] < 0.01).all()
    assert (losses[0] < losses[1]).all()
    assert (losses[1] < losses[2]).all()


def test_the_objective_knows_a_perfect_detector_from_a_blind_one():
    recipe = DefectsRecipe(damage=Damage(damaged=0.9))
    objective = Detecting(recipe.damage, Photos(32), Photos(32))
    prints = objective._prints(64)

    def perfect(x):
        at = [int((prints.y - y).abs().amax((1, 2, 3)).argmin()) for y in x]
        return 1 + 3 * (2 * prints.truth[at] - 1)

    def blind(x):
        return torch.zeros_like(x[:, :1])

    assert min(objective.validate(perfect).values()) == 1  # as the prints are the same each time
    assert max(objective.validate(blind).values()) == 0
    losses = objective.losses(blind, 5, generator())
    assert losses.loss.shape == losses.group.shape == (5,)
    assert losses.loss.isfinite().all()
    assert objective.sheet(blind).size[1] > 8 * 32


def test_a_recipe_can_say_all_of_it():
    table = {
        "kind": "defects",
        "damage": {
            "damaged": 0.5,
            "defects": [{"chance": 0.5, "mark": {"kind": "tears", "length": [5, 50]}}],
        },
    }
    kind = find(OBJECTIVES["defects"])
    recipe = kind.model_validate(table)
    assert (recipe.inputs, recipe.outputs) == (3, 1)
    assert recipe.damage.defects[0].mark == Tears(length=(5, 50))
    assert kind.model_validate(recipe.model_dump()) == recipe
    with pytest.raises(ValidationError):
        kind.model_validate({"kind": "defects", "damage": {"stain": []}})
