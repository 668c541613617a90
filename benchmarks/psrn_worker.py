"""Runs psrn 0.1.3 in its own environment: a JSON job on standard input, formulas and CPU seconds as JSON on standard output.

It imports nothing of this package. What psrn prints goes nowhere. psrn looks at its time limit between rounds only, and here
a round takes about 10 CPU seconds: its clock is made one of CPU seconds, the round that has begun may end, and a timer stops
the process at six times the seconds.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import time
import types
from typing import Any

OPERATORS = ["Add", "Mul", "Sub", "Div", "Identity", "Sin", "Cos", "Exp", "Log"]
INPUTS = 3
FRONT = 8
PATIENCE = 6.0


class _TimeIsUp(BaseException):
    """Raised by the timer; not an Exception, so that psrn does not swallow it."""


def _stop(*_: Any) -> None:
    raise _TimeIsUp("many times the CPU seconds are used")


def main() -> int:
    job = json.loads(sys.stdin.read())
    answer = os.dup(1)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.chdir(tempfile.mkdtemp())
    import numpy as np
    import torch
    from psrn import PSRN_Regressor
    from psrn.model import regressor as module

    module.time = types.SimpleNamespace(**{**vars(time), "time": time.process_time})
    torch.set_num_threads(1)
    random.seed(job["seed"])
    np.random.seed(job["seed"])  # noqa: NPY002  (psrn draws from the global state)
    torch.manual_seed(job["seed"])
    X, y = np.array(job["X"], dtype=float), np.array(job["y"], dtype=float).reshape(-1, 1)
    count = min(X.shape[1], INPUTS)
    default = {
        "operators": OPERATORS, "time_limit": float(job["seconds"]), "n_psrn_inputs": INPUTS, "n_sample_variables": count,
    }  # fmt: skip
    began = time.process_time()
    regressor = PSRN_Regressor(
        variables=[f"x{i}" for i in range(X.shape[1])],
        use_const=True,
        n_symbol_layers=3,
        device=torch.device("cpu"),
        token_generator_config={"base": {"has_const": True, "tokens": OPERATORS}},
        stage_config={"default": default, "stages": [{}]},
    )
    signal.signal(signal.SIGPROF, _stop)
    ended = True
    try:
        signal.setitimer(signal.ITIMER_PROF, PATIENCE * float(job["seconds"]), 1.0)
        regressor.fit(X, y, n_down_sample=20, use_threshold=False)
    except _TimeIsUp:
        ended = False
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
    spent = time.process_time() - began
    by_reward, by_error = (regressor.get_pf(sort_by=key) for key in ("reward", "mse"))
    formulas = list(dict.fromkeys(str(entry[0]) for pair in zip(by_reward, by_error, strict=True) for entry in pair))
    os.write(answer, json.dumps({"formulas": formulas[:FRONT], "cpu": spent, "ended": ended}).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
