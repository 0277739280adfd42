"""A made-up fleet: runs × layers of several models, devices, boards and commits, with known faults.

    python fleet/check/made_archive.py --runs 10000 --layers 100 --seed 1 -o DIR

Every run says measured=false and simulated=true. What was planted, and the ready questions must find, is
the returned Plan. The results go through `layerwatt archive add`, as real ones do.
"""
import argparse
import dataclasses
import math
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time

import results
from program import ROOT, Program

DAY_S = 86400
FIRST_DAY_S = 1_735_689_600  # 2025-01-01
DAYS = 100
DEVICES = ["Orin NX (simulated)", "AGX Orin (simulated)"]
MODELS = ["resnet50.engine", "yolov8n.engine", "mobilenet_v2.onnx", "übung, 2.onnx"]
BOARDS_A_DEVICE = 10
COMMITS = ["c0ffee00", "c0ffee01", "c0ffee02", "c0ffee03", "c0ffee04"]
LAST_GOOD = 2  # of COMMITS
NOISE = 0.01


@dataclasses.dataclass
class Run:
    number: int
    model: int
    device: int
    board: str
    commit: str
    recorded_s: int
    later: bool


@dataclasses.dataclass
class Plan:
    runs: int
    layers: int
    seed: int
    # (model, layer) -> factor of its energy since the commit after the last good one
    regressions: dict = dataclasses.field(default_factory=dict)
    bad_boards: dict = dataclasses.field(default_factory=dict)  # name -> factor
    spread: tuple = (0, 0)  # (model, layer) in which boards differ

    def __post_init__(self):
        rng = random.Random(self.seed)
        self.energy = [[rng.lognormvariate(1.0, 0.8) for _ in range(self.layers)] for _ in MODELS]
        changed = rng.sample(range(self.layers), 3)
        self.regressions = {(0, changed[0]): 1.08, (1, changed[1]): 0.94}
        self.spread = (2, changed[2])
        for device in range(len(DEVICES)):
            self.bad_boards[f"d{device}-b{rng.randrange(BOARDS_A_DEVICE)}"] = 1.10
        self.board_of_spread = {f"d{device}-b{board}": rng.uniform(0.8, 1.2)
                                for device in range(len(DEVICES)) for board in range(BOARDS_A_DEVICE)}

    def layer_name(self, layer):
        return f"/layer{layer // 10}/conv_{layer}"

    def each(self):
        """In the order of time; every combination of model, device and board before any comes again."""
        combinations = [(model, device, board) for board in range(BOARDS_A_DEVICE)
                        for device in range(len(DEVICES)) for model in range(len(MODELS))]
        for number in range(self.runs):
            model, device, board = combinations[number % len(combinations)]
            commit = number * len(COMMITS) // self.runs
            yield Run(number, model, device, f"d{device}-b{board}", COMMITS[commit],
                      FIRST_DAY_S + number * DAYS * DAY_S // self.runs, commit > LAST_GOOD)

    def result(self, run):
        rng = random.Random(self.seed * 1_000_003 + run.number)
        board = self.bad_boards.get(run.board, 1.0) * (1.0 + 0.2 * run.device)
        layers = []
        for number in range(self.layers):
            factor = board * math.exp(rng.gauss(0.0, NOISE))
            if run.later:
                factor *= self.regressions.get((run.model, number), 1.0)
            if self.spread == (run.model, number):
                factor *= self.board_of_spread[run.board]
            time_ms = 0.05 + 0.02 * self.energy[run.model][number]
            power_mw = 1000.0 * self.energy[run.model][number] * factor / time_ms
            layers.append(results.layer(number, self.layer_name(number), time_ms, power_mw, "Convolution"))
        return results.result(DEVICES[run.device], MODELS[run.model], layers)


def write_result(folder, plan, run):
    path = pathlib.Path(folder) / f"{run.number}.json"
    path.write_text(plan.result(run), encoding="utf-8")
    # When a result was recorded is when its file was written.
    os.utime(path, (run.recorded_s, run.recorded_s))
    return path


def make(program, plan, archive, say=lambda text: None):
    """Adds all runs with one writer at a time. Returns the seconds that `archive add` took."""
    batches = {}
    for run in plan.each():
        batches.setdefault((run.board, run.commit), []).append(run)
    seconds, done = 0.0, 0
    for (board, commit), runs in batches.items():
        folder = tempfile.mkdtemp(prefix="layerwatt-made-")
        try:
            files = [write_result(folder, plan, run) for run in runs]
            began = time.monotonic()
            program.add(archive, files, "--board", board, "--board-names", "--commit", commit)
            seconds += time.monotonic() - began
        finally:
            shutil.rmtree(folder)
        done += len(runs)
        if done * 10 // plan.runs != (done - len(runs)) * 10 // plan.runs:
            say(f"{done} of {plan.runs} runs")
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--layers", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", default=ROOT / "build/release/bin/layerwatt")
    parser.add_argument("-o", "--output", required=True, help="the archive")
    options = parser.parse_args()
    plan = Plan(options.runs, options.layers, options.seed)
    seconds = make(Program(options.program), plan, options.output, lambda text: print(text, file=sys.stderr))
    names = {f"{MODELS[model]} {plan.layer_name(layer)}": factor
             for (model, layer), factor in plan.regressions.items()}
    print(f"{plan.runs} runs x {plan.layers} layers, simulated, seed {plan.seed}, in {seconds:.1f} s")
    print(f"since the commit after {COMMITS[LAST_GOOD]}: {names}")
    print(f"boards that need more: {plan.bad_boards}")
    print(f"boards differ in: {MODELS[plan.spread[0]]} {plan.layer_name(plan.spread[1])}")


if __name__ == "__main__":
    main()
