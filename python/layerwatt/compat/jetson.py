"""The names of trtutils.jetson: `from layerwatt.compat import jetson`."""

from __future__ import annotations

from ._profiler import JetsonLayerInfo, JetsonLayerProfiler, JetsonProfilerResult
from ._profile_engine import profile_engine

__all__ = ["JetsonLayerInfo", "JetsonLayerProfiler", "JetsonProfilerResult", "profile_engine"]
