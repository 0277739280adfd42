"""`layerwatt archive add` is ended by kill -9 at random moments, again and again into the same archive.

No file of the archive may ever be unreadable, every question must have an answer, gc must clean up what is
left, and adding again must complete it: in the end the archive holds what one that nobody disturbed holds.
"""
import pathlib
import random
import subprocess
import tempfile
import time

import pyarrow.parquet

import results
from program import Failed, parquet_files, unfinished_files

RUNS_A_CALL = 12
CONTENT = ("SELECT r.run_id, r.model, r.recorded, r.commit_id, r.energy_mj, l.layer_index, l.layer, l.energy_mj "
           "FROM runs r JOIN layers l ON l.run_id = r.run_id ORDER BY r.run_id, l.layer_index")


def write_inputs(folder, rng, call, layers):
    inputs = []
    for run in range(RUNS_A_CALL):
        path = pathlib.Path(folder) / f"{call}-{run}.json"
        rows = [results.layer(index, f"layer {index}", 0.1, rng.uniform(1000, 9000)) for index in range(layers)]
        path.write_text(results.result("board (simulated)", f"model{call % 7}.onnx", rows), encoding="utf-8")
        inputs.append(path)
    return inputs


def add_words(archive, files):
    return ["archive", "add", *files, "--archive", archive, "--commit", "k", "--time", "2025-03-01T00:00:00Z",
            "--quiet"]


def check_readable(archive, seen):
    """Every file that has its name is a whole Parquet file. Those `seen` before need no second look, since
    none is ever changed."""
    for path in parquet_files(archive):
        status = path.stat()
        state = (status.st_ino, status.st_mtime_ns, status.st_size)
        if seen.get(path) == state:
            continue
        if path in seen:
            raise Failed(f"{path} was changed in place")
        try:
            rows = pyarrow.parquet.ParquetFile(path).read().num_rows
        except Exception as error:
            raise Failed(f"{path} cannot be read: {error}") from None
        if rows < 1:
            raise Failed(f"{path} has no rows")
        seen[path] = state


def check(program, moments, seed, layers=10):
    """Returns {"moments", …} of what was found."""
    rng = random.Random(seed)
    seen = {}
    found = {"killed": 0, "ended before the kill": 0}
    with tempfile.TemporaryDirectory(prefix="layerwatt-kills-") as scratch:
        archive = pathlib.Path(scratch) / "archive"
        calm = pathlib.Path(scratch) / "calm"
        inputs = [write_inputs(scratch, rng, 0, layers)]
        began = time.monotonic()
        program.ok(*add_words(calm, inputs[0]))
        takes_s = time.monotonic() - began
        while found["killed"] < moments:
            if found["ended before the kill"] > 10 * moments:
                raise Failed(f"only {found} of {moments}")
            inputs.append(write_inputs(scratch, rng, len(inputs), layers))
            moment_s = rng.uniform(0.0, takes_s)
            began = time.monotonic()
            child = subprocess.Popen(program.command(*add_words(archive, inputs[-1])), env=program.environment,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                child.wait(timeout=moment_s)
                found["ended before the kill"] += 1
                # How long it takes depends on what else the machine does.
                takes_s = time.monotonic() - began
                continue
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            found["killed"] += 1
            takes_s = max(takes_s, moment_s)
            if (archive / "runs").is_dir():
                check_readable(archive, seen)
                runs = len(program.list(archive))
                if found["killed"] % 10 == 0 and runs > 0:
                    counted = program.rows(archive, "SELECT count(*), count(DISTINCT run_id) FROM layers")
                    if counted != [[runs * layers, runs]]:
                        raise Failed(f"after kill {found['killed']}: {counted}, {runs} runs")
        check_readable(archive, seen)
        runs = {path.name for path in archive.glob("runs/*/*/*/*.parquet")}
        orphans = [path for path in archive.glob("layers/*/*/*/*.parquet") if path.name not in runs]
        found["temporary files left"] = len(unfinished_files(archive))
        found["layers left without a run"] = len(orphans)
        found["runs that were in"] = len(runs)
        if not runs:
            raise Failed("every kill came before the first run was in; try another seed")
        before = program.rows(archive, "SELECT count(*) FROM runs")

        program.ok("archive", "gc", "--archive", archive, "--unfinished-for", "0", "--delete", "--quiet")
        runs_left = {path.name for path in archive.glob("runs/*/*/*/*.parquet")}
        layers_left = {path.name for path in archive.glob("layers/*/*/*/*.parquet")}
        if unfinished_files(archive) or runs_left != runs or layers_left != runs:
            raise Failed(f"gc left {len(unfinished_files(archive))} temporary files, took {len(runs - runs_left)} runs, "
                         f"left {len(layers_left - runs)} layers without a run")
        if program.rows(archive, "SELECT count(*) FROM runs") != before:
            raise Failed("gc changed what is answered")

        everything = [path for files in inputs for path in files]
        program.ok(*add_words(archive, everything))
        program.ok(*add_words(calm, everything))
        if len(program.list(archive)) != len(everything):
            raise Failed(f"{len(program.list(archive))} runs of {len(everything)} after adding again")
        if program.rows(archive, CONTENT) != program.rows(calm, CONTENT):
            raise Failed("adding again did not complete what was killed")
    return found

