"""What holds for all tests."""

from hypothesis import settings

settings.register_profile("usual", deadline=None)  # no test has a clock: how fast things are is for benchmarks to say
settings.load_profile("usual")
