#!/usr/bin/env python3
"""How long jetsontools takes to correlate power with layers, beside bench_overlap.

Does what trtutils' JetsonLayerProfiler.get_statistics_with_tegra does with it: once a layer, filter
all tegrastats entries by the layer's windows (filter_data), then get_powerdraw of what is left. The
same sizes as bench_overlap: 60 layers, inferences of about 10 ms, an entry every 5 ms.

    pip install jetsontools
    benchmarks/peer_jetsontools_correlate.py [INFERENCES ...]
"""

import importlib.metadata
import io
import random
import sys
import time

from jetsontools import filter_data, get_powerdraw, parse_tegrastats

LAYERS = 60
START = 1_700_000_000.0


def windows_of(inferences, rng):
    """(start, stop) in seconds by layer, and the end of the run."""
    windows = [[] for _ in range(LAYERS)]
    now = START
    for _ in range(inferences):
        for layer in windows:
            stop = now + rng.uniform(0.12, 0.2) / 1000.0
            layer.append((now, stop))
            now = stop
        now += 0.0002
    return windows, now


def entries_of(samples, end, rng):
    step = (end - START) / samples
    lines = []
    for k in range(samples):
        gpu, cpu = rng.randint(1000, 9000), rng.randint(1000, 9000)
        lines.append(
            f"{START + k * step:.7f}::11-23-2026 12:00:00 RAM 2336/62841MB (lfb 199x4MB) "
            f"CPU [0%@2201,50%@2201] GR3D_FREQ 0% gpu@44.843C "
            f"VDD_GPU_SOC {gpu}mW/{gpu}mW VDD_CPU_CV {cpu}mW/{cpu}mW\n"
        )
    return parse_tegrastats(io.StringIO("".join(lines)))


def correlate(entries, windows):
    """Power by layer; 0 where no entry fell in, as there."""
    powers = []
    for layer in windows:
        inside, _ = filter_data(entries, layer)
        powers.append(get_powerdraw(inside)["VDD_TOTAL"].mean if inside else 0.0)
    return powers


def main():
    sizes = [int(argument) for argument in sys.argv[1:]] or [500, 2000, 5000]
    print(f"jetsontools {importlib.metadata.version('jetsontools')}, {LAYERS} layers")
    for inferences in sizes:
        rng = random.Random(1)
        windows, end = windows_of(inferences, rng)
        entries = entries_of(2 * inferences, end, rng)
        begin = time.process_time()
        powers = correlate(entries, windows)
        seconds = time.process_time() - begin
        count = inferences * LAYERS
        print(
            f"{inferences:6d} inferences, {count:7d} windows, {len(entries):6d} entries: "
            f"{seconds:8.3f} s CPU, {seconds / count * 1e6:7.2f} us/window "
            f"({sum(p > 0 for p in powers)} layers with power)"
        )


if __name__ == "__main__":
    main()
