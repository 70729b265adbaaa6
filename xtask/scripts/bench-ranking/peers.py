"""The peers of `cargo xtask bench ranking`, one row a call.

    python peers.py VOTES ROW [FILE]

VOTES is what plaudit-ranking's example `speed votes` writes. Every measurement is a line: the row, seconds of the processor
(those of worker processes among them), seconds of the clock. One thread each: the caller says so to the linear algebra.
Rows: choix, scikit-learn, fastchat, arena-rank, evalica, fastchat-bootstrap (FILE: rating_systems.py), versions;
csv-usual and csv-best (FILE: the table), which print their peak memory in bytes in place of seconds.
"""

import importlib.metadata
import importlib.util
import resource
import sys
import time

import numpy as np

PEERS = ["evalica", "choix", "arena-rank", "numpy", "scipy", "pandas", "scikit-learn"]
# FastChat's bootstrap is measured at these and the line through them is what 1,000 resamples would take.
FEW, MORE = 20, 60


def processor():
    kinds = [resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN]
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, kinds))


def measure(work, row=None, times=1):
    for _ in range(times):
        start, clock = processor(), time.perf_counter()
        work()
        seconds, passed = processor() - start, time.perf_counter() - clock
        if row:
            print(row, f"{seconds:.9f}", f"{passed:.9f}", flush=True)
    return seconds, passed


def read(path):
    table = np.fromfile(path, dtype="<u4").reshape(-1, 3)
    left, right, outcome = table[1:].T
    return int(table[0, 0]), left.astype(np.int64), right.astype(np.int64), outcome


def halves(models, left, right, outcome):
    """Wins of the row over the column, ties half a win each."""
    score = np.array([1.0, 0.0, 0.5, 0.5])[outcome]
    forwards = np.bincount(left * models + right, weights=score, minlength=models**2)
    backwards = np.bincount(right * models + left, weights=1 - score, minlength=models**2)
    return (forwards + backwards).reshape(models, models)


def choix_row(models, left, right, outcome):
    import choix

    measure(lambda: choix.ilsr_pairwise_dense(halves(models, left, right, outcome)), "choix", 5)
    wins = halves(models, left, right, outcome)
    measure(lambda: choix.ilsr_pairwise_dense(wins), "choix-matrix", 5)


def scikit_learn_row(models, left, right, outcome):
    from sklearn.linear_model import LogisticRegression

    def fit():
        wins = halves(models, left, right, outcome)
        one, other = np.nonzero(wins)
        flip = np.arange(len(one)) % 2 == 1
        design = np.zeros((len(one), models))
        design[np.arange(len(one)), np.where(flip, other, one)] = 1
        design[np.arange(len(one)), np.where(flip, one, other)] = -1
        model = LogisticRegression(fit_intercept=False, C=np.inf, solver="newton-cholesky", tol=1e-9)
        model.fit(design, ~flip, sample_weight=wins[one, other])

    measure(fit, "scikit-learn", 3)


def frame(models, left, right, outcome):
    import pandas as pd

    names = np.array([f"model-{index:03}" for index in range(models)], dtype=object)
    winner = np.array(["model_a", "model_b", "tie", "tie (bothbad)"], dtype=object)[outcome]
    return pd.DataFrame({"model_a": names[left], "model_b": names[right], "winner": winner})


def rating_systems(path):
    spec = importlib.util.spec_from_file_location("rating_systems", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["rating_systems"] = module
    spec.loader.exec_module(module)
    return module


def fastchat_row(votes, path):
    systems, table = rating_systems(path), frame(*votes)
    measure(lambda: systems.compute_bt(table), "fastchat", 2)


def fastchat_bootstrap_row(votes, path):
    systems, table = rating_systems(path), frame(*votes)
    few = measure(lambda: systems.compute_bootstrap_bt(table, FEW, num_cpu=1))
    more = measure(lambda: systems.compute_bootstrap_bt(table, MORE, num_cpu=1))
    seconds, passed = [low + (high - low) / (MORE - FEW) * (1000 - FEW) for low, high in zip(few, more)]
    print("fastchat-bootstrap", f"{seconds:.3f}", f"{passed:.3f}", flush=True)


def arena_rank_row(votes):
    from arena_rank.models.bradley_terry import BradleyTerry
    from arena_rank.utils.data_utils import PairDataset

    table = frame(*votes)

    def fit():
        data = PairDataset.from_pandas(table)
        BradleyTerry(n_competitors=len(data.competitors)).compute_ratings_and_cis(data)

    measure(fit, "arena-rank", 1)


def evalica_row(votes):
    import evalica

    table = frame(*votes)
    kinds = {"model_a": evalica.Winner.X, "model_b": evalica.Winner.Y}
    winners = [kinds.get(winner, evalica.Winner.Draw) for winner in table["winner"]]
    xs, ys = list(table["model_a"]), list(table["model_b"])
    measure(lambda: evalica.bradley_terry(xs, ys, winners), "evalica", 2)


def csv_row(row, path):
    import evalica
    import pandas as pd

    def rank():
        # At its best: the three columns alone, as Python objects, which evalica takes without converting each anew.
        best = {"usecols": ["model_a", "model_b", "winner"], "dtype": object, "engine": "c"} if row == "csv-best" else {}
        table = pd.read_csv(path, **best)
        kinds = {"model_a": evalica.Winner.X, "model_b": evalica.Winner.Y}
        winners = [kinds.get(winner, evalica.Winner.Draw) for winner in table["winner"]]
        evalica.bradley_terry(table["model_a"], table["model_b"], winners)

    measure(rank, row)
    print(f"{row}-memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, 0, flush=True)


def main():
    votes, row, *rest = sys.argv[1:]
    if row == "versions":
        print(f"Python {sys.version.split()[0]}, " + ", ".join(f"{peer} {importlib.metadata.version(peer)}" for peer in PEERS))
    elif row.startswith("csv-"):
        csv_row(row, *rest)
    elif row in ["choix", "scikit-learn"]:
        {"choix": choix_row, "scikit-learn": scikit_learn_row}[row](*read(votes))
    elif row.startswith("fastchat"):
        {"fastchat": fastchat_row, "fastchat-bootstrap": fastchat_bootstrap_row}[row](read(votes), *rest)
    else:
        {"arena-rank": arena_rank_row, "evalica": evalica_row}[row](read(votes))


if __name__ == "__main__":
    main()
