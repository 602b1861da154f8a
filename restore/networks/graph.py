"""The same U-Net as an ONNX graph whose weights stay in the safetensors file.

A safetensors file is a header and raw little-endian arrays: ONNX's external data can point into
it by byte offset, so that one weights file with one hash serves both runtimes. The weights are
stored in half precision; the casts to single precision, like everything else that depends on
weights alone, are folded when a session is made.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["build_graph"]

OPSET = 17
TYPES = {"F16": "FLOAT16", "F32": "FLOAT"}


def build_graph(weights: Path, channels: Sequence[int], blocks: Sequence[int]) -> bytes:
    """Return the serialised ONNX model of a `UNet` whose weights lie in `weights`.

    Input `x` (B, inputs, H, W), output `f` (B, outputs, H, W), float32; batch, height and width
    are dynamic, the latter two multiples of 2^len(channels).

    Args:
        weights: The safetensors file; the graph must be saved beside it.
        channels: Width of each level.
        blocks: Residual blocks of each level.
    """
    writer = GraphWriter(weights, stride=2 ** len(channels))
    op, weight = writer.op, writer.weight
    inputs = writer.shape("head.weight")[1] // 4
    e = writer.embedding(inputs) if writer.has("embedding.frequencies") else ""
    # SpaceToDepth puts the four phases before the channels, pixel unshuffling after them: the
    # head's filters are put into the former order.
    order = [channel * 4 + phase for phase in range(4) for channel in range(inputs)]
    head = op("Gather", weight("head.weight"), writer.ints(*order), axis=1)
    h = op("SpaceToDepth", "x", blocksize=2)
    h = op("Conv", h, head, weight("head.bias"), pads=[1, 1, 1, 1])
    skips = []
    last = len(channels) - 1
    for level in range(last):
        h = writer.blocks(f"encoder.{level}", blocks[level], h, e, level)
        skips.append(h)
        h = writer.convolution(f"down.{level}", h, strides=[2, 2])
    h = writer.blocks("middle", blocks[last], h, e, last)
    for step in range(last):
        h = op("DepthToSpace", writer.convolution(f"up.{step}", h), blocksize=2, mode="CRD")
        h = op("Add", skips.pop(), h)
        level = last - 1 - step
        h = writer.blocks(f"decoder.{step}", blocks[level], h, e, level)
    h = writer.convolution("tail", h, pads=[1, 1, 1, 1])
    op("DepthToSpace", h, blocksize=2, mode="CRD", out="f")
    return writer.serialise(inputs, writer.shape("tail.weight")[0] // 4)


class GraphWriter:
    """Nodes and initialisers of one graph, in the order in which they are asked for."""

    def __init__(self, weights: Path, stride: int) -> None:
        self.location = weights.name
        self.stride = stride
        with weights.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            self.header: dict[str, Any] = json.loads(file.read(length))
        self.start = 8 + length
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []

    def op(self, kind: str, *inputs: str, out: str = "", **attributes: Any) -> str:
        """Append a node and return the name of its output."""
        from onnx import helper

        out = out or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [out], **attributes))
        return out

    def number(self, value: float) -> str:
        """Append a scalar constant."""
        from onnx import TensorProto, helper

        name = f"number_{len(self.initializers)}"
        self.initializers.append(helper.make_tensor(name, TensorProto.FLOAT, (), [value]))
        return name

    def ints(self, *values: int) -> str:
        """Append a vector of integers."""
        from onnx import TensorProto, helper

        name = f"ints_{len(self.initializers)}"
        self.initializers.append(helper.make_tensor(name, TensorProto.INT64, [len(values)], values))
        return name

    def numbers(self, *values: float) -> str:
        """Append a vector of numbers."""
        from onnx import TensorProto, helper

        name = f"numbers_{len(self.initializers)}"
        self.initializers.append(helper.make_tensor(name, TensorProto.FLOAT, [len(values)], values))
        return name

    def has(self, name: str) -> bool:
        """Return whether the weights file holds a tensor."""
        return name in self.header

    def shape(self, name: str) -> list[int]:
        """Return the shape of a stored tensor."""
        return list(self.header[name]["shape"])

    def weight(self, name: str) -> str:
        """Append a tensor of the weights file, as float32, by reference."""
        from onnx import TensorProto

        entry = self.header[name]
        begin, end = entry["data_offsets"]
        tensor = TensorProto(
            name=name,
            data_type=TensorProto.DataType.Value(TYPES[entry["dtype"]]),
            dims=entry["shape"],
            data_location=TensorProto.EXTERNAL,
        )
        place = {"location": self.location, "offset": self.start + begin, "length": end - begin}
        for key, value in place.items():
            tensor.external_data.add(key=key, value=str(value))
        self.initializers.append(tensor)
        return self.op("Cast", name, to=TensorProto.FLOAT)

    def convolution(self, name: str, h: str, **attributes: Any) -> str:
        """Append the convolution `name`."""
        weight, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.op("Conv", h, weight, bias, **attributes)

    def embedding(self, inputs: int) -> str:
        """Append the embedding (B, E, H/stride, W/stride) of the last channels.

        Linear layers over cells are 1×1 convolutions, which keep the blocked layout.
        """
        op = self.op
        level = self.angles(inputs - 1, "embedding.frequencies")
        features = [op("Cos", level), op("Sin", level)]
        if self.has("embedding.frequencies_of_maps"):
            known = self.shape("embedding.layers.0.weight")[1]
            known -= 2 * self.shape("embedding.frequencies")[0]
            count = known // (2 * self.shape("embedding.frequencies_of_maps")[0])
            channels = range(inputs - 1 - count, inputs - 1)
            angles = [self.angles(channel, "embedding.frequencies_of_maps") for channel in channels]
            features += [op(wave, a) for wave in ("Cos", "Sin") for a in angles]
        e = op("Concat", *features, axis=1)
        for layer in ("embedding.layers.0", "embedding.layers.2"):
            e = self.linear(layer, e, self.weight(f"{layer}.bias"))
            e = op("Mul", e, op("Sigmoid", e))
        return e

    def angles(self, channel: int, frequencies: str) -> str:
        """Append 2π times a channel's mean over each cell times each of some frequencies."""
        op, square = self.op, [self.stride, self.stride]
        bounds = self.ints(channel), self.ints(channel + 1), self.ints(1)
        cells = op("AveragePool", op("Slice", "x", *bounds), kernel_shape=square, strides=square)
        waves = op("Unsqueeze", self.weight(frequencies), self.ints(0, 2, 3))
        return op("Mul", op("Mul", cells, waves), self.number(2 * math.pi))

    def linear(self, name: str, e: str, bias: str) -> str:
        """Append the linear layer `name` as a 1×1 convolution, with a bias of its own."""
        return self.op(
            "Conv", e, self.op("Unsqueeze", self.weight(f"{name}.weight"), self.ints(2, 3)), bias
        )

    def blocks(self, name: str, count: int, h: str, e: str, level: int) -> str:
        """Append residual blocks of a level, modulated by e unless that is empty."""
        for block in (f"{name}.{i}" for i in range(count)):
            inner = self.convolution(f"{block}.conv1", h, pads=[1, 1, 1, 1])
            if e:
                bias = self.op("Add", self.weight(f"{block}.film.bias"), self.number(1))
                scale = self.linear(f"{block}.film", e, bias)
                inner = self.op("Mul", inner, self.enlarged(scale, self.stride >> (level + 1)))
            relu = self.op("Relu", inner)
            h = self.op("Add", h, self.convolution(f"{block}.conv2", relu, pads=[1, 1, 1, 1]))
        return h

    def enlarged(self, cells: str, factor: int) -> str:
        """Append the repetition of each cell `factor` times along both sides."""
        if factor == 1:
            return cells
        scales = self.numbers(1, 1, factor, factor)
        options = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        return self.op("Resize", cells, "", scales, mode="nearest", **options)

    def serialise(self, inputs: int, outputs: int) -> bytes:
        """Return the finished model."""
        from onnx import TensorProto, helper

        def value(name: str, *dimensions: int | str) -> Any:
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, dimensions)

        graph = helper.make_graph(
            self.nodes,
            "unet",
            [value("x", "batch", inputs, "height", "width")],
            [value("f", "batch", outputs, "height", "width")],
            self.initializers,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = 8
        return bytes(model.SerializeToString())
