"""Lines of tegrastats as dicts of strings, and what jetsontools makes of them."""

from __future__ import annotations

import io
import re
import warnings
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Callable, Dict, List, Optional, Tuple, Union

from .. import _core
from ._metric import exact_mean

Entry = Dict[str, str]
Window = Tuple[float, float]
Number = Union[float, int]

_DATE = re.compile(r"(\d{2}-\d{2}-\d{4}) (\d{2}:\d{2}:\d{2}) ?")
# Now, mean since the start, and on new releases the maximum; old ones leave "mW" out.
_RAIL = re.compile(r"\d+(mW)?(/\d+(mW)?){1,2}\Z")
_TEMPERATURE = re.compile(r"([^\s@]+)@(-?[\d.]+C)(?:/-?[\d.]+C)?\Z")
_TOKEN = re.compile(r"\(([^)]*)\)|(\S+)")


@dataclass
class Metric:
    """jetsontools' Metric: mean, median, min and max of `raw`. ValueError for an empty `raw`."""

    raw: "List[Number]" = field(repr=False)
    mean: Number = -1.0
    median: Number = -1.0
    min: Number = -1.0
    max: Number = -1.0

    def __post_init__(self) -> None:
        if not self.raw:
            raise ValueError("Raw data cannot be empty")
        self.mean = exact_mean(self.raw)
        self.median = median(self.raw)
        self.min = min(self.raw)
        self.max = max(self.raw)


def _put(entry: Entry, name: str, value: str) -> None:
    """A rail that is called as something else on the line (CPU on AGX Xavier) keeps both."""
    if name in entry and _RAIL.match(value):
        name += "_RAIL"
    entry[name] = value


def _entry_of(text: str) -> Optional[Entry]:
    """The line's entry, or None for a line that is none: cut short, run together, a message."""
    try:
        _core.parse_tegrastats_line(text)
    except ValueError:
        return None
    entry: Entry = {}
    date = _DATE.match(text)
    if date:
        entry["DATE"], entry["TIME"] = date.groups()
        text = text[date.end() :]
    # Old releases glue them: "IRAM 0/252kB(lfb 252kB)".
    text = text.replace("(", " (").replace("EDP limit", "EDP_LIMIT")
    name: Optional[str] = None
    mts = False
    for group, word in _TOKEN.findall(text):
        if group:
            # "(lfb 199x4MB)" belongs to what stands before it.
            key, _, value = group.partition(" ")
            entry[key.upper()] = value
        elif mts and word in ("fg", "bg"):
            name = f"MTS_{word.upper()}"
        elif name is None:
            heat = _TEMPERATURE.match(word)
            if heat:
                entry[f"{heat.group(1).upper()}_TEMP"] = heat.group(2)
            elif word == "MTS":
                mts = True
            else:
                name = word
        else:
            _put(entry, name, word)
            name = None
    return entry


def parse_tegrastats(file: Union[Path, str, io.TextIOBase]) -> List[Entry]:
    """One dict of strings a line: 'timestamp' (where the line has one), 'DATE', 'TIME', then what
    tegrastats printed, temperatures as NAME_TEMP.

    file: a path, or a text stream. Lines that are cut short or are no lines of tegrastats are left
    out. Raises FileNotFoundError.

    >>> import io
    >>> line = "1729630462.09::10-22-2024 15:54:22 RAM 23/62MB (lfb 1x4MB) cpu@48.8C VDD_IN 5191mW/5190mW"
    >>> parse_tegrastats(io.StringIO(line))[0]["VDD_IN"]
    '5191mW/5190mW'
    """
    if isinstance(file, io.TextIOBase):
        lines = file.read().splitlines()
    else:
        path = Path(file)
        if not path.exists():
            raise FileNotFoundError(f"Could not find tegrastats output: {path}")
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    entries = []
    for line in lines:
        if "\x00" in line:
            continue
        stamp, delimiter, rest = line.strip().partition("::")
        if not delimiter:
            stamp, rest = "", stamp
        elif stamp:
            try:
                float(stamp)
            except ValueError:
                continue
        entry = _entry_of(rest.strip())
        if entry is None:
            continue
        entries.append({"timestamp": stamp, **entry} if stamp else entry)
    return entries


def filter_data(
    data: List[Entry], timestamps: List[Window]
) -> Tuple[List[Entry], List[Tuple[Window, List[Entry]]]]:
    """The entries inside any of the windows, each once, and the entries of each window.

    timestamps: (start, stop) in seconds, as time.time() gives them; both ends belong to the window.
    Raises KeyError for entries without 'timestamp'.
    """
    if not timestamps or not data:
        return [], []
    if any("timestamp" not in entry for entry in data):
        raise KeyError("no timestamp in the data: was it written by TegraStats?")
    times = [float(entry["timestamp"]) for entry in data]
    if any(later < earlier for earlier, later in zip(times, times[1:])):
        order = sorted(range(len(data)), key=times.__getitem__)
        data, times = [data[k] for k in order], [times[k] for k in order]
    once: Dict[int, Entry] = {}
    by_window = []
    for start, stop in timestamps:
        inside = range(bisect_left(times, start), bisect_right(times, stop))
        for k in inside:
            once[k] = data[k]
        by_window.append(((start, stop), [data[k] for k in inside]))
    return list(once.values()), by_window


def get_data(
    data: List[Entry], names: List[str], parsefunc: Callable[[str], Number]
) -> Dict[str, Metric]:
    """A Metric of parsefunc(text) by name, over the entries that have the name.

    Raises KeyError for a name that no entry has.
    """
    out = {}
    for name in names:
        raw = [parsefunc(entry[name]) for entry in data if name in entry]
        if not raw:
            raise KeyError(name)
        out[name] = Metric(raw)
    return out


def milliwatts(text: str) -> float:
    """'5191mW/5190mW' and '5191/5190': the reading of now."""
    return float(text.partition("/")[0].rstrip("mW"))


def _printed_name(key: str) -> str:
    return key[: -len("_RAIL")] if key.endswith("_RAIL") else key


def rails_of(data: List[Entry]) -> List[str]:
    """Keys of power rails, in the order in which they first appear."""
    names = set().union(*data)
    first: Entry = {}
    for entry in data:
        if len(first) == len(names):
            break  # as a rule by the first line
        # By its first value: a key means the same on every line.
        for name, value in entry.items():
            first.setdefault(name, value)
    return [name for name, value in first.items() if _printed_name(name) != "NC" and _RAIL.match(value)]


def total_rails(rails: List[str]) -> List[str]:
    """The rails whose sum is the board's power, by the set of its rails.

    For a board that is not known, all that are called VDD but VDD_IN, as jetsontools takes them, and
    a warning.
    """
    in_total, _, reason = _core.choose_rails([_printed_name(rail) for rail in rails])
    if in_total:
        return [rail for rail in rails if _printed_name(rail) in in_total]
    guessed = [rail for rail in rails if "VDD" in rail and rail != "VDD_IN"]
    if guessed:
        warnings.warn(
            f"VDD_TOTAL is a guess, {' + '.join(guessed)}: {reason}", RuntimeWarning, stacklevel=3
        )
    return guessed


def _sums(data: List[Entry], rails: List[str]) -> List[float]:
    """One a line that prints all of them: never a partial sum."""
    return [
        sum(milliwatts(entry[rail]) for rail in rails)
        for entry in data
        if all(rail in entry for rail in rails)
    ]


def get_powerdraw(data: List[Entry]) -> Dict[str, Metric]:
    """mW by rail, and VDD_TOTAL (the board), VIN_TOTAL and VDD_IN_TOTAL; {} where no rail is printed.

    VDD_TOTAL is the sum of the rails that make up the board's power: VDD_IN where the module has
    that input, three rails on AGX Orin (docs/migrating.md, D4).
    """
    rails = rails_of(data)
    out = get_data(data, rails, milliwatts) if rails else {}
    totals = {
        "VDD_TOTAL": total_rails(rails),
        "VIN_TOTAL": [rail for rail in rails if "VIN" in rail],
        "VDD_IN_TOTAL": [rail for rail in rails if "VDD_IN" in rail],
    }
    for name, parts in totals.items():
        raw = _sums(data, parts) if parts else []
        if raw:
            out[name] = Metric(raw)
    return out


