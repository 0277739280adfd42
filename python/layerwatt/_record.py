"""record: the power of any code, as a context manager or a decorator."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, TypeVar, Union

from . import _core
from ._errors import Error, Interrupted

if TYPE_CHECKING:
    from types import TracebackType

    from ._core import Estimate, Recording

PathLike = Union[str, "os.PathLike[str]"]
_Function = TypeVar("_Function", bound=Callable[..., Any])


class PowerRecord:
    """What a stretch of code took.

    duration_ms; power_mw (mean) and energy_mj of the rails in the total, an Estimate each, None
    where it is not known, which `reason` explains; peak_mw: the highest reading; coverage: the part
    of the time, 0 to 1, that readings speak of; rails: the same by rail; scope: what the total
    covers; recording: every reading.
    """

    def __init__(self, recording: "Recording", begin_ns: int, end_ns: int) -> None:
        self.recording = recording
        summary = _core.summarize_power(recording, begin_ns, end_ns)
        total = summary["total"]
        self.begin_ns = begin_ns
        self.end_ns = end_ns
        self.duration_ms: float = summary["duration_ms"]
        self.power_mw: "Optional[Estimate]" = total["power_mw"]
        self.energy_mj: "Optional[Estimate]" = total["energy_mj"]
        self.peak_mw: Optional[float] = total["peak_mw"]
        self.coverage: float = total["coverage"]
        self.reason: Optional[str] = total["reason"]
        self.rails: List[Dict[str, Any]] = summary["rails"]
        self.sensor: str = recording.sensor
        self.scope: str = recording.scope

    def __repr__(self) -> str:
        energy = f"{self.energy_mj.mean:.4g} mJ" if self.energy_mj else f"no energy ({self.reason})"
        power = f", {self.power_mw.mean:.4g} mW" if self.power_mw else ""
        return f"<layerwatt.PowerRecord: {self.duration_ms:.4g} ms, {energy}{power}, {self.sensor}>"


class record:
    """Samples power while code runs.

    As a context manager; the figures are there after the block:

    >>> with layerwatt.record(sensor="file:power.csv") as power:
    ...     total = sum(range(100000))
    >>> power.result.duration_ms > 0
    True

    As a decorator; `records` of the function gets one PowerRecord a call:

    >>> @layerwatt.record(sensor="file:power.csv")
    ... def work(n):
    ...     return sum(range(n))
    >>> work(10)
    45
    >>> len(work.records)
    1

    sensor, interval_ms, device: as for layerwatt.profile. save: folder of the recording (context
    manager only); else nothing is kept on disk. Waits for the sensor's first reading before the
    block, and for the readings that cover its end after it. An exception of the block passes
    through, Ctrl-C as layerwatt.Interrupted; `result` is there in both cases. Raises
    layerwatt.SensorError where there is no sensor.
    """

    def __init__(
        self,
        sensor: str = "auto",
        *,
        interval_ms: float = 5.0,
        device: int = 0,
        save: Optional[PathLike] = None,
    ) -> None:
        self._options: Dict[str, Any] = {
            "sensor": sensor,
            "interval_ms": interval_ms,
            "device": device,
            "save": None if save is None else os.fspath(save),
        }
        self._recorder: "Optional[_core.PowerRecorder]" = None
        self.result: Optional[PowerRecord] = None

    def __enter__(self) -> "record":
        recorder = _core.PowerRecorder(**self._options)
        recorder.start()
        self._recorder = recorder
        self.result = None
        return self

    def __exit__(
        self,
        kind: Optional[type],
        raised: Optional[BaseException],
        traceback: "Optional[TracebackType]",
    ) -> None:
        recorder, self._recorder = self._recorder, None
        assert recorder is not None
        how = "done"
        if raised is not None:
            how = "interrupted" if isinstance(raised, KeyboardInterrupt) else f"error: {raised!r}"
        try:
            recording = recorder.stop(how)
        except Error:
            if raised is not None:
                return  # what the block raised is the one to tell
            raise
        self.result = PowerRecord(recording, recorder.start_ns, recorder.end_ns)
        if isinstance(raised, KeyboardInterrupt) and not isinstance(raised, Interrupted):
            raise Interrupted(str(raised) or "interrupted", self.result) from raised

    def __call__(self, function: _Function) -> _Function:
        records: List[PowerRecord] = []

        @functools.wraps(function)
        def measured(*args: Any, **kwargs: Any) -> Any:
            own = record(**self._options)
            try:
                with own:
                    return function(*args, **kwargs)
            finally:
                if own.result is not None:
                    records.append(own.result)

        measured.records = records  # type: ignore[attr-defined]
        return measured  # type: ignore[return-value]
