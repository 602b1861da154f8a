"""What the numbers of a photo mean: colour spaces, profiles, light and transparency."""
