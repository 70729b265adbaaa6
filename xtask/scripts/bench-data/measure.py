"""Measures, for `cargo xtask bench data`: another program, or what pandas and pyarrow take for the same.

    python measure.py run ROW PROGRAM ARGUMENT…     # processor, clock and peak memory of the program
    python measure.py ROW VOTES.parquet VOTES.jsonl # one of the rows below, of these files

A line for each measurement: what, seconds of the processor, seconds of the clock; and what-memory, bytes, 0.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time


def told(row, processor, clock, who):
    print(f"{row} {processor:.6f} {clock:.6f}")
    print(f"{row}-memory {resource.getrusage(who).ru_maxrss * 1024} 0")


def run(row, command):
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    clock = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    told(row, used.ru_utime + used.ru_stime, clock, resource.RUSAGE_CHILDREN)


def pandas_write_parquet(folder, parquet, lines):
    frame = pandas.read_parquet(parquet)
    # What reading took is not asked for.
    return lambda: frame.to_parquet(os.path.join(folder, "votes.parquet"), compression="zstd", row_group_size=1 << 16)


def pandas_write_jsonl(folder, parquet, lines):
    frame = pandas.read_parquet(parquet)
    return lambda: frame.to_json(os.path.join(folder, "votes.jsonl"), orient="records", lines=True, date_format="iso")


def pyarrow_write_parquet(folder, parquet, lines):
    table = pyarrow.parquet.read_table(parquet, use_threads=False)
    out = os.path.join(folder, "votes.parquet")
    return lambda: pyarrow.parquet.write_table(table, out, compression="zstd", compression_level=3, row_group_size=1 << 16)


COLUMNS = ["left", "right", "winner"]


def pandas_read_parquet(folder, parquet, lines):
    return lambda: pandas.read_parquet(parquet, columns=COLUMNS).groupby(COLUMNS).size()


def pandas_read_jsonl(folder, parquet, lines):
    return lambda: pandas.read_json(lines, lines=True)[COLUMNS].groupby(COLUMNS).size()


def pyarrow_read_parquet(folder, parquet, lines):
    read = lambda: pyarrow.parquet.read_table(parquet, columns=COLUMNS, use_threads=False)
    return lambda: read().group_by(COLUMNS, use_threads=False).aggregate([([], "count_all")])


def pyarrow_read_jsonl(folder, parquet, lines):
    read = lambda: pyarrow.json.read_json(lines, pyarrow.json.ReadOptions(use_threads=False))
    return lambda: read().select(COLUMNS).group_by(COLUMNS, use_threads=False).aggregate([([], "count_all")])


ROWS = {
    "pandas-write-parquet": pandas_write_parquet,
    "pandas-write-jsonl": pandas_write_jsonl,
    "pyarrow-write-parquet": pyarrow_write_parquet,
    "pandas-read-parquet": pandas_read_parquet,
    "pandas-read-jsonl": pandas_read_jsonl,
    "pyarrow-read-parquet": pyarrow_read_parquet,
    "pyarrow-read-jsonl": pyarrow_read_jsonl,
}


def main():
    row, *rest = sys.argv[1:]
    if row == "run":
        return run(rest[0], rest[1:])
    global pandas, pyarrow
    import pandas
    import pyarrow
    import pyarrow.json
    import pyarrow.parquet

    pyarrow.set_cpu_count(1)
    with tempfile.TemporaryDirectory() as folder:
        work = ROWS[row](folder, *rest)
        processor, started = time.process_time(), time.perf_counter()
        work()
        told(row, time.process_time() - processor, time.perf_counter() - started, resource.RUSAGE_SELF)


if __name__ == "__main__":
    main()
