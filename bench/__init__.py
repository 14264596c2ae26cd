"""Benchmarks: the gateway beside what its users would otherwise run, on one machine, in one run."""
