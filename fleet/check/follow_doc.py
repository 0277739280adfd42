"""Runs the commands of docs/fleet.md as they stand there, one block after the other, in an empty folder that has
the tree's examples/ and fleet/ in it: every block that begins with ```sh. Setting up is what ran this."""
import csv
import os
import pathlib
import re
import subprocess
import tempfile

from program import ROOT, Failed

CHANGED = "features.1.conv.2"


def blocks(text):
    return re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S)


def environment_of(program, tools):
    """Where `layerwatt`, `python3` with duckdb, and `spark-submit` are found."""
    python = pathlib.Path(program.environment["LAYERWATT_PYTHON"])
    os.symlink(program.path, tools / "layerwatt")
    environment = {**program.environment, "PATH": f"{tools}:{python.parent}:{os.environ['PATH']}"}
    del environment["LAYERWATT_PYTHON"]  # a newcomer has not set it
    return environment


def changed_layers(path):
    with open(path, encoding="utf-8", newline="") as file:
        return [row["layer"] for row in csv.DictReader(file)]


def check(program, with_spark):
    """Returns the commands that were run."""
    commands = blocks((ROOT / "docs/fleet.md").read_text(encoding="utf-8"))
    if not with_spark:
        commands = [block for block in commands if "spark" not in block]
    if len(commands) < 7:
        raise Failed(f"docs/fleet.md has {len(commands)} blocks of commands")
    answers, plots = [], []
    with tempfile.TemporaryDirectory(prefix="layerwatt-doc-") as scratch:
        folder = pathlib.Path(scratch) / "tree"
        tools = pathlib.Path(scratch) / "bin"
        folder.mkdir()
        tools.mkdir()
        for name in ("examples", "fleet"):
            os.symlink(ROOT / name, folder / name)
        environment = environment_of(program, tools)
        for block in commands:
            done = subprocess.run(["bash", "-eu", "-c", block], cwd=folder, env=environment, capture_output=True,
                                  text=True)
            if done.returncode != 0:
                raise Failed(f"docs/fleet.md: exit code {done.returncode} of\n{block}\n{done.stderr[-2000:]}")
            demo = folder / "fleet-demo"
            answers += [changed_layers(path) for path in demo.glob("regressions*.csv")]
            plots += [path.read_text(encoding="utf-8") for path in demo.glob("*.svg")]
        if (folder / "fleet-demo").exists():
            raise Failed("docs/fleet.md leaves fleet-demo behind")
    if not answers or any(layers != [CHANGED] for layers in answers):
        raise Failed(f"docs/fleet.md: regressions are {answers}, not {CHANGED}")
    if not plots or "<polyline" not in plots[-1]:
        raise Failed("docs/fleet.md: nothing was plotted")
    return commands
