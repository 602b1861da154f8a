"""What holds for all tests."""

from hypothesis import settings

settings.register_profile("restore", deadline=None)  # a busy machine is no failure
settings.load_profile("restore")
