"""What the tests share: simulated boards, a recording of one, and doctests of the package."""

import doctest
import os
import pathlib
import signal
import stat
import subprocess
import sys

import numpy
import pytest

import layerwatt

# A shell that runs the tests in the background has SIGINT ignored in them, and in all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run_cli(*words, **options):
    """`python -m layerwatt` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "layerwatt", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )


@pytest.fixture(scope="session")
def ideal_spec():
    return ROOT / "examples" / "sim" / "ideal.sim.json"


@pytest.fixture(scope="session")
def orin_nx_spec():
    return ROOT / "examples" / "sim" / "orin-nx-averaged.sim.json"


@pytest.fixture(scope="session")
def simulated(tmp_path_factory, ideal_spec):
    """Folder of a recording whose truth is known, in truth.json."""
    folder = tmp_path_factory.mktemp("simulated") / "recording"
    layerwatt.profile(ideal_spec, iterations=200, save=folder)
    return folder


@pytest.fixture
def power_csv(tmp_path):
    """Power that something else writes: half a minute of 2 W from now, a reading every 0.2 ms, so
    that no layer of a test is without one."""
    path = tmp_path / "power.csv"
    write_power(path)
    return path


def write_power(path):
    now = layerwatt.now_ns()
    times = numpy.arange(now - 1_000_000_000, now + 30_000_000_000, 200_000)
    rows = "".join([f"{t},2000\n" for t in times.tolist()])
    path.write_text("time_ns,BOARD\n" + rows)


@pytest.fixture
def fake_tegrastats(tmp_path, monkeypatch, orin_nx_spec):
    """A tegrastats that prints the lines of a simulated board, live."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "tegrastats"
    python_path = os.environ.get("PYTHONPATH", "")
    program.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = --stop ]; then echo "$0 was asked to stop" >>"$0.stopped"; exit 0; fi\n'
        f"PYTHONPATH='{python_path}' exec '{sys.executable}' -m layerwatt simulate "
        f"'{orin_nx_spec}' --tegrastats \"$@\"\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("LAYERWATT_TEGRASTATS", str(program))
    return program


def doctest_folder(folder, spec):
    """What the examples in docstrings and docs find in their working directory."""
    (folder / "board.sim.json").write_bytes(spec.read_bytes())
    layerwatt.profile(spec, iterations=200, save=folder / "recording")
    write_power(folder / "power.csv")


def run_doctests(finder_result):
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    for test in finder_result:
        runner.run(test)
    return runner.summarize(verbose=False)
