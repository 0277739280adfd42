#!/usr/bin/env python3
"""jetsontools on the lines of bench_tegrastats_parse (orin_nx_run.txt), in its figures.

Needs `pip install jetsontools`. Prints one JSON object: what was run, and bytes and lines a second of
its parser alone (strings), and with the power draw that it makes of them (numbers, rails only).
layerwatt's figure is for numbers of everything in the line.
"""

import importlib.metadata
import io
import json
import pathlib
import sys
import time

FIXTURE = pathlib.Path(__file__).parents[1] / "tests/fixtures/tegrastats/orin_nx_run.txt"


def best_seconds(work, seconds=2.0):
    """The shortest of as many runs as fit: other programs only ever add to a run."""
    best = float("inf")
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        begin = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begin)
    return best


def main():
    try:
        from jetsontools import get_powerdraw, parse_tegrastats
    except ImportError as error:
        sys.exit(f"{error}: pip install jetsontools")
    text = FIXTURE.read_text()
    lines = text.count("\n")

    def parse():
        return parse_tegrastats(io.StringIO(text))

    def parse_and_sum():
        return get_powerdraw(parse())

    if len(parse()) != lines:
        sys.exit("jetsontools did not read every line")
    result = {"peer": "jetsontools", "version": importlib.metadata.version("jetsontools")}
    for name, work in (("parse", parse), ("parse_and_powerdraw", parse_and_sum)):
        seconds = best_seconds(work)
        result[name] = {
            "bytes_per_second": len(text) / seconds,
            "lines_per_second": lines / seconds,
        }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
