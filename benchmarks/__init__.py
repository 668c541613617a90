"""Figures measured in the run that shows them, next to peers; run with ``python -m benchmarks SUITE``."""
