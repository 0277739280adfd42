"""Many processes add into one archive at the same time: half of them runs of their own, half the same few runs.
Nothing may be lost, and nothing be there twice."""
import collections
import os
import pathlib
import random
import resource
import subprocess
import tempfile
import time

import results
from program import Failed, unfinished_files

SHARED = 10  # runs that many writers add


def check(program, writers, seed, layers=20):
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="layerwatt-writers-") as scratch:
        archive = pathlib.Path(scratch) / "archive"
        jobs = []
        for number in range(writers):
            own = number % 2 == 0
            name = f"own-{number}" if own else f"shared-{number // 2 % SHARED}"
            path = pathlib.Path(scratch) / f"{name}.json"
            if not path.exists():
                rows = [results.layer(index, f"layer {index}", 0.1, rng.uniform(1000, 9000)) for index in range(layers)]
                path.write_text(results.result("board (simulated)", "m.onnx", rows), encoding="utf-8")
                # So that all writers of a run see one time.
                os.utime(path, (1_740_787_200 + number % 86400,) * 2)
            jobs.append(path)
        rng.shuffle(jobs)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
        # All wait at the end of one pipe, and go when it is closed.
        gate_read, gate_write = os.pipe()
        children = []
        for number, path in enumerate(jobs):
            command = ["sh", "-c", 'read -r _; exec "$@"', "sh",
                       *program.command("archive", "add", path, "--archive", archive, "--quiet")]
            children.append(subprocess.Popen(command, env=program.environment, stdin=gate_read,
                                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))
        os.close(gate_read)
        began = time.monotonic()
        os.close(gate_write)
        failures = []
        for child in children:
            words = child.communicate()[1]
            if child.returncode != 0:
                failures.append((child.returncode, words.decode(errors="replace")[-300:]))
        seconds = time.monotonic() - began
        if failures:
            raise Failed(f"{len(failures)} of {writers} writers failed: {failures[0]}")
        expected = len(set(jobs))
        listed = collections.Counter(run["run_id"] for run in program.list(archive))
        if len(listed) != expected or max(listed.values()) != 1:
            raise Failed(f"{len(listed)} runs, {expected} were added; {listed.most_common(1)}")
        counted = program.rows(archive, "SELECT count(*), count(DISTINCT run_id) FROM runs")
        rows = program.rows(archive, "SELECT count(*), count(DISTINCT run_id), count(energy_mj) FROM layers")
        if counted != [[expected, expected]] or rows != [[expected * layers, expected, expected * layers]]:
            raise Failed(f"runs {counted}, layers {rows}, {expected} runs were added")
        if unfinished_files(archive):
            raise Failed(f"{len(unfinished_files(archive))} temporary files are left")
    return {"writers": writers, "distinct runs": expected, "seconds": round(seconds, 1)}
