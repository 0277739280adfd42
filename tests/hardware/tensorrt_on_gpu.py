#!/usr/bin/env python3
"""The TensorRT engine on a real NVIDIA GPU, where TensorRT itself is not needed.

Runs the engine's own code with the stand-in for libnvinfer that the tests use; on a real libcuda its
layers are real kernels, so events, CUDA graphs, the clocks' tie, NVML and energies are real. Prints the
figures that docs/engines/tensorrt.md speaks of.

    tests/hardware/tensorrt_on_gpu.py BUILD [OUTPUT]

BUILD: a build with tests or with benchmarks; `layerwatt`, bench_tensorrt_passes where it is there, and
the folder tests/modules of it are used. Takes about four minutes.
"""
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

CONV, COPY, POOL, REDUCE = "CaskConvolution", "Reformat", "CudaPooling", "Reduce"
# Layers of tens of µs to a ms, and sixty of a few µs, where launches show.
BIG = [("copy_in", "copy", 4000000, COPY), ("conv1 + relu1", "fma", 4000, CONV),
       ("conv2 + relu2", "fma", 8000, CONV), ("pool", "copy", 2000000, POOL),
       ("conv3", "fma", 2000, CONV), ("narrow", "one_block", 8000, REDUCE),
       ("conv3", "fma", 12000, CONV), ("copy_out", "copy", 8000000, COPY)]
SMALL = [(f"layer {i}", "fma", 100, CONV) if i % 3 else (f"layer {i}", "copy", 50000, COPY)
         for i in range(60)]


def write_plan(path, layers):
    plan = {"inputs": [{"name": "data", "shape": [1, 3, 224, 224]}],
            "outputs": [{"name": "y", "shape": [1, 1000]}],
            "layers": [{"name": name, "kernel": kernel, "amount": amount, "ms": 0.1,
                        "info": {"LayerType": kind}} for name, kernel, amount, kind in layers]}
    path.write_bytes(b"\x7fFTRT\0\0\0".ljust(64, b"\0") + json.dumps(plan).encode())


def figures(recording, result):
    rows = list(csv.reader((recording / "iterations.csv").open()))[1:]
    start = [int(row[0]) for row in rows]
    end = [int(row[1]) for row in rows]
    count = len(rows)
    wall_ms = (end[-1] - start[0]) / 1e6 / count
    latency_ms = sum(b - a for a, b in zip(start, end)) / 1e6 / count
    layers_ms = sum(sum(float(cell) for cell in row[2:] if cell) for row in rows) / count
    gaps_us = sorted((b - a) / 1e3 for a, b in zip(end[:-1], start[1:]))
    engine = result["engine"]
    profiled = engine["time_pass"]
    incidents = [row for row in csv.DictReader((recording / "incidents.csv").open())] \
        if (recording / "incidents.csv").exists() else []
    late = [row["message"] for row in incidents if row["code"] == "late"]
    # Independent of each other: the profiled pass, the unprofiled one, and the host's wall time.
    unscaled = profiled["layers_ms"] + latency_ms - profiled["kernels_without_profiler_ms"]
    return {"inferences": count, "cuda_graph": engine["cuda_graph"],
            "latency_ms": latency_ms, "wall_ms_an_inference": wall_ms,
            "layers_ms": layers_ms, "outside_ms": latency_ms - layers_ms,
            "profiled_layers_ms": profiled["layers_ms"],
            "kernels_without_profiler_ms": profiled["kernels_without_profiler_ms"],
            "closure_layers_plus_outside_over_measured_latency": latency_ms / wall_ms,
            "closure_profiled_layers_plus_outside_unscaled": unscaled / wall_ms,
            # Between the end of an inference and the begin of the next, on the GPU's own clock.
            "host_time_added_us_an_inference": 1e3 * (wall_ms - latency_ms),
            "late_readings": sum(int(message.split()[0]) for message in late), "late": late,
            "gap_us_median": gaps_us[len(gaps_us) // 2], "gap_us_p99": gaps_us[len(gaps_us) * 99 // 100],
            "clock_tie_us": engine["clock_tie_us"],
            "power_w": result["total"]["power_mw"] and result["total"]["power_mw"]["mean"] / 1e3,
            "energy_mj": result["total"]["energy_mj"] and result["total"]["energy_mj"]["mean"],
            "energy_closure": result["closure"] and result["closure"]["ratio"],
            "warnings": [warning["code"] for warning in result["warnings"]]}


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    build = pathlib.Path(sys.argv[1]).resolve()
    output = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp()).resolve()
    modules = build / "tests/modules"
    environment = dict(os.environ, LAYERWATT_MODULE_PATH=str(modules),
                       LAYERWATT_TENSORRT_LIB=str(modules / "libfake_nvinfer.so"))
    program = str(build / "bin/layerwatt")

    def run(*arguments, limit=90):
        print("$ layerwatt", *arguments, flush=True)
        return subprocess.run([program, *map(str, arguments)], env=environment, timeout=limit).returncode

    run("sensors")
    run("selftest", "--quiet", "--seconds", 8, "-o", output / "selftest")
    write_plan(output / "big.engine", BIG)
    write_plan(output / "small.engine", SMALL)
    all_figures = {}
    for name in ("big", "small"):
        for graph in ("--cuda-graph", "--no-cuda-graph"):
            key = name + graph
            code = run("profile", output / f"{name}.engine", graph, "--iterations", 12000, "--max-time", 12,
                       "--quiet", "--save", output / key, "--json", output / f"{key}.json")
            if code == 0:
                result = json.loads((output / f"{key}.json").read_text())
                all_figures[key] = figures(output / key, result)
                print(json.dumps(all_figures[key], indent=1), flush=True)
    run("profile", output / "big.engine", "--sensor", "nvml:power", "--iterations", 6000, "--max-time", 8,
        "--quiet", "--save", output / "power")
    run("benchmark", output / "big.engine", output / "small.engine", "--iterations", 6000)
    run("benchmark", "--parallel", output / "big.engine", output / "small.engine", "--iterations", 3000)
    bench = build / "bin/bench_tensorrt_passes"
    if bench.exists():
        print("$ bench_tensorrt_passes --gpu", flush=True)
        subprocess.run([str(bench), "--gpu"], env=environment, timeout=180)
    print("\n{:<28} {:>10} {:>12} {:>14} {:>12} {:>8}".format(
        "", "latency ms", "closure", "not scaled", "added µs", "late"))
    for key, row in all_figures.items():
        print("{:<28} {:>10.4f} {:>12.4f} {:>14.4f} {:>12.2f} {:>8}".format(
            key, row["latency_ms"], row["closure_layers_plus_outside_over_measured_latency"],
            row["closure_profiled_layers_plus_outside_unscaled"],
            row["host_time_added_us_an_inference"], row["late_readings"]))
    (output / "figures.json").write_text(json.dumps(all_figures, indent=1))
    print("everything is in", output)


if __name__ == "__main__":
    main()
