"""Stands in for trtutils.jetson and jetsontools: the same names, arguments, defaults and units.

    from trtutils.jetson import profile_engine      ->  from layerwatt.compat import profile_engine
    from jetsontools import TegraStats, get_powerdraw  ->  from layerwatt.compat import ...

`layerwatt.compat.jetsontools`, `.jetson`, `.profiling` and `.trtutils` mirror the modules of the
two packages, where a name means different things in them. What differs in what comes out, and why,
is in docs/migrating.md.
"""

from __future__ import annotations

from ._metric import Metric
from ._profiler import (
    JetsonLayerInfo,
    JetsonLayerProfiler,
    JetsonProfilerResult,
    LayerProfiler,
    LayerTiming,
    ProfilerResult,
)
from ._profile_engine import profile_engine
from ._tegra_data import TegraData
from ._tegra_stats import TegraStats
from ._tegra_text import filter_data, get_data, get_powerdraw, parse_tegrastats

__all__ = [
    "JetsonLayerInfo",
    "JetsonLayerProfiler",
    "JetsonProfilerResult",
    "LayerProfiler",
    "LayerTiming",
    "Metric",
    "ProfilerResult",
    "TegraData",
    "TegraStats",
    "filter_data",
    "get_data",
    "get_powerdraw",
    "parse_tegrastats",
    "profile_engine",
]
