"""What scikit-learn, scipy and the package krippendorff say of made-up judges and people, independently of the crate. Writes
tests/fixtures/peers.json.

    pip install numpy scipy scikit-learn krippendorff
    python crates/agreement/scripts/peers.py

Questions have up to five votes; the unit is the vote, so that a question's answer is repeated for each of its votes.
Standard errors of the correlations of scores are the standard deviations over 20,000 resamples of the questions.
"""

import importlib.metadata
import json
import pathlib

import krippendorff
import numpy as np
from scipy.stats import kendalltau, pearsonr, spearmanr
from sklearn.metrics import brier_score_loss, cohen_kappa_score, log_loss

here = pathlib.Path(__file__).resolve().parents[1]
OUTCOMES = ["left", "right", "tie", "both_bad"]
THREE = {"left": 0, "tie": 1, "both_bad": 1, "right": 2}
SCORE = {"left": 1.0, "tie": 0.5, "both_bad": 0.5, "right": 0.0}


def made_up(seed, questions, most_votes, chances):
    random = np.random.default_rng(seed)
    rows = []
    for _ in range(questions):
        lean = random.normal()
        p = np.array([np.exp(lean), np.exp(-lean), 0.7, 0.4])
        votes = random.choice(OUTCOMES, size=random.integers(1, most_votes + 1), p=p / p.sum())
        judge = np.array(chances) * np.array([np.exp(lean / 2), np.exp(-lean / 2), 1, 1])
        seen = lean / 2 + random.normal() / 2
        rows.append({
            "votes": votes.tolist(),
            "answer": str(random.choice(OUTCOMES, p=judge / judge.sum())),
            # Few different scores make ties, which is where rank correlations differ.
            "score": float(round(seen, 1)),
            "left_better": float(1 / (1 + np.exp(-3 * seen))),
        })
    return rows


def ece(stated, happened, bins):
    at = np.minimum((stated * bins).astype(int), bins - 1)
    return sum(abs((happened[at == b] - stated[at == b]).sum()) for b in range(bins)) / len(stated)


def correlations(x, y):
    return [float(pearsonr(x, y)[0]), float(spearmanr(x, y)[0]), float(kendalltau(x, y)[0])]


def standard_errors(rows, resamples=20_000):
    """Of the correlations of scores with votes, by drawing questions; tau from sums over a table of score and outcome."""
    random = np.random.default_rng(1)
    scores = sorted({row["score"] for row in rows})
    table = np.zeros((len(rows), len(scores), 3))
    for at, row in enumerate(rows):
        for vote in row["votes"]:
            table[at, scores.index(row["score"]), 2 - THREE[vote]] += 1
    flat = table.reshape(len(rows), -1)
    drawn = random.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=resamples) @ flat
    drawn = drawn.reshape(resamples, len(scores), 3)
    n = drawn.sum((1, 2))

    def correlation(x, y):
        mx = (drawn.sum(2) * x).sum(1) / n
        my = (drawn.sum(1) * y).sum(1) / n
        x, y = x - mx[:, None], y - my[:, None]
        product = np.einsum("rst,rs,rt->r", drawn, x, y)
        return product / np.sqrt((drawn.sum(2) * x**2).sum(1) * (drawn.sum(1) * y**2).sum(1))

    def ranks(sizes):
        return sizes.cumsum(1) - sizes / 2

    values = np.broadcast_to(np.array(scores), (resamples, len(scores)))
    levels = np.broadcast_to(np.array([0, 0.5, 1]), (resamples, 3))
    below = drawn.cumsum(1) - drawn
    lower = below[:, :, :]
    signs = np.sign(np.subtract.outer(np.arange(3), np.arange(3)))
    tau = np.einsum("rst,rsu,tu->r", drawn, lower, signs)
    pairs = lambda sizes: (n**2 - (sizes**2).sum(1)) / 2
    tau = tau / np.sqrt(pairs(drawn.sum(2)) * pairs(drawn.sum(1)))
    found = [correlation(values, levels), correlation(ranks(drawn.sum(2)), ranks(drawn.sum(1))), tau]
    return [float(values.std()) for values in found]


def case(name, rows):
    votes = [(vote, row) for row in rows for vote in row["votes"]]
    human = [vote for vote, _ in votes]
    judge = [row["answer"] for _, row in votes]
    human3, judge3 = [THREE[vote] for vote in human], [THREE[answer] for answer in judge]
    human_score = np.array([SCORE[vote] for vote in human])
    judge_score = np.array([SCORE[answer] for answer in judge])
    decisive = [(SCORE[vote], row["left_better"]) for vote, row in votes if vote in ("left", "right")]
    happened, stated = np.array([h for h, _ in decisive]), np.array([p for _, p in decisive])

    def counts(number, categories):
        units = [row["votes"] for row in rows]
        return np.array([[sum(number(vote) == category for vote in unit) for category in range(categories)] for unit in units])

    four, three = counts(OUTCOMES.index, 4), counts(THREE.get, 3)
    alpha = lambda values, level: float(krippendorff.alpha(value_counts=values, level_of_measurement=level))
    has_several = max(len(row["votes"]) for row in rows) > 1
    return {
        "name": name,
        "rows": rows,
        "kappa": float(cohen_kappa_score(human, judge)),
        "kappa_three": float(cohen_kappa_score(human3, judge3)),
        "kappa_quadratic": float(cohen_kappa_score(human3, judge3, weights="quadratic")),
        "answers": correlations(judge_score, human_score),
        "scores": correlations(np.array([row["score"] for _, row in votes]), human_score),
        "score_errors": standard_errors(rows),
        "brier": float(brier_score_loss(happened, stated)),
        "log_loss": float(log_loss(happened, stated)),
        "ece": float(ece(stated, happened, 10)),
        "alpha_nominal": alpha(four, "nominal") if has_several else None,
        "alpha_nominal_three": alpha(three, "nominal") if has_several else None,
        "alpha_ordinal": alpha(three, "ordinal") if has_several else None,
    }


packages = ["numpy", "scipy", "scikit-learn", "krippendorff"]
fixture = {
    "made_by": {package: importlib.metadata.version(package) for package in packages},
    "cases": [
        case("one vote each", made_up(1, 300, 1, [1, 1, 1, 1])),
        case("up to five votes", made_up(2, 250, 5, [1, 0.5, 0.3, 0.2])),
        case("a judge that hardly ties", made_up(3, 400, 4, [1, 1.5, 0.02, 0.01])),
    ],
}
path = here / "tests/fixtures/peers.json"
path.parent.mkdir(parents=True, exist_ok=True)
path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
