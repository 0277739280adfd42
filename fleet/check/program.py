"""The real `layerwatt`, asked and listened to."""
import json
import os
import pathlib
import resource
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Failed(Exception):
    """A promise that did not hold."""


class Program:
    def __init__(self, path):
        self.path = str(path)
        # Questions go to this Python, which has duckdb.
        self.environment = {**os.environ, "LAYERWATT_PYTHON": sys.executable, "LC_ALL": "C.UTF-8"}

    def command(self, *words):
        return [self.path, *map(str, words)]

    def run(self, *words):
        return subprocess.run(self.command(*words), env=self.environment, capture_output=True, text=True)

    def ok(self, *words):
        done = self.run(*words)
        if done.returncode != 0:
            raise Failed(f"{' '.join(map(str, words))[:200]}: exit code {done.returncode}: {done.stderr.strip()[:800]}")
        return done.stdout

    @staticmethod
    def cpu_s():
        """Of all that was run and has ended."""
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def add(self, archive, files, *more):
        return self.ok("archive", "add", *files, "--archive", archive, "--quiet", *more)

    def list(self, archive):
        return [json.loads(line) for line in self.ok("archive", "list", "--lines", "--archive", archive).splitlines()]

    def ask(self, archive, *words):
        """An answer: {"columns", "types", "rows"}, and the seconds that the whole program took, by the clock and
        of processors."""
        began, cpu = time.monotonic(), self.cpu_s()
        answer = json.loads(self.ok("archive", "query", "--archive", archive, "--json", "-", *words))
        answer["seconds"] = time.monotonic() - began
        answer["cpu_s"] = self.cpu_s() - cpu
        return answer

    def rows(self, archive, sql):
        return self.ask(archive, sql)["rows"]


def records(answer):
    return [dict(zip(answer["columns"], row)) for row in answer["rows"]]


def parquet_files(archive):
    return sorted(path for path in pathlib.Path(archive).rglob("*.parquet") if not path.name.startswith("."))


def unfinished_files(archive):
    return sorted(path for path in pathlib.Path(archive).rglob("*") if path.name.endswith(".tmp"))


def size_text(count):
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"
