"""Peers: checkpoints read without running them, FFDNet's plumbing, and what is not installed."""

import os
import pickle

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks.peers.__main__ import PEERS, main
from benchmarks.peers.checkpoint import Storage, View, read_checkpoint
from benchmarks.peers.ffdnet import FFDNet
from restore.evaluation.degrade import Case, Setting
from restore.photo import Photo
from tests.engine.conftest import picture

LAYOUTS = pytest.mark.parametrize("zipped", [True, False])


def save(tree, path, zipped):
    torch.save(tree, path, _use_new_zipfile_serialization=zipped)
    return path


@LAYOUTS
def test_a_checkpoint_is_what_was_saved(tmp_path, zipped):
    generator = torch.Generator().manual_seed(0)
    whole = torch.randn(5, 4, 3, generator=generator)
    tensors = {
        "contiguous": whole,
        "transposed": whole.transpose(0, 2),
        "window": whole[1:4, ::2],
        "half": whole.half(),
        "double": whole.double(),
        "count": torch.tensor(7),
        "empty": torch.zeros(0, 3),
    }
    found = read_checkpoint(save(tensors, tmp_path / "a.pth", zipped))
    assert found.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert found[name].dtype == tensor.numpy().dtype
        assert np.array_equal(found[name], tensor.numpy())


class Harmful:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@LAYOUTS
def test_a_checkpoint_cannot_do_anything(tmp_path, zipped):
    tree = {"weight": torch.zeros(3), "harm": Harmful(tmp_path / "done")}
    path = save(tree, tmp_path / "a.pth", zipped)
    with pytest.raises(pickle.UnpicklingError, match="no part of a tensor"):
        read_checkpoint(path)
    assert not (tmp_path / "done").exists()


@LAYOUTS
def test_a_damaged_checkpoint_is_refused(tmp_path, zipped):
    path = save({"weight": torch.randn(100)}, tmp_path / "a.pth", zipped)
    whole = path.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 50):
        path.write_bytes(whole[:length])
        with pytest.raises(pickle.UnpicklingError):
            read_checkpoint(path)
    path = save([torch.zeros(3)], tmp_path / "list.pth", zipped)
    with pytest.raises(pickle.UnpicklingError, match="dictionary"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [(0, (5,), (1,)), (3, (2,), (1,)), (0, (2, 2), (3, 1)), (-1, (2,), (1,)), (0, (2,), (-1,))],
)
def test_a_tensor_cannot_reach_beyond_its_storage(offset, shape, strides):
    values = np.zeros(4, np.float32)
    view = View(Storage("0", values.dtype, 4), offset, shape, strides)
    with pytest.raises(pickle.UnpicklingError):
        view.of(values)


def pick(*sources):
    """Weights of a convolution that copies channels: output i is input sources[i]."""
    weight = np.zeros((len(sources), 13, 3, 3), np.float32)
    weight[range(len(sources)), sources, 1, 1] = 1
    return {"model.0.weight": weight, "model.0.bias": np.zeros(len(sources), np.float32)}


@pytest.mark.parametrize("size", [(8, 10), (7, 9), (1, 1)])
def test_ffdnet_hands_every_pixel_and_the_noise_level_through(size):
    noisy = picture(16, 16)[: size[0], : size[1]]
    case = Case(Photo.from_array(noisy), np.zeros((*size, 3), np.uint8))
    setting = Setting("denoise", 0.125, "")
    assert np.array_equal(FFDNet(pick(*range(12)))(case, setting), noisy)
    level = FFDNet(pick(*[12] * 12))(case, setting)
    assert level.shape == noisy.shape
    assert (level == 0.125).all()


@pytest.mark.parametrize("task", ["upscale", "inpaint"])
def test_every_peer_is_measured_or_said_to_be_left_out(task, tmp_path, capsys):
    pixels = (255 * picture(24, 36)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert main([task, str(tmp_path), "--device", "cpu"]) == 0
    out, err = capsys.readouterr()
    assert "restore" in out
    for peer in PEERS:
        suits = any(peer.suits(Setting(task, value, "")) for value in (2, 3, 4, 12))
        assert suits == (f"{peer.name} " in out or f"{peer.name} is left out: " in err)


def test_a_folder_without_pictures_is_an_error_without_traceback(tmp_path, capsys):
    assert main(["upscale", str(tmp_path)]) == 2
    assert "no pictures" in capsys.readouterr().err
