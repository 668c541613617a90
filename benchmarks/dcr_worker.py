"""Runs the deep concept reasoner of torch-explain 1.5.1 in its own environment: JSON on standard input and output.

It imports nothing of this package. The model is that of the package's documentation: a concept embedding of 8 numbers, a
reasoner under the product t-norm, ``BCE(concepts) + 0.5 BCE(classes)``. Its rules are the "global" explanations of the rows that
it learned from; on other rows those that hold vote with their counts, and the most frequent class answers where none does.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

EPOCHS = 400
RATE = 1e-2
WIDTH = 32
SIZE = 8


def fitted(inputs: Any, concepts: Any, truth: Any) -> tuple[Any, Any, Any]:
    """Encoder, embedding and reasoner after full-batch AdamW."""
    import torch
    from torch.nn.functional import binary_cross_entropy
    from torch_explain.nn.concepts import ConceptEmbedding, ConceptReasoningLayer
    from torch_explain.nn.semantics import ProductTNorm

    encoder = torch.nn.Sequential(torch.nn.Linear(inputs.shape[1], WIDTH), torch.nn.LeakyReLU())
    embedding = ConceptEmbedding(WIDTH, concepts.shape[1], SIZE)
    reasoner = ConceptReasoningLayer(SIZE, truth.shape[1], ProductTNorm())
    modules = torch.nn.ModuleList([encoder, embedding, reasoner])
    optimizer = torch.optim.AdamW(modules.parameters(), lr=RATE)
    for _ in range(EPOCHS):
        optimizer.zero_grad()
        vectors, degrees = embedding(encoder(inputs), c=concepts, train=True)
        found = reasoner(vectors, degrees)
        loss = binary_cross_entropy(degrees, concepts) + 0.5 * binary_cross_entropy(found.clamp(0, 1), truth)
        loss.backward()
        optimizer.step()
    modules.eval()
    return encoder, embedding, reasoner


def votes(rules: list[dict[str, Any]], degrees: Any, classes: int) -> Any:
    """Sums of the counts of the rules that hold, shape (rows, classes)."""
    import numpy as np

    holds = degrees > 0.5
    found = np.zeros((len(holds), classes))
    for rule in rules:
        literals = [text for text in rule["explanation"].split(" & ") if text]
        places = np.array([int(text.lstrip("~c_")) for text in literals], dtype=int)
        signs = np.array([not text.startswith("~") for text in literals], dtype=bool)
        found[(holds[:, places] == signs).all(axis=1), int(rule["class"].removeprefix("y_"))] += rule["count"]
    return found


def measured(X: Any, concepts: Any, codes: Any, inside: list[int], outside: list[int], seed: int) -> dict[str, float]:
    """Accuracy of the model and of its rules alone, their agreement, the number of rules, CPU seconds."""
    import numpy as np
    import torch

    began = time.process_time()
    torch.manual_seed(seed)
    center, scale = X[inside].mean(0), X[inside].std(0)
    inputs = torch.tensor((X - center) / np.where(scale > 0, scale, 1), dtype=torch.float32)
    labels = torch.tensor(concepts, dtype=torch.float32)
    truth = torch.nn.functional.one_hot(torch.tensor(codes)).float()
    encoder, embedding, reasoner = fitted(inputs[inside], labels[inside], truth[inside])
    with torch.no_grad():
        vectors, degrees = embedding(encoder(inputs))
        rules = reasoner.explain(vectors[inside], degrees[inside], "global")
        answers = reasoner(vectors, degrees).numpy().argmax(1)[outside]
    counted = votes(rules, degrees.numpy()[outside], truth.shape[1])
    counted[:, np.bincount(codes[inside]).argmax()] += 1e-3
    own = counted.argmax(1)
    return {
        "accuracy": float((answers == codes[outside]).mean()),
        "rules_accuracy": float((own == codes[outside]).mean()),
        "agreement": float((own == answers).mean()),
        "rules": len(rules),
        "cpu": time.process_time() - began,
    }


def main() -> int:
    """Answer one job: the table, its concepts and classes, and folds as pairs of row numbers."""
    import numpy as np
    import torch

    job = json.loads(sys.stdin.read())
    torch.set_num_threads(1)
    X, concepts, codes = np.array(job["X"], dtype=float), np.array(job["concepts"], dtype=float), np.array(job["codes"])
    found = [measured(X, concepts, codes, *fold, seed) for seed, fold in enumerate(job["folds"])]
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
