"""Opens every export in a folder with the tools that others use, and checks what they see.

    python -m venv VENV && VENV/bin/pip install -r requirements.txt
    VENV/bin/pip install --no-deps trl==1.16.0      # its checks of formats need transformers, and no torch
    VENV/bin/python readers.py FOLDER [BOARD.json]

FOLDER holds exports of the same votes, named after their formats: plaudit-jsonl.jsonl, plaudit-parquet.parquet, and so
on, and datasets split by prompt, pair and contestant: dataset-prompt, dataset-pair, dataset-contestant. `cargo run -p
plaudit-datasets --features parquet,zstd --example export_all -- FOLDER` makes all of them, and a board.
BOARD.json is what `plaudit rank --json --votes plaudit-jsonl.jsonl` prints, or that board; evalica has to give the same order, and
arena-rank the same ratings to a hundredth of a point.
Leaves with 1 at the first thing that is not as it should be.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import arena_rank.models.bradley_terry
import arena_rank.utils.data_utils
import datasets
import duckdb
import evalica
import huggingface_hub
import pandas
import polars
import pyarrow.parquet
from trl.data_utils import is_conversational, unpair_preference_dataset

TRL_SETS = ["trl-preference", "trl-preference-conversational", "trl-unpaired"]

WINNERS = {
    "left": evalica.Winner.X,
    "right": evalica.Winner.Y,
    "tie": evalica.Winner.Draw,
    "both_bad": evalica.Winner.Draw,
}


def rows_of(path):
    """The number of rows, as each tool sees it."""
    file = str(path)
    seen = {}
    if path.suffix == ".parquet":
        seen["pyarrow"] = pyarrow.parquet.read_table(file).num_rows
        seen["pandas"] = len(pandas.read_parquet(file))
        seen["polars"] = polars.read_parquet(file).height
        seen["duckdb"] = duckdb.sql(f"SELECT count(*) FROM read_parquet('{file}')").fetchall()[0][0]
        kind = "parquet"
    elif path.suffix == ".jsonl":
        seen["pandas"] = len(pandas.read_json(file, lines=True))
        seen["polars"] = polars.read_ndjson(file, infer_schema_length=None).height
        seen["duckdb"] = duckdb.sql(f"SELECT count(*) FROM read_json('{file}', format='newline_delimited')").fetchall()[0][0]
        kind = "json"
    elif path.suffix == ".json":
        seen["pandas"] = len(pandas.DataFrame(json.loads(path.read_text())))
        seen["duckdb"] = duckdb.sql(f"SELECT count(*) FROM read_json('{file}', format='array')").fetchall()[0][0]
        return seen
    else:
        seen["pandas"] = len(pandas.read_csv(file))
        seen["polars"] = polars.read_csv(file, infer_schema_length=None).height
        seen["duckdb"] = duckdb.sql(f"SELECT count(*) FROM read_csv('{file}', header=true, quote='\"', escape='\"')").fetchall()[0][0]
        kind = "csv"
    with tempfile.TemporaryDirectory() as cache:
        seen["datasets"] = datasets.load_dataset(kind, data_files=file, split="train", cache_dir=cache).num_rows
    return seen


def check(condition, message):
    if not condition:
        sys.exit(f"FAILED: {message}")


def check_trl(folder):
    """The shapes of TRL's docs/source/dataset_formats.md, and what TRL's own functions make of them."""
    messages = lambda value, role: [set(part) for part in value] == [{"role", "content"}] and value[0]["role"] == role
    read = lambda name: [json.loads(line) for line in (folder / f"{name}.jsonl").open(encoding="utf-8")]
    for row in read("trl-preference"):
        check(set(row) == {"prompt", "chosen", "rejected"}, f"trl-preference has {set(row)}")
        check(all(isinstance(value, str) for value in row.values()), "trl-preference is of texts")
    for row in read("trl-preference-conversational"):
        check(messages(row["prompt"], "user"), "the prompt is a message of the user")
        check(all(messages(row[key], "assistant") for key in ("chosen", "rejected")), "answers are messages")
    for row in read("trl-unpaired"):
        check(set(row) == {"prompt", "completion", "label"}, f"trl-unpaired has {set(row)}")
        check(isinstance(row["label"], bool), "a label is true or false")
    sets = {name: datasets.Dataset.from_list(read(name)) for name in TRL_SETS}
    said = [is_conversational(rows[0]) for rows in sets.values()]
    check(said == [False, True, False], f"TRL takes the sets for conversational: {said}")
    pairs = lambda rows: {(row["prompt"], row["completion"], row["label"]) for row in rows}
    unpaired = pairs(unpair_preference_dataset(sets["trl-preference"]))
    check(unpaired <= pairs(sets["trl-unpaired"]), "what TRL makes of the preferences is not in the unpaired set")
    print("trl: preference, conversational and unpaired rows have the shapes of TRL's documentation, and its own functions take them")


def our_ratings(folder, board):
    """The ratings of our board by slug. A board names contestants as pages do; the export knows which is which."""
    frame = pandas.read_parquet(folder / "plaudit-parquet.parquet")
    slugs = dict(zip(frame["left_name"], frame["left"])) | dict(zip(frame["right_name"], frame["right"]))
    items = json.loads(Path(board).read_text())["items"]
    return pandas.Series({slugs[item["contestant"]]: item["rating"] for item in items if item["battles"]})


def check_evalica(folder, board):
    frame = pandas.read_parquet(folder / "plaudit-parquet.parquet")
    lines = pandas.read_json(folder / "plaudit-jsonl.jsonl", lines=True)
    for column in ("vote_id", "left", "right", "winner", "voter"):
        check(list(frame[column]) == list(lines[column]), f"Parquet and JSON Lines differ in {column}")
    winners = [WINNERS[winner] for winner in frame["winner"]]
    scores = evalica.bradley_terry(frame["left"], frame["right"], winners).scores
    order = list(scores.sort_values(ascending=False).index)
    print(f"evalica: {len(order)} contestants, best {order[:3]}")
    if board is None:
        return
    ours = our_ratings(folder, board)
    check(set(ours.index) == set(order), "the board has other contestants than the export")
    points = 400 * scores.apply("log10") if hasattr(scores, "apply") else scores
    correlation = ours.corr(points.loc[ours.index])
    ranks = ours.rank().corr(points.loc[ours.index].rank())
    print(f"evalica against our board: correlation of ratings {correlation:.6f}, of ranks {ranks:.6f}")
    check(ranks > 0.999, "evalica orders the contestants in another way")


def check_arena_rank(folder, board):
    """What LMArena's own program makes of the log in LMArena's columns, as it is: ratings to a hundredth of a point."""
    frame = pandas.read_json(folder / "genai-arena.json")
    pairs = arena_rank.utils.data_utils.PairDataset.from_pandas(frame)
    model = arena_rank.models.bradley_terry.BradleyTerry(n_competitors=len(pairs.competitors))
    found = model.compute_ratings_and_cis(pairs)
    ratings = pandas.Series([float(rating) for rating in found["ratings"]], index=found["competitors"])
    # Its zero is where its solver began, and ours the mean.
    ratings += 1000 - ratings.mean()
    print(f"arena-rank: {len(ratings)} contestants, best {list(ratings.sort_values(ascending=False).index[:3])}")
    if board is None:
        return
    ours = our_ratings(folder, board)
    check(set(ours.index) == set(ratings.index), "the board has other contestants than arena-rank")
    apart = (ours - ratings.loc[ours.index]).abs().max()
    print(f"arena-rank against our board: at most {apart:.6f} points apart")
    check(apart < 0.01, f"arena-rank's ratings are up to {apart} points from ours")


def split_by(name, rows):
    """What no two splits may have in common."""
    if name == "prompt":
        return set(rows["prompt"])
    if name == "pair":
        return {tuple(sorted(pair)) for pair in zip(rows["left"], rows["right"])}
    return set(rows["left"]) | set(rows["right"])


def check_dataset(folder, votes):
    """A folder as hubs take it: its card opens it, and what its card says is so."""
    name = folder.name.removeprefix("dataset-")
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "checksums.sha256"], cwd=folder, check=True)
    listed = {line.split("  ", 1)[1] for line in (folder / "checksums.sha256").read_text().splitlines()}
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    check(listed == there - {"checksums.sha256"}, f"{folder.name}: the checksums list {listed}, and there are {there}")

    card = huggingface_hub.DatasetCard.load(folder / "README.md")
    check(card.data.license == "cc-by-4.0", f"{folder.name}: the card's licence is {card.data.license}")
    info = card.data.to_dict()["dataset_info"]
    with tempfile.TemporaryDirectory() as cache:
        # Compares the numbers of rows with those of the card.
        loaded = datasets.load_dataset(str(folder), cache_dir=cache, verification_mode="all_checks")
        check(set(loaded) == {"train", "test"}, f"{folder.name} has the splits {set(loaded)}")
        statistics = json.loads((folder / "statistics.json").read_text())
        for said in info["splits"]:
            rows = loaded[said["name"]]
            check(rows.num_rows == said["num_examples"], f"{folder.name}: {said} and {rows.num_rows} rows")
            counted = statistics["splits"][said["name"]]
            check(counted["votes"] == rows.num_rows, f"{folder.name}: the statistics count {counted['votes']}")
            outcomes = {outcome: rows["winner"][:].count(outcome) for outcome in counted["outcomes"]}
            check(outcomes == counted["outcomes"], f"{folder.name}: {counted['outcomes']} and {outcomes}")
            check(len(set(rows["voter"])) == counted["voters"], f"{folder.name}: voters")
            arrow = rows.data.nbytes
            check(0.9 < said["num_bytes"] / arrow < 1.1, f"{folder.name}: {said['num_bytes']} bytes, and Arrow has {arrow}")
        common = split_by(name, loaded["train"]) & split_by(name, loaded["test"])
        check(not common, f"{folder.name}: in both splits are {sorted(common)[:3]}")
        features = {column["name"]: column["dtype"] for column in info["features"]}
        check(loaded["train"].features["left_seed"].dtype == features["left_seed"], "seeds have another type")
        all_rows = sum(split.num_rows for split in loaded.values())
        check(all_rows + statistics["crossing"] == votes, f"{folder.name}: {all_rows} of {votes} votes")
        check(all(license == "CC-BY-4.0" for split in loaded.values() for license in split["license"]), "licences")
    for path in folder.glob("data/*.parquet"):
        metadata = pyarrow.parquet.read_schema(path).metadata
        check(metadata[b"license"] == b"CC-BY-4.0", f"{path.name} says {metadata}")
    print(f"{folder.name}: {all_rows} rows by its card, splits without a {name} in common, checksums, statistics, licence")


def check_pictures(path):
    """The file holds its pictures, and datasets shows them without being told what they are."""
    with tempfile.TemporaryDirectory() as cache:
        table = datasets.load_dataset("parquet", data_files=str(path), split="train", cache_dir=cache)
        check(table.num_rows == 3, f"{path.name} has {table.num_rows} rows")
        for column in ["left_image", "right_image"]:
            check(table.features[column] == datasets.Image(), f"{column} is no picture: {table.features[column]}")
        for number, row in enumerate(table):
            colours = [row[column].convert("RGB").getpixel((3, 3)) for column in ["left_image", "right_image"]]
            check(colours == [(10 * number, 40, 90), (200, 10 * number, 90)], f"row {number} shows {colours}")
    seen = duckdb.sql(f"SELECT count(left_image.bytes) FROM read_parquet('{path}')").fetchall()[0][0]
    check(seen == 3 and polars.read_parquet(path).height == 3 and len(pandas.read_parquet(path)) == 3, path.name)
    print(f"{path.name}: three rows of pictures, shown by datasets")


def check_pictures_beside(folder):
    """What the card of a dataset says how to see its pictures shows them."""
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "checksums.sha256"], cwd=folder, check=True)
    code = (folder / "README.md").read_text().split("```python\n")[-1].split("```")[0]
    check('folder = "…"' in code, f"the card has no code with a folder: {code}")
    said = {}
    exec(code.replace('folder = "…"', f"folder = {str(folder)!r}"), said)
    for number, row in enumerate(said["votes"]["train"]):
        colours = [row[side].convert("RGB").getpixel((3, 3)) for side in ["left", "right"]]
        check(colours == [(10 * number, 40, 90), (200, 10 * number, 90)], f"row {number} shows {colours}")
    print("a dataset with pictures beside it: shown by datasets, as its card says")


def main():
    datasets.disable_progress_bars()
    folder, board = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
    files = sorted(path for path in folder.iterdir() if path.suffix in {".parquet", ".jsonl", ".json", ".csv"})
    check(files, f"no exports in {folder}")
    seen = {}
    for path in files:
        seen[path.stem] = rows_of(path)
        print(f"{path.name}: {seen[path.stem]}")
        check(len(set(seen[path.stem].values())) == 1, f"{path.name} has different numbers of rows")
    whole = ["plaudit-jsonl", "plaudit-parquet", "arena-55k", "arena-140k", "genai-arena", "genai-bench", "genai-bench-parquet", "csv"]
    counts = {name: next(iter(seen[name].values())) for name in whole if name in seen}
    check(len(set(counts.values())) == 1, f"exports of the same votes have different numbers of rows: {counts}")
    if (folder / "trl-preference.jsonl").exists():
        check_trl(folder)
    for dataset in sorted(folder.glob("dataset-*")):
        check_dataset(dataset, counts["plaudit-parquet"])
    if (folder / "pictures").is_dir():
        check_pictures(folder / "pictures" / "genai-bench-parquet.parquet")
        check_pictures_beside(folder / "pictures" / "dataset")
    check_evalica(folder, board)
    check_arena_rank(folder, board)
    print("all exports were read")


if __name__ == "__main__":
    main()
