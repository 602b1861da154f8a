"""A detector: its output in tiles and as a whole, and never in the place of a prior."""

import numpy as np
import pytest

from restore.engine import Engine, find_models
from restore.engine.card import Architecture, Card
from restore.engine.export import export_model
from restore.engine.install import install_model
from restore.engine.registry import find_model
from restore.errors import ModelError, ParameterError
from restore.networks.detecting import logit
from tests.engine.conftest import picture


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of a random detector named “eye”."""
    import torch

    from restore.networks.unet import UNet

    torch.manual_seed(0)
    module = UNet((8, 12), (1, 1), inputs=3, outputs=1, embedding=0)
    with torch.no_grad():
        module.tail.weight.normal_(0, 0.3)
    weights = {name: w.numpy() for name, w in module.state_dict().items()}
    folder = tmp_path_factory.mktemp("models") / "eye"
    card = Card(
        name="eye",
        kind="defects",
        version="1",
        licence="CC0-1.0",
        architecture=Architecture(channels=(1,), blocks=(1,)),
        files={},
    )
    export_model(weights, card, folder)
    return folder


def signed(image):
    return 2 * image.transpose(2, 0, 1)[None] - 1


@pytest.mark.parametrize("backend", ["torch", "onnxruntime"])
def test_tiles_see_what_the_whole_picture_shows(folder, backend):
    x = signed(picture(181, 333))
    engine = Engine(device="cpu", backend=backend, folders=[folder])
    whole = engine.detector("eye")(x)
    tiled = engine.with_tile(128).detector("eye")
    assert whole.shape == (1, 1, 181, 333)
    assert 0 < whole.min() < whole.max() < 1
    assert np.abs(tiled(x) - whole).max() < 1e-5
    assert tiled.info.evaluations == 1
    assert tiled.info.gflop > 0


def test_the_probability_is_that_of_the_networks_output(folder):
    from restore.engine.backends.torch_backend import TorchNetwork

    x = signed(picture(32, 48))
    f = TorchNetwork(Card.load(folder), "cpu")(x)
    expected = 1 / (1 + np.exp(-logit(f)))
    assert np.allclose(Engine(folders=[folder]).detector("eye")(x), expected, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1, 8, 8), (3, 8, 8), (1, 3, 0, 8)])
def test_what_is_no_picture_is_refused(folder, shape):
    with pytest.raises(ParameterError, match="pictures"):
        Engine(folders=[folder]).detector("eye")(np.zeros(shape, np.float32))


def test_a_model_is_only_used_for_what_it_is(folder):
    engine = Engine(folders=[folder])
    with pytest.raises(ModelError, match="“eye” is a detector"):
        engine.prior("eye")
    with pytest.raises(ModelError, match="“base” is a diffusion prior"):
        engine.detector("base")
    assert engine.detector("eye").info.model == "eye"
    with pytest.raises(ModelError):
        engine.prior("eye")
    with pytest.raises(ModelError) as raised:
        find_model("bas", [folder], "defects")
    assert "base" not in raised.value.hint
    assert "eye" in raised.value.hint
    assert "eye" in find_models([folder], "defects")
    assert "eye" not in find_models([folder], "prior")
    assert {"eye", "base"} <= find_models([folder]).keys()


def test_a_card_that_calls_a_prior_a_detector_is_found_out(tiny):
    card = Card.load(tiny).model_copy(update={"kind": "defects"})
    with pytest.raises(ModelError, match="no detector"):
        Engine(cards=[card]).detector("tiny")


def test_a_detector_is_not_installed(folder, tmp_path):
    with pytest.raises(ModelError, match="does not restore"):
        install_model(folder, [picture(64, 64)], into=tmp_path)
    assert not any(tmp_path.iterdir())


def test_the_shipped_detector_is_whole():
    card = find_models(kind="defects")["defects"]
    card.verify()
    assert card.graph is not None
    assert card.mflop_per_pixel < 0.15
    assert {d.data for d in card.detection} >= {"photos", "photos as damaged prints"}
    assert (card.folder / card.credits).is_file()
