"""The ``concepts`` suite: rules over concepts and how truly they speak for the model; symbols without labels."""

from __future__ import annotations

import os
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
    note = f"worst {found[:, 0].min():.3f}, agreement >= {found[:, 1].min():.3f}, {seconds:.0f} CPU s a seed"
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


@row(
    "styles of facades by their parts (MonuMAI), stratified folds: accuracy of the concept model, mean",
    goal=">= 0.92, rules alone >= 0.90, agreement >= 0.96, in <= 30 CPU s",
)
def facades(run: Run) -> tuple[float, bool, str]:
    from sklearn.model_selection import StratifiedKFold

    run.peers["torch-explain"] = Peer(None, 0.926, published=True)
    data = parts()
    if data is None:
        return float("nan"), False, "INDUCE_SHARED_DATA does not hold concepts/monumai_parts.csv"
    X, y = data
    folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(X, y))
    found, began = [], time.process_time()
    for k, (inside, outside) in enumerate(folds[:1] if run.quick else folds):
        model = ConceptClassifier(reasoner="linear", random_state=k).fit(X.iloc[inside], y[inside])
        report = model.fidelity(X.iloc[outside], y[outside])
        longest = max(map(len, model.fit_.decisions.rules))
        found.append([report.model_score, report.rules_score, report.agreement, report.rules, longest])
    seconds = time.process_time() - began
    mean, worst = np.mean(found, axis=0), np.min(found, axis=0)
    holds = mean[0] >= 0.92 and mean[1] >= 0.90 and mean[2] >= 0.96 and seconds <= 30
    note = (
        f"worst {worst[0]:.3f}; rules alone {mean[1]:.3f} ({worst[1]:.3f}), agreement {mean[2]:.3f} ({worst[2]:.3f}), "
        f"at most {np.max(found, axis=0)[3]:.0f} rules of {np.max(found, axis=0)[4]:.0f}; {seconds:.0f} CPU s"
    )
    return float(mean[0]), bool(holds), note


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
