"""The ``concepts`` suite: rules over concepts and how truly they speak for the model; symbols without labels."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.runner import Peer, Run, row
from induce.papers import find_paper
from induce.rules import ConceptClassifier, SymbolClusterer


def toy(name: str, run: Run) -> tuple[np.ndarray, float]:
    """Accuracy, agreement, rules and flags of a toy problem, a seed a row, and CPU seconds of a seed."""
    module, seeds = find_paper("dcr").module, 1 if run.quick else 5
    began = time.process_time()
    found = np.array([module.measured(getattr(module, name), seed) for seed in range(seeds)], dtype=float)
    return found, (time.process_time() - began) / seeds


@row("exclusive or of 3,000 rows: accuracy of the concept model, mean", goal=">= 0.995 with exactly 2 rules")
def exclusive(run: Run) -> tuple[float, bool, str]:
    run.peers["torch-explain"] = Peer(None, 0.996, published=True)
    found, seconds = toy("exclusive", run)
    mean = float(found[:, 0].mean())
    note = f"worst {found[:, 0].min():.3f}, {found[:, 2].max():.0f} rules, agreement >= {found[:, 1].min():.3f}, {seconds:.0f} CPU s a seed"
    return mean, bool(mean >= 0.995 and (found[:, 2] == 2).all()), note


@row("trigonometry of 3,000 rows: accuracy of the concept model, mean", goal=">= 0.975 in <= 10 CPU s a seed")
def trigonometry(run: Run) -> tuple[float, bool, str]:
    run.peers["torch-explain"] = Peer(None, 0.975, published=True)
    found, seconds = toy("trigonometry", run)
    mean = float(found[:, 0].mean())
    return mean, mean >= 0.975 and seconds <= 10, f"worst {found[:, 0].min():.3f}, {seconds:.0f} CPU s a seed"


@row("dot products of 3,000 rows: share of the seeds in which the rules are flagged as vacuous", goal="== 1")
def vacuous(run: Run) -> tuple[float, bool, str]:
    found, _ = toy("dot", run)
    flagged = float(found[:, 3].mean())
    return flagged, flagged == 1, f"accuracy {found[:, 0].mean():.3f}, agreement {found[:, 1].mean():.3f}"


def parts() -> tuple[Any, np.ndarray] | None:
    """Detector scores of the parts of 876 facades and their styles, where the shared data is."""
    import pandas as pd

    path = Path(os.environ.get("INDUCE_SHARED_DATA", "")) / "concepts" / "monumai_parts.csv"
    if not path.is_file():
        return None
    table = pd.read_csv(path)
    table = table[table["source"] == "detector_score_sum"]
    return table.drop(columns=["source", "split", "id", "style"]), table["style"].to_numpy()


TORCH_EXPLAIN_PYTHON = "INDUCE_TORCH_EXPLAIN_PYTHON"
"""Environment variable with the interpreter that has torch-explain; by default that of ``.venv-torch-explain``."""
ROOT = Path(__file__).resolve().parent.parent
Folds = list[tuple[np.ndarray, np.ndarray]]


def reasoner_of_rows(X: Any, y: np.ndarray, folds: Folds) -> tuple[str, np.ndarray] | None:
    """Version of torch-explain, and on every fold accuracy, rules alone, agreement, rules, CPU seconds; None without it.

    Its concepts are the parts with a score above one half: it needs labels of concepts, and is not given more than we are.
    """
    given = os.environ.get(TORCH_EXPLAIN_PYTHON)
    python = Path(given) if given else ROOT / ".venv-torch-explain" / "bin" / "python"
    if not python.is_file():
        return None
    ask = "import importlib.metadata as m; print(m.version('torch_explain'))"
    version = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False)
    if version.returncode:
        return None
    values = X.to_numpy(dtype=float)
    job = {
        "X": values.tolist(), "concepts": (values > 0.5).tolist(), "codes": np.unique(y, return_inverse=True)[1].tolist(),
        "folds": [[inside.tolist(), outside.tolist()] for inside, outside in folds],
    }  # fmt: skip
    line = [str(python), str(ROOT / "benchmarks" / "dcr_worker.py")]
    done = subprocess.run(line, input=json.dumps(job), capture_output=True, text=True, check=True)
    names = ("accuracy", "rules_accuracy", "agreement", "rules", "cpu")
    return version.stdout.strip(), np.array([[fold[name] for name in names] for fold in json.loads(done.stdout)])


def ours_on(X: Any, y: np.ndarray, folds: Folds) -> np.ndarray:
    """On every fold accuracy, rules alone, agreement, rules, literals of the longest, CPU seconds."""
    found = []
    for k, (inside, outside) in enumerate(folds):
        began = time.process_time()
        model = ConceptClassifier(random_state=k).fit(X.iloc[inside], y[inside])
        report = model.fidelity(X.iloc[outside], y[outside])
        longest = max(map(len, model.fit_.decisions.rules))
        found.append([report.model_score, report.rules_score, report.agreement, report.rules, longest])
        found[-1].append(time.process_time() - began)
    return np.array(found)


@row(
    "styles of facades by their parts (MonuMAI), stratified 5 folds drawn 5 times: accuracy of the concept model, mean of the "
    "worst draw",
    goal=">= 0.92, <= 12 rules of <= 4, rules alone >= 0.90, agreement >= 0.96, in <= 30 CPU s a draw",
)
def facades(run: Run) -> tuple[float, bool, str]:
    from sklearn.model_selection import StratifiedKFold

    data = parts()
    if data is None:
        return float("nan"), False, "INDUCE_SHARED_DATA does not hold concepts/monumai_parts.csv"
    X, y = data
    draws = [list(StratifiedKFold(5, shuffle=True, random_state=s).split(X, y)) for s in range(1 if run.quick else 5)]
    folds = [fold for draw in draws for fold in (draw[:1] if run.quick else draw)]
    found = ours_on(X, y, folds)
    means = found.reshape(len(draws), -1, found.shape[1]).mean(axis=1)
    seconds = found[:, 5].reshape(len(draws), -1).sum(axis=1).max()
    least, most = means.min(axis=0), found.max(axis=0)
    holds = (least[:3] >= (0.92, 0.90, 0.96)).all() and most[3] <= 12 and most[4] <= 4 and seconds <= 30
    shown = [", ".join(f"{v:.3f}" for v in means[:, k]) for k in range(3)]
    note = (
        f"draws {shown[0]} (worst fold {found[:, 0].min():.3f}); rules alone {shown[1]} ({found[:, 1].min():.3f}); "
        f"agreement {shown[2]} ({found[:, 2].min():.3f}); at most {most[3]:.0f} rules of {most[4]:.0f}; "
        f"{seconds:.0f} CPU s a draw"
    )
    peer = reasoner_of_rows(X, y, folds)
    if peer is None:
        run.peers["torch-explain"] = Peer(None, 0.926, published=True)
    else:
        theirs = peer[1].reshape(len(draws), -1, 5).mean(axis=1)
        worst, spent = theirs.min(axis=0), peer[1][:, 4].reshape(len(draws), -1).sum(axis=1).max()
        run.peers["torch-explain"] = Peer(peer[0], float(worst[0]))
        note += (
            f". torch-explain, worst draw: rules alone {worst[1]:.3f}, agreement {worst[2]:.3f}, on average "
            f"{theirs[:, 3].mean():.0f} rules; {spent:.0f} CPU s"
        )
    return float(least[0]), bool(holds), note


@row("moons and circles without labels: mutual information (NMI) with the truth, mean of the worse", goal=">= 0.95")
def shapes(run: Run) -> tuple[float, bool, str]:
    module = find_paper("gedi").module
    result = np.array([module.shapes(seed) for seed in range(1 if run.quick else 5)])
    mean = result.mean(axis=0)
    worse = float(mean[:2].min())
    return worse, worse >= 0.95 and mean[3] < 0.5, f"moons {mean[0]:.3f}, circles {mean[1]:.3f}, k-means {mean[3]:.3f}"


@row("scikit-learn's digits without labels, k = 10: mutual information (NMI) with the truth, mean", goal=">= 0.8")
def digits(run: Run) -> tuple[float, bool, str]:
    from sklearn.datasets import load_digits
    from sklearn.metrics import normalized_mutual_info_score

    X, y = load_digits(return_X_y=True)
    seeds = 1 if run.quick else 5
    found = [
        normalized_mutual_info_score(y, SymbolClusterer(10, random_state=s).fit_predict(X / 16)) for s in range(seeds)
    ]
    return float(np.mean(found)), float(np.mean(found)) >= 0.8, f"worst {min(found):.3f}"
