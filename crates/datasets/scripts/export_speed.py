"""How fast pandas and pyarrow write the votes that `examples/export_speed.rs` has written: the same rows, already in
memory, which is the cheapest part of the conversion for them too.

    taskset -c 0 VENV/bin/python export_speed.py VOTES.parquet
"""

import os
import resource
import sys
import tempfile
import time

import pyarrow
import pyarrow.parquet

pyarrow.set_cpu_count(1)


def timed(name, votes, write):
    started = time.perf_counter()
    write()
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{name}: {seconds:.2f} s, {votes / seconds:.0f} votes/s, peak memory {peak} kB so far")


def main():
    table = pyarrow.parquet.read_table(sys.argv[1], use_threads=False)
    with tempfile.TemporaryDirectory() as folder:
        parquet, lines = os.path.join(folder, "votes.parquet"), os.path.join(folder, "votes.jsonl")
        write = lambda: pyarrow.parquet.write_table(
            table, parquet, compression="zstd", compression_level=3, row_group_size=1 << 16
        )
        timed("pyarrow, Parquet", table.num_rows, write)
        frame = table.to_pandas()
        timed("pandas, Parquet", len(frame), lambda: frame.to_parquet(parquet, compression="zstd", row_group_size=1 << 16))
        timed("pandas, JSON Lines", len(frame), lambda: frame.to_json(lines, orient="records", lines=True, date_format="iso"))


if __name__ == "__main__":
    main()
