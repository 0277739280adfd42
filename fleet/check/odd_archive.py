"""A small archive of everything that has once confused a reader: nulls, groups, names that repeat, numbers as
names, quotes, line breaks, other scripts, layers without a run, unfinished files."""
import itertools
import os
import pathlib
import random
import tempfile

import results

NAMES = ["conv", "conv", "conv", "relu", "fc", "a, \"b\" + 'c'", "back\\slash", "50%_of!it", "zeile\n2\tt",
         "=1+1", "名前 ✓ é", "", "x" * 300, "__HIVE_DEFAULT_PARTITION__", "{ForeignNode[a...b]}", "nul\0byte"]
DEVICES = ["Orin NX", "123", "__HIVE_DEFAULT_PARTITION__", "a/b\\c 'x'", "null"]
MODELS = ["m", "M", "2025-01-01", "模型.onnx", "x=y/../z.engine"]
PAIRS = list(zip(DEVICES, MODELS)) + list(zip(DEVICES, MODELS[1:] + MODELS[:1]))
START_S = 1_735_689_600


def layers_of(rng, groups, changed):
    layers = []
    for index, name in enumerate(NAMES):
        group = index % 5 if groups and index % 5 < 2 else None
        missing = "no_samples" if rng.random() < 0.05 and group is None else None
        time_ms = None if missing and rng.random() < 0.5 else 0.1 + 0.01 * index
        power_mw = 4000.0 + 500.0 * index + rng.gauss(0.0, 20.0)
        # One that repeats, one of its own, and one of a group.
        if changed and index in (0, 4, 6):
            power_mw *= 1.3
        layers.append(results.layer(index, name, time_ms, power_mw, rng.choice([None, "Conv"]), group, missing))
    return layers


def make(program, archive, seed, copies=4):
    """Returns how many runs it has."""
    rng = random.Random(seed)
    count = 0
    batches = {}
    with tempfile.TemporaryDirectory(prefix="layerwatt-odd-") as folder:
        for (device, model), commit in itertools.product(PAIRS * copies, ("aaaa1111", "bbbb2222", None)):
            path = pathlib.Path(folder) / f"{count}.json"
            groups = 2 if rng.random() < 0.4 else 0
            scope = rng.choice(["module", "module", None])
            layers = layers_of(rng, groups, commit != "aaaa1111")
            path.write_text(results.result(device, model, layers, "sim", scope, groups), encoding="utf-8")
            late_s = 0 if commit == "aaaa1111" else 40 * 86400
            stamp = START_S + late_s + count * 3600 + rng.random()
            os.utime(path, (stamp, stamp))
            batches.setdefault((rng.choice([None, "b1", "b2", "b'3\""]), commit), []).append(path)
            count += 1
        for (board, commit), files in batches.items():
            words = [] if board is None else ["--board", board, "--board-names"]
            program.add(archive, files, *words, *([] if commit is None else ["--commit", commit]))
    return count


def litter(program, archive):
    """A run that a killed writer left without its row, and files that were never finished."""
    root = pathlib.Path(archive)
    gone = program.list(archive)[0]
    row = next(root.glob(f"runs/*/*/*/{gone['run_id']}.parquet"))
    row.unlink()
    (row.parent / f".{gone['run_id']}.parquet.1-ab.tmp").write_bytes(b"PAR1 half")
    (root / "layers" / row.parent.relative_to(root / "runs") / ".x.parquet.2-cd.tmp").write_bytes(b"")
    return 1
