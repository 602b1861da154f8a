"""Training photos: decoded once into one file, split once for all, cut into crops."""
