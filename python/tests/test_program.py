"""`python -m layerwatt`."""

import json
import signal
import subprocess
import sys

from conftest import run_cli

import layerwatt


def test_the_version_is_the_library_s():
    assert run_cli("--version").stdout == f"layerwatt {layerwatt.__version__}\n"


def test_the_same_arguments_and_exit_codes(simulated, tmp_path):
    ran = run_cli("analyze", simulated, "--json", "-", "--quiet")
    assert ran.returncode == 0
    assert json.loads(ran.stdout)["iterations"] == 200
    assert run_cli("analyze", tmp_path).returncode == 2
    gate = run_cli("analyze", simulated, "--budget", "energy<1mJ", "--quiet")
    assert gate.returncode == 3
    assert "hint" in run_cli("profile", "/nonexistent.onnx").stderr


def test_output_of_a_command_goes_where_it_should(tmp_path):
    ran = run_cli("record", "-o", tmp_path / "r", "--sensor", "none", "--", "true")
    assert ran.returncode == 2 and "sensor" in ran.stderr and ran.stdout == ""


def test_ctrl_c_ends_it_as_it_ends_the_program(orin_nx_spec):
    with subprocess.Popen(
        [sys.executable, "-m", "layerwatt", "simulate", str(orin_nx_spec), "--tegrastats",
         "--interval", "20"],
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        assert "VDD_IN" in program.stdout.readline()
        program.send_signal(signal.SIGINT)
        # As `layerwatt simulate --tegrastats` itself: at once, by the signal.
        assert program.wait(timeout=30) == -signal.SIGINT
