"""A small world in which all of diffusion is shown: scikit-learn's 8×8 digits."""
