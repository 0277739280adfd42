#!/usr/bin/env python3
"""The TensorRT engine on a real NVIDIA GPU, where TensorRT itself is not needed.

Runs the engine's own code with the stand-in for libnvinfer that the tests use; on a real libcuda its
layers are real kernels, so events, CUDA graphs, the clocks' tie, NVML and energies are real. Prints the
figures that docs/engines/tensorrt.md speaks of.

    tests/hardware/tensorrt_on_gpu.py BUILD [OUTPUT]

BUILD: a build with tests or with benchmarks; `layerwatt`, bench_tensorrt_passes where it is there, and
the folder tests/modules of it are used. Takes less than three minutes.
"""
import csv
import json
import os
import pathlib
import shutil
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
    gaps = [((b - a) / 1e3, a) for a, b in zip(end[:-1], start[1:])]
    gaps_us = sorted(gap for gap, _ in gaps)
    # Two events that follow each other on a stream lie some µs apart: that is the GPU's. What is longer is
    # a GPU that waited for the host.
    gpus_us = gaps_us[len(gaps_us) // 2]
    waits = sorted(((gap, (at - start[0]) / 1e9) for gap, at in gaps if gap > gpus_us + 10), reverse=True)
    waited_us = sum(gap - gpus_us for gap, _ in waits)
    wall_us = 1e3 * wall_ms * count
    engine = result["engine"]
    profiled = engine["time_pass"]
    incidents = [row for row in csv.DictReader((recording / "incidents.csv").open())] \
        if (recording / "incidents.csv").exists() else []
    late = [row["message"] for row in incidents if row["code"] == "late"]
    layers_result_ms = sum(layer["time_ms"]["mean"] for layer in result["layers"] if layer["time_ms"])
    outside_result_ms = result["outside_layers"]["time_ms"]["mean"]
    # Independent of each other: the profiled pass and the events of the unprofiled one.
    unscaled_ms = profiled["layers_ms"] + latency_ms - profiled["kernels_without_profiler_ms"]
    return {"inferences": count, "cuda_graph": engine["cuda_graph"],
            # By events around each inference.
            "latency_ms": latency_ms,
            "layers_ms": layers_ms, "outside_ms": latency_ms - layers_ms,
            "profiled_layers_ms": profiled["layers_ms"],
            "kernels_without_profiler_ms": profiled["kernels_without_profiler_ms"],
            "closure_layers_plus_outside_over_latency": (layers_result_ms + outside_result_ms) / latency_ms,
            "closure_profiled_layers_plus_outside_unscaled_over_latency": unscaled_ms / latency_ms,
            # First start to last end, with what lies between inferences.
            "wall_ms_an_inference": wall_ms,
            "between_inferences_share_of_wall": 1 - latency_ms / wall_ms,
            "gpu_waited_for_host_share_of_wall": waited_us / wall_us,
            "gpu_waited_for_host_times": len(waits),
            "longest_waits_us_at_s": [[round(gap, 1), round(at, 3)] for gap, at in waits[:12]],
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
    # Looked for where the engine's module is.
    shutil.copy(build / "lib/layerwatt/liblayerwatt_nvtx.so", modules)
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
            code = run("profile", output / f"{name}.engine", graph, "--iterations",
                       6000 if name == "big" else 12000, "--max-time", 10, "--quiet",
                       "--save", output / key, "--json", output / f"{key}.json")
            if code == 0:
                result = json.loads((output / f"{key}.json").read_text())
                all_figures[key] = figures(output / key, result)
                print(json.dumps(all_figures[key], indent=1), flush=True)
    run("profile", output / "big.engine", "--sensor", "nvml:power", "--iterations", 4000, "--max-time", 8,
        "--quiet", "--save", output / "power")
    run("benchmark", output / "big.engine", output / "small.engine", "--iterations", 4000)
    run("benchmark", "--parallel", output / "big.engine", output / "small.engine", "--iterations", 3000)
    # Layers repeated in place, known by their NVTX ranges; five rows, a second or two each.
    run("profile", output / "big.engine", "--sensor", "nvml", "--method", "excite", "--max-time", 40,
        "--save", output / "excite", "--json", output / "excite.json")
    bench = build / "bin/bench_tensorrt_passes"
    if bench.exists():
        print("$ bench_tensorrt_passes --gpu", flush=True)
        subprocess.run([str(bench), "--gpu"], env=environment, timeout=180)
    # closure: layers + outside of the result over the latency by events; not scaled: with the layers as
    # they were profiled. between: the wall's share that no inference has; host: of it, the GPU's waits.
    print("\n{:<24} {:>10} {:>8} {:>10} {:>9} {:>9} {:>8} {:>6} {:>5}".format(
        "", "latency ms", "closure", "not scaled", "wall ms", "between %", "host %", "waits", "late"))
    for key, row in all_figures.items():
        print("{:<24} {:>10.4f} {:>8.4f} {:>10.4f} {:>9.4f} {:>9.2f} {:>8.2f} {:>6} {:>5}".format(
            key, row["latency_ms"], row["closure_layers_plus_outside_over_latency"],
            row["closure_profiled_layers_plus_outside_unscaled_over_latency"],
            row["wall_ms_an_inference"], 100 * row["between_inferences_share_of_wall"],
            100 * row["gpu_waited_for_host_share_of_wall"], row["gpu_waited_for_host_times"],
            row["late_readings"]))
    (output / "figures.json").write_text(json.dumps(all_figures, indent=1))
    print("everything is in", output)


if __name__ == "__main__":
    main()
