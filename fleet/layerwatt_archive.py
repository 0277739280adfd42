"""Questions to a layerwatt archive, answered by DuckDB. Compiled into `layerwatt archive query`.

Called as `python3 layerwatt_archive.py REQUEST`, REQUEST being a JSON object:
  {"archive": DIR, "sql": TEXT, "parameters": {NAME: TEXT or number}}          a question
  {"archive": DIR, "compact": DIR2}                                            a compacted copy
Prints one JSON value a line: {"columns": [...], "types": [...]}, then a list for each row, then
{"rows": n, "files": n, "seconds": {...}}; or {"error": ..., "kind": "missing"|"bad_input"|"io"}.
spark_archive.py does the same on Spark, on its own: a cluster gets that one file.
"""
import sys

# Before anything else is imported: the folder that one happens to stand in is no place to import from.
if __name__ == "__main__":
    sys.path[:] = [entry for entry in sys.path if entry not in ("", ".")]

import json
import os
import re
import shutil
import signal
import tempfile
import time

MARKER = "layerwatt-archive.json"
TABLES = ("runs", "layers", "samples")
PARTITION = ("date", "device", "model")


class BadInput(Exception):
    pass


class Unreadable(Exception):
    pass


def marker(archive):
    try:
        with open(os.path.join(archive, MARKER), encoding="utf-8") as file:
            root = json.load(file)
    except OSError as error:
        raise BadInput(f"there is no archive: {archive} ({error.strerror})") from None
    except ValueError:
        root = None
    if not isinstance(root, dict) or root.get("format") != "layerwatt-archive" or root.get("version") != 1:
        raise BadInput(f"{archive} is no archive that this version can read")
    return root


def parquet_files(root):
    """Names relative to root; unfinished files have other names, links are not followed."""
    found = []

    def unreadable(error):
        # A folder that cannot be read must not pass for an empty one.
        if not isinstance(error, FileNotFoundError):
            raise error

    for folder, _, files in os.walk(root, onerror=unreadable):
        inside = os.path.relpath(folder, root)
        found.extend(os.path.join(inside, name) for name in files
                     if name.endswith(".parquet") and not name.startswith("."))
    return sorted(found)


def complete_files(archive):
    """Table -> paths. A run's own row is written last: without it its layers do not count."""
    compacted = marker(archive).get("compacted", False)
    names = {table: parquet_files(os.path.join(archive, table)) for table in TABLES}
    if not compacted:
        complete = set(names["runs"])
        names = {table: [name for name in files if name in complete] for table, files in names.items()}
    return {table: [os.path.normpath(os.path.join(archive, table, name)) for name in files]
            for table, files in names.items()}


def placeholders(sql, prefix):
    """`:name` outside of quotes and comments (as Spark writes parameters) with another prefix."""
    pieces = re.split(r"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*)", sql)
    names = set()

    def one(match):
        names.add(match.group(2))
        return f"{match.group(1)}{prefix}{match.group(2)}"

    for i in range(0, len(pieces), 2):
        pieces[i] = re.sub(r"(^|[^:\w]):([a-z_]\w*)", one, pieces[i])
    return "".join(pieces), names


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def plain(value):
    """As JSON: a number that is none becomes null, what JSON lacks becomes text."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if type(value).__name__ == "Decimal":
        return float(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def source(table, files, compacted):
    if not files:
        return None
    listed = "[" + ",".join(quoted(file) for file in files) + "]"
    if compacted:
        return f"SELECT * FROM read_parquet({listed}, hive_partitioning=false, union_by_name=true)"
    # The names are text, whatever they look like: a model may be called 123. By name, since a later
    # version may have added columns.
    return (f"SELECT * FROM read_parquet({listed}, hive_partitioning=true, union_by_name=true, "
            "hive_types={'date': DATE, 'device': VARCHAR, 'model': VARCHAR})")


def connect(duckdb, archive, files):
    connection = duckdb.connect(":memory:")
    connection.execute("SET enable_progress_bar=false")
    compacted = marker(archive).get("compacted", False)
    for table in TABLES:
        select = source(table, files[table], compacted)
        if not select:
            continue
        try:
            connection.execute(f"CREATE TEMP VIEW {table} AS {select}")
        except duckdb.Error as error:
            # Without the statement, which names every file.
            problem = str(error).partition("\n\nLINE ")[0].removeprefix("Invalid Input Error: ")
            raise Unreadable(f"a file of the archive is damaged: {problem}. Bring it back from a copy, or remove "
                             "it and those of its name in the other tables, and add the run again") from None
    return connection


def lock(connection, archive):
    """From here on a query reaches the archive's own files and nothing else, and changes nothing."""
    # What does not fit into memory goes to neither the archive nor the folder that one stands in.
    spill = os.path.join(tempfile.gettempdir(), f"layerwatt-question-{os.getpid()}")
    connection.execute(f"SET temp_directory={quoted(spill)}")
    connection.execute(f"SET allowed_directories=[{quoted(os.path.join(archive, ''))}]")
    for setting in ("autoinstall_known_extensions=false", "autoload_known_extensions=false",
                    "allow_community_extensions=false", "enable_external_access=false",
                    "lock_configuration=true"):
        connection.execute(f"SET {setting}")


def only_a_question(duckdb, connection, sql):
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise BadInput(f"one statement is expected, and there are {len(statements)}")
    kind = statements[0].type
    # No EXPLAIN either: EXPLAIN ANALYZE COPY does copy, and the archive's folder may be written to.
    if kind != duckdb.StatementType.SELECT:
        raise BadInput(f"only questions (SELECT) are allowed, and this is {kind.name}")


def needs(sql):
    """What a ready question's header asks for, so that an empty answer never hides a wrong name:
    `-- needs: WHAT IS WRONG: SELECT …`, which must find a row."""
    for line in sql.splitlines():
        if not line.startswith("-- "):
            break
        if line.startswith("-- needs: "):
            what, _, check = line[len("-- needs: "):].partition(": ")
            yield what, check


def values_for(names, given):
    missing = sorted(names - set(given))
    if missing:
        raise BadInput("a value is missing: " + ", ".join(f"--set {name}=…" for name in missing))
    return {name: given[name] for name in names}


def execute(duckdb, connection, sql, given):
    sql, names = placeholders(sql, "$")
    only_a_question(duckdb, connection, sql)
    values = values_for(names, given)
    return connection.execute(sql, values) if names else connection.execute(sql)


def answer(duckdb, request, emit):
    archive = os.path.abspath(request["archive"])
    began = time.perf_counter()
    files = complete_files(archive)
    if not files["runs"]:
        raise BadInput(f"the archive is empty: {archive}")
    listed = time.perf_counter()
    connection = connect(duckdb, archive, files)
    lock(connection, archive)
    given = request.get("parameters", {})
    unused = sorted(set(given) - placeholders(request["sql"], "$")[1])
    if unused:
        raise BadInput("the question has no " + ", ".join(f":{name}" for name in unused))
    ready = time.perf_counter()
    for what, check in needs(request["sql"]):
        if not execute(duckdb, connection, check, given).fetchall():
            raise BadInput(what)
    cursor = execute(duckdb, connection, request["sql"], given)
    emit({"columns": [column[0] for column in cursor.description],
          "types": [str(column[1]) for column in cursor.description]})
    rows = 0
    while batch := cursor.fetchmany(1000):
        for row in batch:
            emit([plain(value) for value in row])
            rows += 1
    done = time.perf_counter()
    emit({"rows": rows, "files": sum(len(names) for names in files.values()),
          "seconds": {"list": listed - began, "open": ready - listed, "query": done - ready}})


def compact(duckdb, request, emit):
    archive = os.path.abspath(request["archive"])
    target = os.path.abspath(request["compact"])
    if os.path.exists(target):
        raise BadInput(f"{target} exists already: a compacted copy is a new folder")
    began = time.perf_counter()
    files = complete_files(archive)
    if not files["runs"]:
        raise BadInput(f"the archive is empty: {archive}")
    connection = connect(duckdb, archive, files)
    unfinished = f"{target}.{os.getpid()}.tmp"
    # So that what is half done is removed when layerwatt is interrupted.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    os.makedirs(unfinished)
    try:
        rows = write_compacted(connection, archive, files, unfinished)
        os.rename(unfinished, target)
    finally:
        # Not there any more where everything went well.
        shutil.rmtree(unfinished, ignore_errors=True)
    emit({"columns": ["table", "rows"], "types": ["VARCHAR", "BIGINT"]})
    for table, count in rows.items():
        emit([table, count])
    emit({"rows": len(rows), "files": sum(len(names) for names in files.values()),
          "seconds": {"list": 0.0, "open": 0.0, "query": time.perf_counter() - began}})


def write_compacted(connection, archive, files, unfinished):
    """Returns how many rows each table has."""
    spill = os.path.join(unfinished, ".spill")
    connection.execute(f"SET temp_directory={quoted(spill)}")
    rows = {}
    for table in TABLES:
        if not files[table]:
            continue
        os.mkdir(os.path.join(unfinished, table))
        # Sorted by what questions ask for, so that a file's statistics let most of it be skipped.
        order = {"layers": "model, layer, device, recorded, run_id, layer_index",
                 "runs": "recorded, run_id", "samples": "run_id, time_ns, rail"}[table]
        path = os.path.join(unfinished, table, "part-0.parquet")
        connection.execute(f"COPY (SELECT * FROM {table} ORDER BY {order}) TO {quoted(path)} "
                           "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 100000)")
        rows[table] = connection.execute(f"SELECT count(*) FROM read_parquet({quoted(path)})").fetchone()[0]
        with open(path, "rb") as written:
            os.fsync(written.fileno())
    root = marker(archive)
    root["compacted"] = True
    with open(os.path.join(unfinished, MARKER), "w", encoding="utf-8") as file:
        json.dump(root, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    shutil.rmtree(spill, ignore_errors=True)
    return rows


def main():
    # The answer alone goes to stdout, a whole line at a time: whatever else is printed by a library would
    # land inside a line that is being written, and its row would be lost.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)

    def emit(value):
        answers.write(json.dumps(value, ensure_ascii=True) + "\n")

    # The folder that one happens to stand in is no place to import from.
    sys.path[:] = [entry for entry in sys.path if entry not in ("", os.getcwd())]
    try:
        import duckdb
    except ImportError as error:
        emit({"error": f"{sys.executable} has no duckdb: {error}", "kind": "missing"})
        return 1
    request = json.loads(sys.argv[1])
    try:
        (compact if "compact" in request else answer)(duckdb, request, emit)
    except BadInput as error:
        emit({"error": str(error), "kind": "bad_input"})
    except duckdb.Error as error:
        emit({"error": str(error), "kind": "bad_input"})
    except (OSError, Unreadable) as error:
        emit({"error": str(error), "kind": "io"})
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
