"""Measuring: metrics, benchmarks beside other methods, sheets for the eye."""

from restore.evaluation.metrics import diversity, psnr, ssim

__all__ = ["diversity", "psnr", "ssim"]
