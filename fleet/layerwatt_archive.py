"""Questions to a layerwatt archive, answered by DuckDB. Compiled into `layerwatt archive query`.

Called as `python3 layerwatt_archive.py REQUEST`, REQUEST being a JSON object:
  {"archive": DIR, "sql": TEXT, "parameters": {NAME: TEXT or number}}          a question
  {"archive": DIR, "compact": DIR2}                                            a compacted copy
Prints one JSON value a line: {"columns": [...], "types": [...]}, then a list for each row, then
{"rows": n, "files": n, "seconds": {...}}; or {"error": ..., "kind": "missing"|"bad_input"|"io"}.
spark_archive.py uses the functions that know the layout.
"""
import sys

# Before anything else is imported: the folder that one happens to stand in is no place to import from.
if __name__ == "__main__":
    sys.path[:] = [entry for entry in sys.path if entry not in ("", ".")]

import json
import os
import re
import time

MARKER = "layerwatt-archive.json"
TABLES = ("runs", "layers", "samples")
PARTITION = ("date", "device", "model")


class BadInput(Exception):
    pass


def marker(archive):
    try:
        with open(os.path.join(archive, MARKER), encoding="utf-8") as file:
            root = json.load(file)
    except OSError as error:
        raise BadInput(f"there is no archive: {archive} ({error.strerror})") from None
    if root.get("format") != "layerwatt-archive" or root.get("version") != 1:
        raise BadInput(f"{archive} is no archive that this version can read")
    return root


def parquet_files(root):
    """Names relative to root; unfinished files have other names, links are not followed."""
    found = []
    for folder, _, files in os.walk(root):
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
        return f"SELECT * FROM read_parquet({listed}, hive_partitioning=false)"
    # The names are text, whatever they look like: a model may be called 123.
    return (f"SELECT * FROM read_parquet({listed}, hive_partitioning=true, "
            "hive_types={'date': DATE, 'device': VARCHAR, 'model': VARCHAR})")


def connect(duckdb, archive, files):
    connection = duckdb.connect(":memory:")
    compacted = marker(archive).get("compacted", False)
    for table in TABLES:
        select = source(table, files[table], compacted)
        if select:
            connection.execute(f"CREATE TEMP VIEW {table} AS {select}")
    return connection


def lock(connection, archive):
    """From here on a query reaches the archive's own files and nothing else, and changes nothing."""
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


def answer(duckdb, request, emit):
    archive = os.path.abspath(request["archive"])
    began = time.perf_counter()
    files = complete_files(archive)
    if not files["runs"]:
        raise BadInput(f"the archive is empty: {archive}")
    listed = time.perf_counter()
    connection = connect(duckdb, archive, files)
    lock(connection, archive)
    sql, names = placeholders(request["sql"], "$")
    only_a_question(duckdb, connection, sql)
    given = request.get("parameters", {})
    missing = sorted(names - set(given))
    if missing:
        raise BadInput("a value is missing: " + ", ".join(f"--set {name}=…" for name in missing))
    ready = time.perf_counter()
    cursor = connection.execute(sql, {name: given[name] for name in names}) if names \
        else connection.execute(sql)
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
    os.makedirs(unfinished)
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
    os.rename(unfinished, target)
    emit({"columns": ["table", "rows"], "types": ["VARCHAR", "BIGINT"]})
    for table, count in rows.items():
        emit([table, count])
    emit({"rows": len(rows), "files": sum(len(names) for names in files.values()),
          "seconds": {"list": 0.0, "open": 0.0, "query": time.perf_counter() - began}})


def main():
    def emit(value):
        sys.stdout.write(json.dumps(value, ensure_ascii=True) + "\n")

    sys.path[:] = [entry for entry in sys.path if entry != os.getcwd()]
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
    except OSError as error:
        emit({"error": str(error), "kind": "io"})
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
