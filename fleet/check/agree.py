"""Spark and DuckDB must give the same rows to every ready question and to questions of one's own.

Numbers that are not whole may differ in their last digits, since the two add up in another order; everything
else, and the order of the rows, must be the same.
"""
import pathlib
import sys
import time

from program import ROOT, Failed

sys.path.insert(0, str(ROOT / "fleet"))
import spark_archive  # noqa: E402

RELATIVE = 1e-9
OWN = [
    "SELECT count(*) AS n, count(DISTINCT run_id) AS runs FROM layers",
    "SELECT * FROM runs ORDER BY run_id, model",
    "SELECT * FROM layers ORDER BY run_id, model, layer_index LIMIT 3000",
    "SELECT layer, reason, group_index, count(*) AS n, count(energy_mj) AS known, avg(power_mw) AS power_mw "
    "FROM layers GROUP BY layer, reason, group_index "
    "ORDER BY layer, reason NULLS FIRST, group_index NULLS FIRST",
    "SELECT date, device, model, measured, simulated, count(*) AS n FROM runs "
    "GROUP BY date, device, model, measured, simulated ORDER BY date, device, model",
    "SELECT l.layer, avg(l.energy_mj / r.energy_mj) AS share FROM layers l JOIN runs r ON l.run_id = r.run_id "
    "WHERE r.energy_mj > 0 GROUP BY l.layer ORDER BY l.layer",
]


def close(a, b):
    if isinstance(a, float) or isinstance(b, float):
        if not all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in (a, b)):
            return False
        return abs(a - b) <= RELATIVE * max(1e-9, abs(a), abs(b))
    return a == b and type(a) is type(b)


def same_row(a, b):
    return len(a) == len(b) and all(close(x, y) for x, y in zip(a, b))


def compare(what, duckdb, columns, rows):
    if duckdb["columns"] != columns:
        raise Failed(f"{what}: columns {duckdb['columns']} of DuckDB, {columns} of Spark")
    if len(duckdb["rows"]) != len(rows):
        raise Failed(f"{what}: {len(duckdb['rows'])} rows of DuckDB, {len(rows)} of Spark")
    for number, (a, b) in enumerate(zip(duckdb["rows"], rows)):
        if not same_row(a, b):
            raise Failed(f"{what}: row {number}: DuckDB {a}, Spark {b}")


def questions(archive_rows):
    """(what, ready question or None, SQL, values). `archive_rows(sql)`: rows of a question to DuckDB."""
    commits = [row[0] for row in archive_rows("SELECT commit_id FROM runs WHERE commit_id IS NOT NULL "
                                              "GROUP BY commit_id ORDER BY min(recorded)")]
    middle = commits[(len(commits) - 1) // 2]
    made = bool(archive_rows("SELECT 1 FROM layers WHERE layer = '/layer1/conv_17' LIMIT 1"))
    for name, values in [
        ("layer-trend", {"layer": "/layer1/conv!_1%" if made else "%"}),
        ("layer-trend", {"layer": "/layer1/conv_17" if made else "conv"}),
        ("regressions", {"commit": middle}),
        ("regressions", {"commit": commits[0], "min_change_pct": "0.01", "model": "m%"}),
        ("worst-boards", {}),
        ("board-spread", {}),
        ("board-spread", {"device": "%", "model": "m%"}),
    ]:
        sql = (ROOT / f"fleet/questions/{name}.sql").read_text(encoding="utf-8")
        yield f"{name} {values}", name, sql, values
    for sql in OWN:
        yield sql, None, sql, {}


def check(program, spark, archive, say, only=None):
    """Yields (question, rows, seconds of DuckDB with its process, seconds of Spark), as they agree."""
    began = time.monotonic()
    spark_archive.open_tables(spark, str(archive))
    say(f"Spark opened {archive} in {time.monotonic() - began:.1f} s")
    for what, name, sql, values in questions(lambda sql: program.rows(archive, sql)):
        if only is not None and name != only:
            continue
        words = ["--question", name] if name else [sql]
        for key, value in values.items():
            words += ["--set", f"{key}={value}"]
        duckdb = program.ask(archive, *words)
        between = time.monotonic()
        frame = spark_archive.ask(spark, sql, values)
        columns, rows = frame.columns, spark_archive.rows_of(frame)
        ended = time.monotonic()
        compare(what, duckdb, columns, rows)
        if name and not rows and "min_change_pct" not in values:
            raise Failed(f"{what}: no rows, so that nothing was compared")
        yield what, len(rows), duckdb["seconds"], ended - between
    for table_name in spark_archive.TABLES:
        spark.catalog.dropTempView(table_name)
