"""Holds the archive to what docs/archive.md and docs/fleet.md say of it, at any size, with the real program.

  made      makes an archive of a made-up fleet with known faults (all marked simulated), which the ready
            questions must find; sizes, rows a second, seconds a question, as one file a run and compacted
  spark     Spark and DuckDB give the same rows to every question, on that archive and on an odd one of nulls,
            groups, names that repeat and names in other scripts
  kills     kill -9 at random moments of `archive add`: nothing unreadable, gc cleans, adding again completes
  writers   many processes add to one archive at once: nothing lost, nothing twice
  doc       the commands of docs/fleet.md, as they stand there
  privacy   nothing of this machine in what `profile --archive` writes

scripts/fleet-check installs what it needs and runs all of them. Exit code 1: a promise did not hold.
"""
import argparse
import os
import pathlib
import platform
import random
import shutil
import sys
import tempfile
import time

import made_archive
import odd_archive
from program import ROOT, Failed, Program, parquet_files, size_text

PARTS = ["made", "spark", "kills", "writers", "doc", "privacy"]


def say(text):
    print(f"    {text}", flush=True)


def sizes(archive):
    for table in ("runs", "layers", "samples"):
        files = parquet_files(archive / table)
        if files:
            total = sum(path.stat().st_size for path in files)
            yield f"{table}: {len(files)} files, {size_text(total)}, {size_text(total / len(files))} each"


def time_questions(program, archive, plan):
    layer = plan.layer_name(next(iter(plan.regressions))[1])
    commit = made_archive.COMMITS[made_archive.LAST_GOOD]
    for words in (["SELECT model, count(*), avg(energy_mj) FROM layers GROUP BY model"],
                  ["--question", "layer-trend", "--set", f"layer={layer}"],
                  ["--question", "regressions", "--set", f"commit={commit}"],
                  ["--question", "worst-boards"], ["--question", "board-spread"]):
        answers = [program.ask(archive, *words) for _ in range(3)]
        say(f"DuckDB {min(answer['seconds'] for answer in answers):5.2f} s, the whole program, best of 3 "
            f"({min(answer['cpu_s'] for answer in answers):.2f} s of processors): "
            f"{words[1] if words[0] == '--question' else words[0]}: {len(answers[0]['rows'])} rows")


def made(program, options, folder):
    import planted
    plan = made_archive.Plan(options.runs, options.layers, options.seed)
    archive, fast = folder / "made", folder / "made-fast"
    if archive.exists():
        say(f"{archive} is there already, and must be of these runs, layers and seed")
    else:
        write(program, plan, archive)
    for line in sizes(archive):
        say(f"one file a run: {line}")
    if not fast.exists():
        began, cpu = time.monotonic(), program.cpu_s()
        program.ok("archive", "compact", "--archive", archive, "-o", fast)
        say(f"compacted in {spent(program, began, cpu)}")
    for line in sizes(fast):
        say(f"compacted: {line}")
    began = time.monotonic()
    planted.check(program, fast, plan)
    say(f"what was planted was found in the compacted copy ({time.monotonic() - began:.1f} s)")
    time_questions(program, fast, plan)
    for words in (["--question", "worst-boards"], ["SELECT count(*), sum(energy_mj) FROM layers"]):
        answer = program.ask(archive, *words)
        say(f"DuckDB on one file a run: {answer['seconds']:.1f} s, {answer['cpu_s']:.1f} s of processors: {words[-1]}")
    return archive, fast


def write(program, plan, archive):
    began, cpu = time.monotonic(), program.cpu_s()
    seconds = made_archive.make(program, plan, archive, say)
    say(f"written: {plan.runs} runs, {plan.runs * plan.layers} layers in {seconds:.1f} s by one writer at a time: "
        f"{plan.runs / seconds:.0f} runs/s, {plan.runs * plan.layers / seconds:.0f} layers/s")
    say(f"    in all, with making up the results: {spent(program, began, cpu)}")


def spent(program, began, cpu):
    """Of a machine that others use too, the processors' time tells more than the clock."""
    return f"{time.monotonic() - began:.1f} s, {program.cpu_s() - cpu:.1f} s of processors"


def spark(program, options, folder, archives):
    import agree
    odd = folder / "odd"
    if not odd.exists():
        count = odd_archive.make(program, odd, options.seed, options.odd_copies)
        litter = odd_archive.litter(program, odd)
        program.ok("archive", "compact", "--archive", odd, "-o", folder / "odd-fast")
        say(f"an odd archive of {count} runs, {litter} of which lost its row")
    # The quick one first.
    archives = sorted(archives, reverse=True)
    began = time.monotonic()
    session = agree.spark_archive.session()
    say(f"Spark {session.version} started in {time.monotonic() - began:.1f} s")
    try:
        # Of twenty thousand files one question is enough: it is opening them that takes the time.
        for archive, only in [(odd, None), (folder / "odd-fast", None),
                              *((path, "worst-boards" if path.name == "made" else None) for path in archives)]:
            total = 0
            for what, rows, duckdb_s, spark_s in agree.check(program, session, archive, say, only):
                total += rows
                say(f"same {rows:6} rows, DuckDB {duckdb_s:5.2f} s, Spark {spark_s:6.2f} s: {what[:80]}")
            say(f"{archive.name}: {total} rows are the same")
    finally:
        session.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     prog="scripts/fleet-check")
    parser.add_argument("--only", action="append", choices=PARTS, help="this part; again for more")
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--layers", type=int, default=100)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--writers", type=int, default=1000)
    parser.add_argument("--odd-copies", type=int, default=4)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build/release/bin/layerwatt")
    parser.add_argument("--no-spark", action="store_true", help="leave Spark out, of the document too")
    parser.add_argument("--folder", type=pathlib.Path, help="make and keep the archives here; one that is there "
                                                           "already is used as it is")
    options = parser.parse_args()
    parts = options.only or [part for part in PARTS if part != "spark" or not options.no_spark]
    program = Program(options.program.resolve())
    folder = options.folder or pathlib.Path(tempfile.mkdtemp(prefix="layerwatt-fleet-"))
    folder.mkdir(parents=True, exist_ok=True)
    print(f"seed {options.seed}, {program.path}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, "
          f"{platform.platform()}, {time.strftime('%Y-%m-%d')}", flush=True)
    broken = []
    archives = [path for path in (folder / "made", folder / "made-fast") if path.is_dir()]
    for part in parts:
        print(f"{part}:", flush=True)
        began = time.monotonic()
        try:
            if part == "made":
                archives = made(program, options, folder)
            elif part == "spark":
                spark(program, options, folder, archives)
            elif part == "kills":
                import kills
                say(kills.check(program, options.kills, options.seed))
            elif part == "writers":
                import writers
                say(writers.check(program, options.writers, options.seed))
            elif part == "doc":
                import follow_doc
                commands = follow_doc.check(program, not options.no_spark)
                say(f"{len(commands)} blocks of commands in docs/fleet.md do what they say")
            elif part == "privacy":
                import privacy
                say(privacy.check(program))
            say(f"ok in {time.monotonic() - began:.1f} s")
        except Failed as failure:
            broken.append(part)
            say(f"BROKEN: {failure}")
    if options.folder is None:
        shutil.rmtree(folder)
    if broken:
        print(f"broken: {', '.join(broken)}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
