"""Where the joules of a neural network go: time, power and energy per layer.

    import layerwatt
    result = layerwatt.profile("model.onnx")
    print(result)                 # the table
    result.to_pandas()            # one row a layer

docs/python.md is the guide; `layerwatt.compat` stands in for trtutils.jetson and jetsontools.
"""

from __future__ import annotations

from . import _core
from ._core import (
    Closure,
    Condition,
    Estimate,
    LayerGroup,
    LayerResult,
    Metric,
    OutsideLayers,
    RailResult,
    Recording,
    Result,
    ResultSensor,
    SensorModel,
    Total,
    Warning,
    engines,
    now_ns,
    parse_tegrastats_line,
    sensors,
)
from ._errors import (
    BadInputError,
    EngineError,
    Error,
    GateError,
    Interrupted,
    IoError,
    SensorError,
    UsageError,
)
from ._measure import analyze, load_recording, profile
from ._record import PowerRecord, record

__version__: str = _core.version()

__all__ = [
    "BadInputError",
    "Closure",
    "Condition",
    "EngineError",
    "Error",
    "Estimate",
    "GateError",
    "Interrupted",
    "IoError",
    "LayerGroup",
    "LayerResult",
    "Metric",
    "OutsideLayers",
    "PowerRecord",
    "RailResult",
    "Recording",
    "Result",
    "ResultSensor",
    "SensorError",
    "SensorModel",
    "Total",
    "UsageError",
    "Warning",
    "analyze",
    "engines",
    "load_recording",
    "now_ns",
    "parse_tegrastats_line",
    "profile",
    "record",
    "sensors",
]
