#!/usr/bin/env python3
"""Reads iterations.csv with what a Python user would take, to compare with bench_recording.

Usage: peer_recording.py [FILE]. Without FILE: a file of the shape that bench_recording reads, 100 MB
of 150 layers, whole nanoseconds in ms. Needs pandas, pyarrow or numpy; those that are not installed
are skipped. Best of five, one thread, CPU time.
"""
import os
import random
import sys
import tempfile
import time

LAYERS = 150
INFERENCE_NS = 20_000_000


def generate(path, size):
    random.seed(1)
    times = [str(random.randrange(250_000) / 1e6) for _ in range(256 * LAYERS)]
    rows = [",".join(times[i:i + LAYERS]) for i in range(0, len(times), LAYERS)]
    now = 1_753_900_000_000_000_000
    with open(path, "w", encoding="utf-8") as file:
        names = ",".join(f"layer{i}" for i in range(LAYERS))
        written = file.write(f"start_ns,end_ns,{names}\n")
        while written < size:
            for row in rows:
                written += file.write(f"{now},{now + INFERENCE_NS},{row}\n")
                now += INFERENCE_NS


def pandas_csv(path):
    import pandas
    return pandas.read_csv(path, engine="c").to_numpy()


def pyarrow_csv(path):
    import pyarrow
    from pyarrow import csv
    pyarrow.set_cpu_count(1)
    return csv.read_csv(path, read_options=csv.ReadOptions(use_threads=False))


def numpy_loadtxt(path):
    import numpy
    return numpy.loadtxt(path, delimiter=",", skiprows=1)


def measure(path):
    size = os.path.getsize(path)
    for read in (pandas_csv, pyarrow_csv, numpy_loadtxt):
        best = None
        try:
            for _ in range(5):
                begin = time.process_time()
                read(path)
                spent = time.process_time() - begin
                best = spent if best is None else min(best, spent)
        except ImportError as error:
            print(f"{read.__name__:14} skipped: {error}")
            continue
        print(f"{read.__name__:14} {best * 1e3:8.0f} ms CPU {size / best / 1e6:8.0f} MB/s", flush=True)


def main():
    if len(sys.argv) > 2 or sys.argv[1:] in (["-h"], ["--help"]):
        sys.exit(__doc__)
    if len(sys.argv) == 2:
        measure(sys.argv[1])
        return
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "iterations.csv")
        generate(path, 100_000_000)
        measure(path)


if __name__ == "__main__":
    main()
