"""What other implementations make of the same votes: writes tests/fixtures/peers/*.json.

    python peers.py VOTES_FOLDER OUTPUT_FOLDER newton evalica scikit-learn genai-arena comparia
    python peers.py VOTES_FOLDER OUTPUT_FOLDER fastchat --fastchat rating_systems.py
    python peers.py VOTES_FOLDER OUTPUT_FOLDER arena-rank

VOTES_FOLDER holds LLMFAO's crowd-comparisons.csv and results.jsonl. Contestants are numbered in the order in which the
votes name them, left before right.

Requirements, by part (Python 3.11; the versions behind the files that are checked in):
  newton, scikit-learn, comparia: numpy 2.4.6, pandas 3.1.1, scipy 1.17.1, scikit-learn 1.9.1
  evalica: evalica 0.4.2
  genai-arena: fschat 0.2.36 without its dependencies (GenAI-Arena took the function from there, word for word)
  fastchat: the path of fastchat/serve/monitor/rating_systems.py, commit 2bdb2e0, which no wheel ships
  arena-rank: arena-rank 0.1.1, best in an environment of its own, because it brings jax
"""

import argparse
import importlib.util
import json
import math
import sys
import types
from pathlib import Path

import numpy as np
import pandas as pd

POINTS = 400 / math.log(10)
FEATURES = ["characters", "lines", "bold", "list items"]


def read_votes(folder):
    """Battles as (prompt, left, right, left score), with contestants by number, and their names."""
    table = pd.read_csv(folder / "crowd-comparisons.csv")
    names = {}
    for left, right in zip(table["left"], table["right"]):
        names.setdefault(left, len(names))
        names.setdefault(right, len(names))
    assert set(table["winner"]) == {"left", "right", "tie"}
    score = table["winner"].map({"left": 1.0, "right": 0.0, "tie": 0.5})
    left, right = table["left"].map(names), table["right"].map(names)
    return table, left.to_numpy(), right.to_numpy(), score.to_numpy(), list(names)


def read_features(folder, table):
    """Per battle the features of both generations: characters, line ends, `**`, and lines that begin with `- `."""
    texts = {}
    for line in open(folder / "results.jsonl", encoding="utf-8"):
        result = json.loads(line)
        texts.setdefault((result["prompt"], result["model"]), result["result"])

    def features(prompt, model):
        text = texts[prompt, model]
        return [len(text), text.count("\n"), text.count("**"), text.count("\n- ")]

    left = [features(prompt, model) for prompt, model in zip(table["prompt"], table["model_x"])]
    right = [features(prompt, model) for prompt, model in zip(table["prompt"], table["model_y"])]
    return np.array(left), np.array(right)


def synthetic():
    """A table of 12 contestants: rows of left, right, left wins, right wins, ties, both bad. Uneven on purpose."""
    random = np.random.default_rng(20240220)
    strengths = random.normal(0, 1.2, 12)
    rows = []
    for left in range(12):
        for right in range(12):
            battles = int(random.choice([0, 0, 3, 20, 400, 9000]))
            if left == right or battles == 0:
                continue
            chance = 1 / (1 + math.exp(strengths[right] - strengths[left] - 0.15))
            counts = random.multinomial(battles, [0.75 * chance, 0.75 * (1 - chance), 0.15, 0.1])
            rows.append([left, right, *map(int, counts)])
    return rows


def newton(design, score, weight, penalty, contestants):
    """Maximum of the weighted logistic likelihood, its sandwich standard errors, strengths with mean zero.

    The gradient is in extended precision, so that what it converges to is exact in double precision."""
    count = design.shape[1]
    gauge = np.zeros((count, count))
    gauge[:contestants, :contestants] = weight.sum() / contestants
    wide = design.astype(np.longdouble)
    parameters = np.zeros(count, dtype=np.longdouble)
    for _ in range(60):
        chance = 1 / (1 + np.exp(-(wide @ parameters)))
        gradient = wide.T @ (weight * (score - chance)) - penalty * parameters
        variance = (weight * chance * (1 - chance)).astype(float)
        hessian = (design.T * variance) @ design + np.diag(penalty)
        step = np.linalg.solve(hessian + gauge, gradient.astype(float))
        parameters = parameters + step
        parameters[:contestants] -= parameters[:contestants].mean()
        if np.abs(step).max() < 1e-16:
            break
    inverse = np.linalg.inv(hessian + gauge)
    residual = (weight * (score - chance) ** 2).astype(float)
    errors = np.sqrt(np.diag(inverse @ ((design.T * residual) @ design) @ inverse))
    return parameters.astype(float), errors


def contestants_design(left, right, contestants):
    design = np.zeros((len(left), contestants))
    design[np.arange(len(left)), left] = 1
    design[np.arange(len(left)), right] = -1
    return design


def fit(left, right, score, weight, contestants, extra=None, strength_penalty=0.0, coefficient_penalty=0.0):
    design = contestants_design(left, right, contestants)
    extra = np.zeros((len(left), 0)) if extra is None else extra
    penalty = np.r_[np.full(contestants, strength_penalty), np.full(extra.shape[1], coefficient_penalty)]
    found, errors = newton(np.hstack([design, extra]), score, weight, penalty, contestants)
    return {
        "ratings": list(1000 + POINTS * found[:contestants]),
        "errors": list(POINTS * errors[:contestants]),
        "coefficients": list(found[contestants:]),
        "coefficient_errors": list(errors[contestants:]),
    }


def differences(left, right):
    difference = (left - right) / (left + right + 1)
    return (difference - difference.mean(axis=0)) / difference.std(axis=0)


def peer_newton(folder):
    table, left, right, score, names = read_votes(folder)
    ones = np.ones(len(score))
    features = differences(*read_features(folder, table))
    rows = synthetic()
    made = [(row[0], row[1], value, count) for row in rows for value, count in zip([1, 0, 0.5, 0.5], row[2:])]
    made_left, made_right, made_score, made_weight = map(np.array, zip(*made))
    everything = np.hstack([ones[:, None], features])
    return {
        "llmfao": fit(left, right, score, ones, len(names)),
        "llmfao_position": fit(left, right, score, ones, len(names), ones[:, None]),
        "llmfao_features": fit(left, right, score, ones, len(names), everything),
        "llmfao_penalised": fit(left, right, score, ones, len(names), everything, 0.7, 2.0),
        "table": rows,
        "synthetic": fit(made_left, made_right, made_score, made_weight.astype(float), 12),
        "synthetic_position": fit(
            made_left, made_right, made_score, made_weight.astype(float), 12, np.ones((len(made), 1))
        ),
    }


def as_arena(left, right, score, names):
    winner = np.where(score == 1, "model_a", np.where(score == 0, "model_b", "tie"))
    return pd.DataFrame({"model_a": np.array(names)[left], "model_b": np.array(names)[right], "winner": winner})


def percentiles(frame, names):
    quantile = lambda share: list(frame.quantile(share)[names])
    return {"lower": quantile(0.025), "median": quantile(0.5), "upper": quantile(0.975)}


def peer_evalica(folder):
    import evalica

    _, left, right, score, names = read_votes(folder)
    winners = [{1.0: evalica.Winner.X, 0.0: evalica.Winner.Y, 0.5: evalica.Winner.Draw}[value] for value in score]
    xs, ys = [names[index] for index in left], [names[index] for index in right]
    result = evalica.bradley_terry(xs, ys, winners, tolerance=1e-12, limit=100_000)
    logs = np.log(result.scores[names].to_numpy())
    return {"ratings": list(1000 + POINTS * (logs - logs.mean())), "iterations": result.iterations}


def peer_scikit_learn(folder):
    from sklearn.linear_model import LogisticRegression

    _, left, right, score, names = read_votes(folder)
    design = contestants_design(left, right, len(names))
    model = LogisticRegression(fit_intercept=False, C=np.inf, solver="newton-cholesky", tol=1e-12, max_iter=100)
    rows, labels = np.vstack([design, design]), np.r_[np.ones(len(score)), np.zeros(len(score))]
    model.fit(rows, labels, sample_weight=np.r_[score, 1 - score])
    found = model.coef_[0] - model.coef_[0].mean()
    return {"ratings": list(1000 + POINTS * found)}


def peer_genai_arena(folder):
    for name in ["plotly", "pytz", "fastchat.model", "fastchat.model.model_registry"]:
        sys.modules[name] = types.ModuleType(name)
    for name in ["plotly.express", "fastchat.serve.monitor.basic_stats", "fastchat.serve.monitor.clean_battle_data"]:
        sys.modules[name] = types.ModuleType(name)
    sys.modules["plotly"].express = sys.modules["plotly.express"]
    sys.modules["pytz"].timezone = None
    sys.modules["fastchat.model.model_registry"].get_model_info = None
    sys.modules["fastchat.serve.monitor.basic_stats"].get_log_files = None
    sys.modules["fastchat.serve.monitor.clean_battle_data"].clean_battle_data = None
    from fastchat.serve.monitor.elo_analysis import compute_elo_mle_with_tie, get_bootstrap_result

    _, left, right, score, names = read_votes(folder)
    frame = as_arena(left, right, score, names)
    np.random.seed(42)
    point = compute_elo_mle_with_tie(frame)
    bootstrap = get_bootstrap_result(frame, compute_elo_mle_with_tie, 200)
    return {"ratings": list(point[names]), "resamples": 200, **percentiles(bootstrap, names)}


def peer_comparia(folder):
    """Written from ComparIA's description (betagouv/ranking_methods d7887c7), since no package ships it: no penalty,
    2 · wins + draws as weights, the median and percentiles of 1000 resamples of the votes, mean 1000."""
    from sklearn.linear_model import LogisticRegression

    _, left, right, score, names = read_votes(folder)
    random = np.random.default_rng(42)

    def ratings(chosen):
        size = len(names)
        halves = np.zeros((size, size))
        np.add.at(halves, (left[chosen], right[chosen]), 2 * score[chosen])
        np.add.at(halves, (right[chosen], left[chosen]), 2 * (1 - score[chosen]))
        one, other = np.nonzero(halves)
        flip = np.arange(len(one)) % 2 == 1
        design = contestants_design(np.where(flip, other, one), np.where(flip, one, other), size)
        model = LogisticRegression(fit_intercept=False, C=np.inf, tol=1e-6, max_iter=300)
        model.fit(design, (~flip).astype(float), sample_weight=halves[one, other])
        return 1000 + POINTS * (model.coef_[0] - model.coef_[0].mean())

    draws = [ratings(random.integers(0, len(score), len(score))) for _ in range(1000)]
    return {"resamples": 1000, **percentiles(pd.DataFrame(draws, columns=names), names)}


def peer_fastchat(folder, path):
    spec = importlib.util.spec_from_file_location("rating_systems", path)
    systems = importlib.util.module_from_spec(spec)
    sys.modules["rating_systems"] = systems
    spec.loader.exec_module(systems)

    table, left, right, score, names = read_votes(folder)
    frame = as_arena(left, right, score, names)
    point = systems.compute_bt(frame)
    bootstrap = systems.compute_bootstrap_bt(frame, 1000, num_cpu=1)
    labels = ["sum_assistant_{}_tokens", "header_count_{}", "list_count_{}", "bold_count_{}"]
    one, other = read_features(folder, table)
    frame["conv_metadata"] = [
        {label.format(side): int(value) for side, values in [("a", a), ("b", b)] for label, value in zip(labels, values)}
        for a, b in zip(one, other)
    ]
    styled, effects = systems.compute_style_control(frame)
    return {
        "ratings": list(point[names]),
        "resamples": 1000,
        **percentiles(bootstrap, names),
        "style_ratings": list(styled[names]),
        "style_coefficients": list(effects),
    }


def peer_arena_rank(folder):
    from arena_rank.models.bradley_terry import BradleyTerry
    from arena_rank.utils.data_utils import PairDataset

    _, left, right, score, names = read_votes(folder)
    frame = as_arena(left, right, score, names)
    found = {}
    for key, reweighted in [("plain", False), ("reweighted", True)]:
        data = PairDataset.from_pandas(frame, reweighted=reweighted)
        result = BradleyTerry(n_competitors=len(data.competitors)).compute_ratings_and_cis(data)
        order = [result["competitors"].index(name) for name in names]
        take = lambda column: [float(result[column][index]) for index in order]
        found[key] = {"ratings": take("ratings"), "lower": take("rating_lower"), "upper": take("rating_upper")}
    return found


def rounded(value):
    """Twelve digits after the point: a hundredth of what any test asks for, and shorter files."""
    if isinstance(value, dict):
        return {key: rounded(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(entry) for entry in value]
    return round(float(value), 12) if isinstance(value, (float, np.floating)) else value


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("votes", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("peers", nargs="+")
    parser.add_argument("--fastchat", type=Path)
    arguments = parser.parse_args()
    peers = {
        "newton": peer_newton,
        "evalica": peer_evalica,
        "scikit-learn": peer_scikit_learn,
        "genai-arena": peer_genai_arena,
        "comparia": peer_comparia,
        "fastchat": lambda folder: peer_fastchat(folder, arguments.fastchat),
        "arena-rank": peer_arena_rank,
    }
    for peer in arguments.peers:
        found = rounded(peers[peer](arguments.votes))
        (arguments.output / f"{peer}.json").write_text(json.dumps(found) + "\n", encoding="utf-8")
        print(peer, "written", file=sys.stderr)


if __name__ == "__main__":
    main()
