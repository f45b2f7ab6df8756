"""What holds for all tests."""

from hypothesis import settings

# How long an example takes depends on what else the host does: a test of time measures it itself.
settings.register_profile("netstab", deadline=None)
settings.load_profile("netstab")
