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


def write_inputs(folder, rng, calls, layers):
    inputs = []
    for call in range(calls):
        inputs.append([])
        for run in range(RUNS_A_CALL):
            path = pathlib.Path(folder) / f"{call}-{run}.json"
            rows = [results.layer(index, f"layer {index}", 0.1, rng.uniform(1000, 9000)) for index in range(layers)]
            path.write_text(results.result("board (simulated)", f"model{call % 7}.onnx", rows), encoding="utf-8")
            inputs[-1].append(path)
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
    found = {"moments": moments, "ended before the kill": 0, "temporary files left": 0, "layers left without a run": 0}
    with tempfile.TemporaryDirectory(prefix="layerwatt-kills-") as scratch:
        archive = pathlib.Path(scratch) / "archive"
        inputs = write_inputs(scratch, rng, moments, layers)
        calm = pathlib.Path(scratch) / "calm"
        began = time.monotonic()
        program.ok(*add_words(calm, inputs[0]))
        longest_s = 1.1 * (time.monotonic() - began)
        for number, files in enumerate(inputs):
            child = subprocess.Popen(program.command(*add_words(archive, files)), env=program.environment,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(rng.uniform(0.0, longest_s))
            child.kill()
            if child.wait() != -9:
                found["ended before the kill"] += 1
            if archive.is_dir() and (archive / "runs").is_dir():
                check_readable(archive, seen)
                runs = len(program.list(archive))
                if number % 10 == 0 and runs > 0:
                    counted = program.rows(archive, "SELECT count(*), count(DISTINCT run_id) FROM layers")
                    if counted != [[runs * layers, runs]]:
                        raise Failed(f"after kill {number}: {counted}, {runs} runs")
        check_readable(archive, seen)
        runs = {path.name for path in archive.glob("runs/*/*/*/*.parquet")}
        orphans = [path for path in archive.glob("layers/*/*/*/*.parquet") if path.name not in runs]
        found["temporary files left"] = len(unfinished_files(archive))
        found["layers left without a run"] = len(orphans)
        found["runs that were in"] = len(runs)
        before = program.rows(archive, "SELECT count(*) FROM runs")

        program.ok("archive", "gc", "--archive", archive, "--unfinished-for", "0", "--delete", "--quiet")
        runs_left = {path.name for path in archive.glob("runs/*/*/*/*.parquet")}
        layers_left = {path.name for path in archive.glob("layers/*/*/*/*.parquet")}
        if unfinished_files(archive) or runs_left != runs or layers_left != runs:
            raise Failed(f"gc left {len(unfinished_files(archive))} temporary files, took {len(runs - runs_left)} runs, "
                         f"left {len(layers_left - runs)} layers without a run")
        if program.rows(archive, "SELECT count(*) FROM runs") != before:
            raise Failed("gc changed what is answered")

        for files in inputs:
            program.ok(*add_words(archive, files))
            program.ok(*add_words(calm, files))
        if len(program.list(archive)) != moments * RUNS_A_CALL:
            raise Failed(f"{len(program.list(archive))} runs of {moments * RUNS_A_CALL} after adding again")
        if program.rows(archive, CONTENT) != program.rows(calm, CONTENT):
            raise Failed("adding again did not complete what was killed")
    return found

