# Short names for what CONTRIBUTING.md describes. CI runs .ci/run, not this file.

.PHONY: bench check test run tables

check:
	.ci/run

test: .venv
	.venv/bin/pytest -q -n 2 -m "not slow"

run: .venv
	.venv/bin/jobgateway run

tables: .venv
	.venv/bin/python docs/tables.py

bench: .venv
	.venv/bin/python -m bench --json build/bench.json

.venv: pyproject.toml
	python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]' && touch .venv
