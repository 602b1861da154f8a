"""The prior's network: a U-Net for torch, the same for ONNX, and how it is told what is known."""
