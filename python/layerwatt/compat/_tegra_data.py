"""TegraData: what tegrastats wrote, parsed."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Dict, List, Optional, Tuple, Union

from .. import _core
from ._tegra_text import (
    Entry,
    Metric,
    Window,
    filter_data,
    get_data,
    get_powerdraw,
    parse_tegrastats,
)

# A figure, with its unit perhaps; all else that begins like this is a formula to a spreadsheet.
_FIGURE = re.compile(r"[+-]?[0-9.]+[A-Za-z%]*")


def _neutralised(cell: str) -> str:
    if cell[:1] and cell[0] in "=+-@\t\r\n" and not _FIGURE.fullmatch(cell):
        return "'" + cell
    return cell


@dataclass
class TegraData:
    """The entries of a file or text stream of tegrastats' lines.

    data: parse_tegrastats' list; entries: its length; filtered and filtered_entries: what filter()
    left, None before it.
    """

    file: Union[Path, str, io.TextIOBase]
    data: List[Entry] = field(init=False, repr=False)
    entries: int = field(default=0, init=False)
    filtered: Optional[List[Entry]] = field(default=None, init=False, repr=False)
    filtered_entries: Optional[List[Tuple[Window, List[Entry]]]] = field(
        default=None, init=False, repr=False
    )

    def __post_init__(self) -> None:
        self.data = parse_tegrastats(self.file)
        self.entries = len(self.data)

    def __len__(self) -> int:
        return self.entries

    def _current(self) -> List[Entry]:
        return self.data if self.filtered is None else self.filtered

    @property
    def powerdraw(self) -> Dict[str, Metric]:
        """get_powerdraw() of the entries, or of those that filter() left."""
        return get_powerdraw(self._current())

    def filter(self, timestamps: List[Window]) -> None:
        """Keeps the entries inside the windows: (start, stop) in seconds, as time.time() gives."""
        self.filtered, self.filtered_entries = filter_data(self.data, timestamps)

    def parse(
        self, names: List[str], parsefunc: Callable[[str], Union[float, int]]
    ) -> Dict[str, Metric]:
        """get_data() of the entries, or of those that filter() left."""
        return get_data(self._current(), names, parsefunc)

    def save_as_csv(self, file: Union[Path, str]) -> None:
        """One row an entry, one column a key, as strings."""
        columns: Dict[str, None] = {}
        for entry in self._current():
            columns.update(dict.fromkeys(entry))
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, fieldnames=list(columns), restval="")
        writer.writerow({name: _neutralised(name) for name in columns})
        writer.writerows(
            {name: _neutralised(cell) for name, cell in entry.items()} for entry in self._current()
        )
        _core.write_file(file, out.getvalue())
