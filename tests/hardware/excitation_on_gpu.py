#!/usr/bin/env python3
"""Method excite on a real GPU, all of it in one run of about nine minutes:

    python3 tests/hardware/excitation_on_gpu.py --out DIR

Profiles eight kernels, a transformer block of 1 and of 32 sequences and ResNet-50 on 1 and on 32 images,
keeps every recording, and says beside each figure whether it is good enough:

  - layers and what is outside them add up to 0.99 to 1.01 of the GPU's own counter of energy,
  - layers above 2 % of the energy are within 2 % of each other between two runs, or, where there is
    one, between its halves,
  - a network takes 3 minutes of the device or less.

Exit code 0 if all of that holds, 3 if not, 1 if something could not be run. Needs an NVIDIA GPU with an
energy counter, the program (--program, built by scripts/build), cuBLAS and cuDNN (the system's, or the
wheels nvidia-cublas and nvidia-cudnn), and nvcc; without nvcc, a folder with libchain.so,
libtransformer.so and libresnet50.so built from examples/cuda elsewhere (--networks). All a second time is
another call: --runs chain-again,transformer1-again and so on, with the same --out; so are chain-cold,
transformer1-cold and resnet1-cold, in which the cache is emptied in front of each repeat, and chain-half,
chain-half-again and so on, by half passes (of ResNet-50 there is time for one round, so that it takes two
runs to see whether it repeats).

    python3 tests/hardware/excitation_on_gpu.py --check DIR

measures nothing and says the same of the recordings that lie in DIR already.
"""
import argparse
import csv
import glob
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LIBRARIES = {"chain": ["cublas"], "transformer": ["cublas"], "resnet50": ["cudnn", "cublas"]}
# Name of the run: library, batch, seconds. A burst takes 1.1 s, and each layer must have two or more:
# one that has been repeated once is not checked by anything.
RUNS = {
    "chain": ("chain", 1, 90),
    "transformer1": ("transformer", 1, 80),
    "transformer32": ("transformer", 32, 100),
    "resnet1": ("resnet50", 1, 130),
    "resnet32": ("resnet50", 32, 130),
    "chain-cold": ("chain", 1, 90),
    "transformer1-cold": ("transformer", 1, 100),
    "resnet1-cold": ("resnet50", 1, 170),
    "chain-half": ("chain", 1, 85),
    "transformer1-half": ("transformer", 1, 100),
    "transformer32-half": ("transformer", 32, 100),
    "resnet1-half": ("resnet50", 1, 148),
    "resnet32-half": ("resnet50", 32, 148),
    "chain-again": ("chain", 1, 90),
    "transformer1-again": ("transformer", 1, 80),
    "transformer32-again": ("transformer", 32, 100),
    "resnet1-again": ("resnet50", 1, 130),
    "resnet32-again": ("resnet50", 32, 130),
}
AT_ONCE = list(RUNS)[:5]
RUNS.update({f"{name}-half-again": RUNS[name + "-half"] for name in AT_ONCE})
REPEATS = [
    ["chain", "chain-again"],
    ["transformer1", "transformer1-again"],
    ["transformer32", "transformer32-again"],
    ["resnet1", "resnet1-again"],
    ["resnet32", "resnet32-again"],
    *([name + "-half", name + "-half-again"] for name in AT_ONCE),
]
SPARE_S = 14  # loading, warming up, writing and the arithmetic, a run


def library_path():
    found = set()
    for base in sys.path:
        for name in ("libcublas.so.*", "libcudnn.so.*", "libcudart.so.*", "libnvrtc.so.*"):
            for file in glob.glob(os.path.join(base, "nvidia", "**", "lib", name), recursive=True):
                found.add(os.path.dirname(file))
    return ":".join([*sorted(found), "/usr/local/cuda/lib64", os.environ.get("LD_LIBRARY_PATH", "")])


def build_networks(folder, arch):
    nvcc = shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc"
    folder.mkdir(parents=True, exist_ok=True)
    for name, needs in LIBRARIES.items():
        subprocess.run(
            [nvcc, "-std=c++20", "-O3", "-arch=" + arch, "-shared", "-Xcompiler", "-fPIC",
             "-I" + str(ROOT / "include"), str(ROOT / "examples/cuda" / (name + ".cu")),
             "-o", str(folder / f"lib{name}.so"), *("-l" + lib for lib in needs)], check=True)


def measure(program, networks, out, limit_s, names):
    """Runs what there is time for; True if all of it went well."""
    begin = time.monotonic()
    environment = dict(os.environ, LD_LIBRARY_PATH=library_path())
    good = True
    for name in names:
        network, batch, seconds = RUNS[name]
        left = limit_s - (time.monotonic() - begin)
        if left < seconds + SPARE_S:
            print(f"== {name}: no time left ({left:.0f} s)", flush=True)
            good = False
            continue
        started = time.monotonic()
        shutil.rmtree(out / name, ignore_errors=True)
        with open(out / (name + ".txt"), "w") as log:
            try:
                code = subprocess.run(
                    [program, "profile", str(networks / f"lib{network}.so"), "--engine", "cuda-graph",
                     "--sensor", "nvml", "--interval", "1", "--method", "excite", "--max-time",
                     str(seconds), "--target-ci", "0.01", "--save", str(out / name),
                     *(["--empty-cache"] if name.endswith("-cold") else []),
                     *(["--half-passes"] if "-half" in name else [])],
                    env=dict(environment, BATCH=str(batch)), stdout=log, stderr=subprocess.STDOUT,
                    timeout=seconds + 60).returncode
            except subprocess.TimeoutExpired:
                code = "none: it did not end"
        took = time.monotonic() - started
        (out / (name + ".seconds")).write_text(f"{took:.1f}\n")
        print(f"== {name}: exit code {code}, {took:.0f} s of the device", flush=True)
        good = good and code == 0
    return good


def mean(value):
    return value["mean"] if value else None


def half(value):
    interval = value.get("ci95") if value else None
    return (interval[1] - interval[0]) / 2 if interval else None


def separated(layer):
    return layer["group"] is None and half(layer["energy_mj"]) is not None


def show(name, result, seconds):
    """The table of a run; what is not good enough in it."""
    missed = []
    pass_mj, pass_ms = mean(result["total"]["energy_mj"]), mean(result["total"]["time_ms"])
    layers = result["layers"]
    closure = result["closure"]
    ratio = closure["ratio"] if closure else None
    print(f"\n{name}: pass {pass_ms:.4f} ms, {pass_mj:.3f} mJ; layers + outside over the counter "
          + (f"{ratio:.4f}" if ratio else "not known")
          + f"; {sum(map(separated, layers))} of {len(layers)} layers separated"
          + (f"; {seconds:.0f} s" if seconds else ""))
    print(f"  {'layer':24} {'ms':>8} {'mean power x time':>18} {'excite, mJ':>11} {'+-':>7}")
    for layer in layers:
        energy, ms = layer["energy_mj"], mean(layer["time_ms"])
        if not energy or mean(energy) < 0.02 * pass_mj:
            continue
        off = half(energy)
        print(f"  {layer['name'][:24]:24} {ms:8.4f} {ms / pass_ms * pass_mj:18.2f} {mean(energy):11.2f} "
              + (f"{off:7.2f}" if off is not None else "   none") + (f"  {layer['reason']}" if layer["reason"] else ""))
    for warning in result["warnings"]:
        print(f"  {warning['code']}: {warning['message'][:160]}")
    if ratio is None or not 0.99 <= ratio <= 1.01:
        missed.append(f"{name}: the sum is {ratio and round(ratio, 4)} of the counter, not 0.99 to 1.01")
    if seconds and seconds > 180:
        missed.append(f"{name}: took {seconds:.0f} s, not 180 or less")
    return missed


def compare(results):
    """How far runs of the same are apart."""
    missed = []
    names = list(results)
    first = results[names[0]]
    pass_mj = mean(first["total"]["energy_mj"])
    print(f"\n{', '.join(names)}: energy of layers above 2 %, mJ, and largest less smallest over mean")
    for j, layer in enumerate(first["layers"]):
        same = [results[name]["layers"][j] for name in names]
        values = [mean(one["energy_mj"]) for one in same]
        if any(value is None for value in values) or max(values) < 0.02 * pass_mj:
            continue
        spread = (max(values) - min(values)) / (sum(values) / len(values))
        alone = all(map(separated, same))
        print(f"  {layer['name'][:24]:24} " + " ".join(f"{value:9.2f}" for value in values)
              + f"  {100 * spread:5.1f} %" + ("" if alone else "  not separated in all"))
        if spread > 0.02 or not alone:
            missed.append(f"{layer['name']}: {100 * spread:.1f} % between {', '.join(names)}"
                          + ("" if alone else ", not separated in all"))
    return missed


def by_round(program, recording):
    """Results of the first and of the second half of a recording's rounds, by name."""
    results = {}
    with open(recording / "excitation.csv", newline="") as file:
        header, *rows = csv.reader(file)
    last = max((int(row[3]) for row in rows), default=0)
    middle = last // 2
    if middle == 0:
        return results
    for name, wanted in (("first half", range(1, middle + 1)), ("second half", range(middle + 1, last + 1))):
        with tempfile.TemporaryDirectory() as scratch:
            part = pathlib.Path(scratch) / "round"
            shutil.copytree(recording, part)
            with open(part / "excitation.csv", "w", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows([header, *(r for r in rows if int(r[3]) in wanted)])
            code, result = analyze(program, part)
            if code == 0:
                results[f"{recording.name}, {name}"] = result
    return results


def analyze(program, recording):
    with tempfile.TemporaryDirectory() as scratch:
        file = pathlib.Path(scratch) / "result.json"
        code = subprocess.run([program, "analyze", str(recording), "--json", str(file)],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
        return code, json.loads(file.read_text()) if code == 0 else None


def check(program, folder):
    """What is not good enough, of all recordings that are there; whether all could be read."""
    results, missed, good = {}, [], True
    for name in RUNS:
        if not (folder / name / "manifest.json").exists():
            if name in AT_ONCE:
                missed.append(f"{name}: not run")
            continue
        code, result = analyze(program, folder / name)
        if code != 0:
            print(f"{name}: not readable")
            good = False
            continue
        results[name] = result
        took = folder / (name + ".seconds")
        missed += show(name, result, float(took.read_text()) if took.exists() else None)
    for names in REPEATS:
        same = {name: results[name] for name in names if name in results}
        if len(same) == 1:
            same = by_round(program, folder / next(iter(same)))
        if len(same) > 1:
            missed += compare(same)
    print("\n" + ("all is good enough" if not missed else "not good enough:"))
    for line in missed:
        print("  " + line)
    return missed, good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/layerwatt"))
    parser.add_argument("--networks", type=pathlib.Path, help="folder with the built libraries")
    parser.add_argument("--arch", default="sm_90", help="for nvcc; sm_90 is an H100")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("excitation"))
    parser.add_argument("--limit", type=float, default=580.0, help="seconds for all runs together")
    parser.add_argument("--runs", default=",".join(AT_ONCE), help=", ".join(RUNS))
    parser.add_argument("--check", type=pathlib.Path, metavar="DIR", help="measure nothing")
    options = parser.parse_args()
    if options.check:
        missed, good = check(options.program, options.check)
        return 1 if not good else 3 if missed else 0
    options.out.mkdir(parents=True, exist_ok=True)
    networks = options.networks or options.out / "networks"
    if not options.networks:
        build_networks(networks, options.arch)
    ran = measure(options.program, networks, options.out, options.limit, options.runs.split(","))
    missed, good = check(options.program, options.out)
    return 1 if not (ran and good) else 3 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
