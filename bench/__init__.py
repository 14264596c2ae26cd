"""Benchmarks: the gateway beside what its users would otherwise run, on one machine, in one run.

``python -m bench`` runs all of them; ``docs/benchmarks.md`` says what is compared and why it is fair.
"""
