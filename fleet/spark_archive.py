"""Questions to a layerwatt archive on Apache Spark: the same SQL, for more runs than one machine holds.

    spark-submit spark_archive.py --archive URI --question regressions --set commit=abc --csv F
    spark-submit spark_archive.py --archive URI --sql "SELECT model, count(*) FROM runs GROUP BY model"
    spark-submit spark_archive.py --archive URI --compact URI2 --files 64

URI is whatever Spark reads: a folder, hdfs://…, s3a://…. A run is a row in `runs`: layers and samples
that have none are not looked at. This one file is all that a cluster needs; the ready questions are the
files beside it in questions/ (--questions names another folder). Unlike `layerwatt archive query`, Spark
does not lock a question in: the SQL can do what whoever submits it can.

Exit codes: 0 answered, 1 Spark failed, 2 usage or a question that cannot be answered.
"""
import argparse
import csv
import json
import os
import re
import sys
import time

MARKER = "layerwatt-archive.json"
TABLES = ("runs", "layers", "samples")
# Beside which of a run's files a row stands; the same id may stand under two names of a model.
RUN = ["date", "device", "model", "run_id"]
# Sorted by what questions ask for, so that a file's statistics let most of it be skipped.
ORDER = {"layers": ["model", "layer", "device", "recorded", "run_id", "layer_index"],
         "runs": ["recorded", "run_id"], "samples": ["run_id", "time_ns", "rail"]}


class BadInput(Exception):
    pass


# Of the SQL in the ready questions: what DuckDB takes as it is, and Spark where it is told to.
SETTINGS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.session.timeZone": "UTC",
    # The names are text, whatever they look like: a model may be called 123.
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    # `recorded` is UTC without saying so (docs/archive.md).
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.parquet.mergeSchema": "true",
}


def session():
    from pyspark.sql import SparkSession
    builder = SparkSession.builder.appName("layerwatt archive")
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    # Not where spark-submit says otherwise.
    builder = builder.config("spark.ui.showConsoleProgress", "false")
    spark = builder.getOrCreate()
    context = spark.sparkContext
    context.setLogLevel("ERROR")
    # The 200 tasks of Spark's default are for a cluster; on one machine starting them is most of the time.
    if context.master.startswith("local") and not context.getConf().contains("spark.sql.shuffle.partitions"):
        spark.conf.set("spark.sql.shuffle.partitions", str(2 * context.defaultParallelism))
    return spark


class Files:
    """What Hadoop's file systems are needed for: folders, HDFS and object stores alike."""

    def __init__(self, spark, root):
        self.spark = spark
        self.jvm = spark.sparkContext._jvm
        if "://" not in root:
            root = "file://" + os.path.abspath(root)
        self.root = root.rstrip("/")
        self.system = self.path("").getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())

    def path(self, name):
        return self.jvm.org.apache.hadoop.fs.Path(f"{self.root}/{name}" if name else self.root)

    def exists(self, name=""):
        return self.system.exists(self.path(name))

    def read_text(self, name):
        stream = self.system.open(self.path(name))
        try:
            return bytes(self.jvm.org.apache.commons.io.IOUtils.toByteArray(stream)).decode("utf-8")
        finally:
            stream.close()

    def write_text(self, name, text):
        stream = self.system.create(self.path(name), False)
        try:
            stream.write(bytearray(text.encode("utf-8")))
        finally:
            stream.close()


def marker(files):
    if not files.exists(MARKER):
        raise BadInput(f"there is no archive: {files.root}")
    try:
        root = json.loads(files.read_text(MARKER))
    except ValueError:
        root = None
    if not isinstance(root, dict) or root.get("format") != "layerwatt-archive" or root.get("version") != 1:
        raise BadInput(f"{files.root} is no archive that this version can read")
    return root


def open_one(spark, archive):
    """Frames by table, of complete runs alone; the marker's content."""
    files = Files(spark, archive)
    root = marker(files)
    frames = {}
    if not files.exists("runs"):
        raise BadInput(f"the archive is empty: {archive}")
    for table in TABLES:
        if not files.exists(table):
            continue
        where = f"{files.root}/{table}"
        if root.get("compacted", False):
            frames[table] = spark.read.parquet(where)
            continue
        # Unfinished files have names with a dot in front, which Spark leaves out.
        frame = spark.read.option("basePath", where).parquet(where)
        frame = frame.withColumn("date", frame["date"].cast("date"))
        if table != "runs":
            # The join puts its columns first; `SELECT *` is to be as DuckDB's.
            frame = frame.join(frames["runs"].select(*RUN), RUN, "left_semi").select(*frame.columns)
        frames[table] = frame
    return frames, root


def open_tables(spark, *archives):
    """The archives' tables, one after the other, as temporary views; the first one's marker."""
    opened = [open_one(spark, archive) for archive in archives]
    for table in TABLES:
        frames = [frames[table] for frames, _ in opened if table in frames]
        if not frames:
            continue
        together = frames[0]
        for frame in frames[1:]:
            together = together.unionByName(frame, allowMissingColumns=True)
        together.createOrReplaceTempView(table)
    return opened[0][1]


def header(sql):
    """(key, value) of the comment lines at the top of a ready question."""
    for line in sql.splitlines():
        if not line.startswith("-- "):
            return
        key, _, value = line[3:].partition(": ")
        yield key, value


def placeholders(sql):
    """Names of `:name` outside of quotes and comments."""
    plain = re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*", " ", sql)
    return set(re.findall(r"(?:^|[^:\w]):([a-z_]\w*)", plain))


def values_for(sql, given):
    names = placeholders(sql)
    missing = sorted(names - set(given))
    if missing:
        raise BadInput("a value is missing: " + ", ".join(f"--set {name}=…" for name in missing))
    return {name: given[name] for name in names}


def ask(spark, sql, given):
    """The answer as a data frame. Raises BadInput."""
    values = {}
    for key, value in header(sql):
        if key == "parameter" and " = " in value:
            name, _, default = value.partition(" = ")
            values[name] = default
    unused = sorted(set(given) - placeholders(sql))
    if unused:
        raise BadInput("the question has no " + ", ".join(f":{name}" for name in unused))
    values.update(given)
    for key, value in header(sql):
        if key == "needs":
            what, _, check = value.partition(": ")
            if not spark.sql(check, args=values_for(check, values)).take(1):
                raise BadInput(what)
    return spark.sql(sql, args=values_for(sql, values))


def plain(value):
    """As JSON, the same as `layerwatt archive query --json` gives."""
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


def rows_of(frame):
    return [[plain(value) for value in row] for row in frame.collect()]


def compact(spark, archives, target, count):
    """A copy with `count` sorted files of layers; its marker is written last and makes it one."""
    root = open_tables(spark, *archives)
    out = Files(spark, target)
    if out.exists():
        raise BadInput(f"{target} exists already: a compacted copy is a new folder")
    counts = {}
    for table in TABLES:
        if not spark.catalog.tableExists(table):
            continue
        frame = spark.table(table)
        parts = count if table == "layers" else max(1, count // 8)
        frame.repartitionByRange(parts, *ORDER[table]).sortWithinPartitions(*ORDER[table]) \
            .write.option("compression", "zstd").parquet(f"{out.root}/{table}")
        counts[table] = spark.read.parquet(f"{out.root}/{table}").count()
    root["compacted"] = True
    out.write_text(MARKER, json.dumps(root, indent=1))
    return counts


def shown(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def write_csv(file, columns, rows):
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([shown(value) for value in row] for row in rows)


def write_json(file, columns, types, rows):
    json.dump({"schema": "layerwatt.answer/1", "columns": columns, "types": types, "rows": rows}, file,
              ensure_ascii=False)
    file.write("\n")


def write_to(name, write):
    if name == "-":
        write(sys.stdout)
    elif name:
        with open(name, "w", encoding="utf-8", newline="") as file:
            write(file)


def question_names(folder):
    try:
        return sorted(name[:-4] for name in os.listdir(folder) if name.endswith(".sql"))
    except OSError:
        return []


def ready_question(folder, name):
    names = question_names(folder)
    if name not in names:
        raise BadInput(f"there is no ready question '{name}' in {folder}: there are {', '.join(names) or 'none'}")
    with open(os.path.join(folder, f"{name}.sql"), encoding="utf-8") as file:
        return file.read()


def given_values(texts):
    values = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise BadInput(f"'{text}' is not NAME=VALUE: --set layer=conv1")
        values[name] = value
    return values


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0],
                                     epilog="docs/fleet.md shows the way from a recording to here.")
    parser.add_argument("--archive", required=True, metavar="URI", action="append",
                        help="folder, hdfs://… or s3a://…; again for more, which are asked as one")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--sql", help="one SELECT over the tables runs, layers and samples")
    what.add_argument("--question", metavar="NAME", help="a ready question")
    what.add_argument("--compact", metavar="URI", help="write a copy of few large sorted files; must not exist")
    parser.add_argument("--files", type=int, default=8, metavar="N",
                        help="of layers in a compacted copy; some 256 MB each are good (default %(default)s)")
    parser.add_argument("--questions", metavar="DIR", help="folder of the ready questions (beside this file)",
                        default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "questions"))
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE",
                        help="a value for :NAME in the question; again for each")
    parser.add_argument("--csv", metavar="F", help="write the answer as CSV to F; - is stdout (and what is "
                                                   "done where neither is given)")
    parser.add_argument("--json", metavar="F", help="write the answer as JSON to F; - is stdout")
    options = parser.parse_args(arguments)
    if options.files < 1:
        parser.error("--files: at least 1")
    return options


def run(options):
    given = given_values(options.set)
    sql = options.sql or (ready_question(options.questions, options.question) if options.question else None)
    began = time.monotonic()
    spark = session()
    started = time.monotonic()
    if options.compact:
        columns, types = ["table", "rows"], ["string", "bigint"]
        rows = [list(item) for item in compact(spark, options.archive, options.compact, options.files).items()]
    else:
        open_tables(spark, *options.archive)
        frame = ask(spark, sql, given)
        columns = frame.columns
        types = [kind for _, kind in frame.dtypes]
        rows = rows_of(frame)
    write_to(options.json, lambda file: write_json(file, columns, types, rows))
    write_to(options.csv or ("" if options.json else "-"), lambda file: write_csv(file, columns, rows))
    print(f"{len(rows)} rows in {time.monotonic() - started:.2f} s, after {started - began:.2f} s for Spark "
          "to start", file=sys.stderr)


def main():
    options = parse(sys.argv[1:])
    try:
        from py4j.protocol import Py4JError
        from pyspark.errors import AnalysisException, ParseException, PySparkException
    except ImportError as error:
        print(f"error: {sys.executable} has no pyspark: {error}\n"
              "hint: pip install pyspark, and Java 17 (Debian: openjdk-17-jre-headless)", file=sys.stderr)
        return 1
    try:
        run(options)
    except BadInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except (AnalysisException, ParseException) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except (PySparkException, Py4JError, OSError) as error:
        print(f"error: {str(error)[:2000]}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
