"""Coverage-guided fuzzing: what strangers send, bent and broken for as long as one likes, and what must hold of it.

``python -m fuzz TARGET`` runs a campaign; ``docs/reliability.md`` says what was found. Each target is a file here: a
check that raises where something does not hold. The suite runs the same checks on less, and needs no atheris.
"""
