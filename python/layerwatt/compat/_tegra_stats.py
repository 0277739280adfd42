"""TegraStats: runs tegrastats beside the caller's code."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import List, Optional, Type, Union

from .. import _core
from ._find_tegrastats import find_tegrastats
from ._tegra_data import TegraData


class TegraStats:
    """Runs tegrastats and keeps its lines, each with the time of its arrival.

    output: file for the lines; None: a temporary one. interval: ms. readall: more of what the board
    can tell. sudo: run it as root, which some releases need for power rails.

    Raises SensorError from start() where tegrastats is not there or prints nothing. stop() ends
    this tegrastats alone: others on the machine go on.
    """

    def __init__(
        self,
        output: Union[Path, str, None] = None,
        interval: int = 1000,
        *,
        readall: Optional[bool] = None,
        sudo: Optional[bool] = None,
    ) -> None:
        self._output = None if output is None else Path(output)
        self._interval = interval
        self._readall = readall
        self._sudo = sudo
        self._folder: "Optional[tempfile.TemporaryDirectory[str]]" = None
        self._log: "Optional[_core.LineLog]" = None

    def _command(self) -> List[str]:
        program = find_tegrastats(as_root=bool(self._sudo))
        command = [program, "--interval", str(self._interval)]
        if self._sudo:
            command.insert(0, "sudo")
        if self._readall:
            command.append("--readall")
        return command

    def _file(self) -> Path:
        if self._output is not None:
            return self._output
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="layerwatt-")
        return Path(self._folder.name) / "tegrastats"

    def start(self) -> None:
        """Starts tegrastats, and returns when its first line has come."""
        log = _core.LineLog(self._command(), self._file())
        log.start(5.0 + 3.0 * self._interval / 1000.0)
        self._log = log

    def stop(self) -> None:
        """Ends the tegrastats that start() started. Safe to call twice."""
        log, self._log = self._log, None
        if log is None:
            return
        if self._sudo:
            # What runs as root does not hear our signals.
            subprocess.run(["sudo", "kill", str(log.pid)], check=False)
        log.stop()

    def reset(self) -> None:
        """Forgets the lines and starts again."""
        self.stop()
        self.start()

    @property
    def data(self) -> TegraData:
        """What came so far; no entries before start()."""
        if not self._file().exists():
            self._file().touch()
        with self._file().open("r", encoding="utf-8", errors="replace") as lines:
            return TegraData(lines)

    def __enter__(self) -> "TegraStats":
        self.start()
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        raised: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.stop()
