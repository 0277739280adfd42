"""The names of trtutils.profiling: times alone, no power."""

from __future__ import annotations

from ._profiler import LayerProfiler, LayerTiming, ProfilerResult
from ._profile_engine import profile_engine_times as profile_engine

__all__ = ["LayerProfiler", "LayerTiming", "ProfilerResult", "profile_engine"]
