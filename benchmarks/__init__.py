"""Figures measured in the run that shows them, next to peers; run with ``python -m benchmarks SUITE``."""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # figures are per core: every solver has one thread
