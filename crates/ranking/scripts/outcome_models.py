"""Fits the crate's outcome models by scipy, independently of it: straight likelihoods, a general optimiser, derivatives by
automatic differentiation of nothing at all (finite differences for the sandwich). Writes tests/fixtures/outcome_models.json.

    pip install numpy scipy
    python crates/ranking/scripts/outcome_models.py
"""

import csv
import json
import pathlib

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_expit, log_ndtr

root = pathlib.Path(__file__).resolve().parents[3]
here = pathlib.Path(__file__).resolve().parents[1]

# first, second, wins of the first, wins of the second, ties, both bad
TABLE = [
    (0, 1, 34, 21, 12, 4),
    (0, 2, 40, 11, 9, 2),
    (0, 3, 28, 6, 5, 3),
    (1, 2, 25, 22, 15, 6),
    (1, 3, 31, 14, 8, 5),
    (2, 3, 19, 17, 10, 11),
    (3, 4, 16, 13, 4, 14),
    (2, 4, 22, 9, 6, 8),
]


def llmfao():
    path = root.parent / "shared/data/llmfao/crowd-comparisons.csv"
    if not path.exists():
        return None
    cells, names = {}, {}
    for row in csv.DictReader(open(path)):
        left, right = row["model_x"], row["model_y"]
        if left == right:
            continue
        for name in (left, right):
            names.setdefault(int(name), None)
        one, other = sorted((int(left), int(right)))
        cell = cells.setdefault((one, other), [0, 0, 0, 0])
        winner = row["winner"]
        if winner == "tie":
            cell[2] += 1
        else:
            cell[0 if (winner == "left") == (int(left) == one) else 1] += 1
    number = {name: at for at, name in enumerate(sorted(names))}
    return [(number[a], number[b], *cell) for (a, b), cell in sorted(cells.items())]


def log_chances(model, first, second, tie, bar):
    d = first - second
    if model == "thurstone":
        win, loss = log_ndtr(d), log_ndtr(-d)
        return win, loss, (win + loss) / 2, (win + loss) / 2
    if model == "reweighted":
        win, loss = log_expit(d), log_expit(-d)
        return win, loss, (win + loss) / 2, (win + loss) / 2
    if model == "rao_kupper":
        eta = np.exp(tie)  # ln rho, kept positive
        win, loss = log_expit(d - eta), log_expit(-d - eta)
        draw = win + loss + np.log(np.expm1(2 * eta))
        return win, loss, draw, draw
    parts = [first, second, (first + second) / 2 + tie]
    if model == "four_outcomes":
        parts.append(bar + 0 * d)
    top = np.maximum.reduce(parts)
    total = top + np.log(sum(np.exp(part - top) for part in parts))
    logs = [part - total for part in parts]
    return (*logs, logs[2]) if model == "davidson" else tuple(logs)


def fit(model, table):
    table = np.array(table, dtype=float)
    first, second = table[:, 0].astype(int), table[:, 1].astype(int)
    counts, size = table[:, 2:], int(table[:, :2].max()) + 1
    battles = counts.sum(1)
    weight = 50 / np.maximum(battles, 50) if model == "reweighted" else np.ones(len(table))

    def loss(x):
        strengths = x[:size] - x[:size].mean()
        logs = log_chances(model, strengths[first], strengths[second], x[size], x[size + 1])
        used = [count * log if count.any() else 0 for count, log in zip(counts.T, logs)]
        return -(weight * sum(used)).sum() + 1e-3 * x[:size].mean() ** 2

    x = np.zeros(size + 2)
    x[size:] = (-0.5, -1.0)
    for _ in range(6):
        x = minimize(loss, x, method="BFGS", options={"gtol": 1e-9, "maxiter": 5000}).x
    # Newton steps on finite differences take it the rest of the way.
    for _ in range(4):
        gradient, hessian = differences(loss, x)
        keep = np.abs(np.diag(hessian)) > 1e-9
        step = np.zeros_like(x)
        step[keep] = np.linalg.lstsq(hessian[np.ix_(keep, keep)], gradient[keep], rcond=1e-9)[0]
        x = x - step
    strengths = x[:size] - x[:size].mean()
    unit = np.sqrt(8 / np.pi) if model == "thurstone" else 1.0
    tie = {"davidson": np.exp(x[size]), "four_outcomes": np.exp(x[size]), "rao_kupper": np.exp(np.exp(x[size]))}.get(model)
    return {
        "log_odds": (strengths * unit).tolist(),
        "tie": tie,
        "bar": x[size + 1] if model == "four_outcomes" else None,
        "log_likelihood": -loss(np.concatenate([strengths, x[size:]])),
    }


def differences(f, x, h=1e-4):
    n = len(x)
    gradient, hessian = np.zeros(n), np.zeros((n, n))
    for i in range(n):
        e = np.zeros(n)
        e[i] = h
        gradient[i] = (8 * (f(x + e) - f(x - e)) - (f(x + 2 * e) - f(x - 2 * e))) / (12 * h)
        for j in range(i + 1):
            g = np.zeros(n)
            g[j] = h
            hessian[i, j] = hessian[j, i] = (f(x + e + g) - f(x + e - g) - f(x - e + g) + f(x - e - g)) / (4 * h * h)
    return gradient, hessian


MODELS = ["davidson", "rao_kupper", "four_outcomes", "thurstone", "reweighted"]
result = {"table": TABLE, "small": {model: fit(model, TABLE) for model in MODELS}}
votes = llmfao()
if votes:
    # A likelihood of 60 parameters by finite differences is good to 1e-6 or so: the two with a tie parameter.
    result["llmfao"] = {model: fit(model, votes) for model in ["davidson", "rao_kupper"]}
(here / "tests/fixtures/outcome_models.json").write_text(json.dumps(result, indent=1) + "\n")
