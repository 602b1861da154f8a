"""Synthetic damage of old prints, for training a detector."""
