"""trtutils.profile_engine, which picks one of the two by `jetson`."""

from __future__ import annotations

from typing import Any, Optional, Union

from . import jetson, profiling
from ._metric import Metric
from ._profiler import JetsonProfilerResult, ProfilerResult
from ._profile_engine import profile_engine as _with_power
from ._profile_engine import profile_engine_times as _times

__all__ = ["Metric", "jetson", "profile_engine", "profiling"]


def profile_engine(
    engine: Any,
    iterations: Optional[int] = None,
    warmup_iterations: int = 10,
    dla_core: Optional[int] = None,
    device: Optional[int] = None,
    tegra_interval: int = 5,
    *,
    jetson: bool = False,
    warmup: Optional[bool] = None,
    cuda_graph: Optional[bool] = None,
    verbose: Optional[bool] = None,
) -> Union[ProfilerResult, JetsonProfilerResult]:
    """Times by layer; with `jetson` power and energy too.

    iterations: 100, and 10000 with `jetson`, as the reference documents (and does not do: it runs
    100 in both cases). cuda_graph is an addition: the reference's dispatcher cannot turn it off.
    """
    if jetson:
        return _with_power(
            engine,
            10000 if iterations is None else iterations,
            warmup_iterations,
            tegra_interval,
            dla_core,
            device,
            warmup=warmup,
            cuda_graph=cuda_graph,
            verbose=verbose,
        )
    return _times(
        engine,
        100 if iterations is None else iterations,
        warmup_iterations,
        dla_core,
        device,
        warmup=warmup,
        verbose=verbose,
    )
