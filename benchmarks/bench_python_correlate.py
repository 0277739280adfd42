#!/usr/bin/env python3
"""What correlating power with layers costs from Python: jetsontools and layerwatt on the same input,
in one run.

    pip install . jetsontools     # or PYTHONPATH=build/release/python
    benchmarks/bench_python_correlate.py [INFERENCES]

Sizes and input are those of peer_jetsontools_correlate.py: 60 layers, an entry every 5 ms; 10000
inferences unless said. CPU time of the process; layerwatt's is the best of five, jetsontools' one
run, which takes about a minute. Times and readings are in memory on both sides: entries for
jetsontools, arrays for layerwatt.analyze, TegraData and a fed profiler for layerwatt.compat.
"""

import importlib.metadata
import random
import sys
import time
import warnings

import numpy
from peer_jetsontools_correlate import LAYERS, correlate, entries_of, windows_of

import layerwatt
from layerwatt import compat
from layerwatt.compat import jetsontools as ours


def cpu_seconds(work, times):
    best, result = float("inf"), None
    for _ in range(times):
        begin = time.process_time()
        result = work()
        best = min(best, time.process_time() - begin)
    return best, result


def arrays_of(windows, entries):
    begins = numpy.array([[start for start, _ in layer] for layer in windows]).T
    ends = numpy.array([[stop for _, stop in layer] for layer in windows]).T
    nanoseconds = lambda seconds: numpy.round(seconds * 1e9).astype(numpy.int64)  # noqa: E731
    rails = ours.get_powerdraw(entries[:1])
    names = [name for name in rails if not name.endswith("_TOTAL")]
    return {
        "layers": [f"layer{i}" for i in range(LAYERS)],
        "start_ns": nanoseconds(begins[:, 0]),
        "end_ns": nanoseconds(ends[:, -1]),
        "layer_ms": numpy.ascontiguousarray((ends - begins) * 1e3),
        "time_ns": nanoseconds(numpy.array([float(entry["timestamp"]) for entry in entries])),
        "rails": names,
        "rail_mw": numpy.array([[float(e[n].split("mW")[0]) for n in names] for e in entries]),
        "in_total": names,
    }


def fed_profiler(arrays):
    profiler = compat.JetsonLayerProfiler()
    for start, end, row in zip(
        arrays["start_ns"].tolist(), arrays["end_ns"].tolist(), arrays["layer_ms"].tolist()
    ):
        profiler._profiler.start_iteration(start)
        for name, ms in zip(arrays["layers"], row):
            profiler._profiler.report_layer_time(name, ms)
        profiler._profiler.finalize_iteration(end)
    return profiler


class Entries:
    """TegraData, as far as the profiler reads it."""

    def __init__(self, data):
        self.data = data


def main():
    warnings.simplefilter("ignore", RuntimeWarning)
    inferences = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
    rng = random.Random(1)
    windows, end = windows_of(inferences, rng)
    entries = entries_of(2 * inferences, end, rng)
    arrays = arrays_of(windows, entries)
    profiler = fed_profiler(arrays)
    print(
        f"{inferences} inferences x {LAYERS} layers, {len(entries)} entries; "
        f"jetsontools {importlib.metadata.version('jetsontools')}, layerwatt {layerwatt.__version__}"
    )

    def analyze():
        recording = layerwatt.Recording.from_arrays(**arrays)
        return layerwatt.analyze(recording, method="overlap")

    def compatible():
        return profiler.get_statistics_with_tegra(Entries(entries), method="overlap")

    own, result = cpu_seconds(analyze, 5)
    in_place, _ = cpu_seconds(compatible, 5)
    peer, powers = cpu_seconds(lambda: correlate(entries, windows), 1)
    found = [layer.power_mw.mean if layer.power_mw else 0.0 for layer in result.layers]
    same = sum(a == b for a, b in zip(found, powers))
    print(f"jetsontools, filter_data + get_powerdraw by layer: {peer * 1e3:10.1f} ms")
    for name, seconds in (
        ("layerwatt.analyze of arrays", own),
        ("compat: get_statistics_with_tegra", in_place),
    ):
        print(f"{name:50s} {seconds * 1e3:10.1f} ms, 1/{peer / seconds:.0f}")
    # Not all: seconds since 1970 are floats of 0.2 us, and readings fall that close to an edge.
    print(f"the same power to the last bit in {same} of {LAYERS} layers")


if __name__ == "__main__":
    main()
