"""What `profile --archive` writes must hold nothing that tells whose machine it was: neither as it stands nor
inside of the compressed files, which are all read back for it."""
import getpass
import pathlib
import shutil
import socket
import tempfile

import pyarrow.parquet

from program import ROOT, Failed, parquet_files

MODEL = ROOT / "tests/fixtures/openvino/product.xml"


def secrets(folder):
    found = {"host name": socket.gethostname(), "folder": str(folder), "tree": str(ROOT), "home": str(pathlib.Path.home())}
    if len(getpass.getuser()) > 3 and getpass.getuser() != "root":
        found["user"] = getpass.getuser()
    for name in ("/etc/machine-id", "/proc/device-tree/serial-number", "/sys/class/dmi/id/product_serial",
                 "/sys/class/dmi/id/product_uuid", "/sys/class/net/eth0/address"):
        try:
            text = pathlib.Path(name).read_text(encoding="utf-8", errors="replace").strip("\0\n ")
        except OSError:
            continue
        if len(text) > 5:
            found[name] = text
    return {what: text for what, text in found.items() if len(text) > 3}


def texts_of(archive):
    """Every text that is in it: names of files, metadata, cells, and the bytes of what is no Parquet."""
    for path in pathlib.Path(archive).rglob("*"):
        yield str(path.relative_to(archive))
        if path.is_file() and path.suffix != ".parquet":
            yield path.read_text(encoding="utf-8", errors="replace")
    for path in parquet_files(archive):
        file = pyarrow.parquet.ParquetFile(path)
        yield repr(file.metadata.metadata) + repr(file.schema_arrow) + repr(file.metadata.created_by)
        for column in file.read().columns:
            yield from map(str, column.to_pylist())


def check(program):
    """Returns {"checked": what was looked for, "board": whether this machine got a hashed id}."""
    with tempfile.TemporaryDirectory(prefix="layerwatt-privacy-secretfolder-") as scratch:
        archive = pathlib.Path(scratch) / "archive"
        model = pathlib.Path(scratch) / "net.xml"
        shutil.copy(MODEL, model)
        for weights in MODEL.parent.glob("*.bin"):
            shutil.copy(weights, model.with_suffix(".bin"))
        done = program.run("profile", model, "--engine", "openvino", "--sensor", "estimate", "--iterations", "50", "--max-time", "3",
                           "--archive", archive, "--samples", "--quiet")
        if done.returncode != 0:
            return {"checked": [], "skipped": done.stderr.strip()[:200]}
        looked_for = secrets(pathlib.Path(scratch))
        for text in texts_of(archive):
            for what, secret in looked_for.items():
                if secret.lower() in text.lower():
                    raise Failed(f"{what} ({secret}) is in the archive: {text[:200]}")
        boards = program.rows(archive, "SELECT board, device_name, model_name FROM runs")
        if boards[0][2] != "net.xml":
            raise Failed(f"model_name is {boards[0][2]}")
        return {"checked": sorted(looked_for), "board": boards[0][0], "device": boards[0][1]}
