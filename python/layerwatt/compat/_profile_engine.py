"""profile_engine: trtutils' main job, for a plan's path or an engine object."""

from __future__ import annotations

import logging
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generator, Optional, Tuple

import numpy

from .. import _core
from .._errors import EngineError, Interrupted, SensorError
from .._measure import profile
from ._find_tegrastats import find_tegrastats
from ._metric import Metric
from ._profiler import (
    JetsonLayerProfiler,
    JetsonProfilerResult,
    LayerProfiler,
    ProfilerResult,
    infos_of,
    timings_of,
    total_of,
)

if TYPE_CHECKING:
    from .._core import Recording, Result

_log = logging.getLogger("layerwatt")


def profile_engine(
    engine: Any,
    iterations: int = 10000,
    warmup_iterations: int = 10,
    tegra_interval: int = 5,
    dla_core: Optional[int] = None,
    device: Optional[int] = None,
    *,
    warmup: Optional[bool] = None,
    cuda_graph: Optional[bool] = None,
    verbose: Optional[bool] = None,
    sensor: str = "auto",
    method: str = "auto",
) -> JetsonProfilerResult:
    """Time (ms), power (mW) and energy (mJ) of every layer of a TensorRT engine.

    engine: the path of a plan, or an object as trtutils' TRTEngine: `context` (TensorRT's, whose
    `profiler` is set for the run) and `mock_execute()`; `get_random_input()` where it has one.
    tegra_interval: ms between readings of whatever sensor there is. warmup: None is True.
    cuda_graph: None lets the engine decide where it loads the plan; an engine object keeps its own
    setting, but its graph is set aside for the run, since layers of a graph are not reported.
    sensor and method are additions: see layerwatt.profile; method="overlap" is the reference's.

    Raises FileNotFoundError, layerwatt.EngineError, layerwatt.SensorError; on Ctrl-C
    layerwatt.Interrupted, whose `result` is that of the iterations until then.
    """
    sensor = _sensor(sensor)
    if isinstance(engine, (str, os.PathLike)):
        result = _profile_path(
            engine, iterations, warmup_iterations, warmup, tegra_interval, dla_core, device,
            cuda_graph, sensor, method,
        )
    else:
        result = _profile_object(
            engine, iterations, warmup_iterations, warmup, tegra_interval, sensor, method
        )
    jetson = _jetson_result(result)
    if verbose:
        _log.info("power draw: %s mW", jetson.power_draw)
        _log.info("energy: %s mJ", jetson.energy)
    if result.interrupted:
        raise Interrupted(f"interrupted after {result.iterations} inferences", jetson)
    return jetson


def profile_engine_times(
    engine: Any,
    iterations: int = 100,
    warmup_iterations: int = 10,
    dla_core: Optional[int] = None,
    device: Optional[int] = None,
    *,
    warmup: Optional[bool] = None,
    verbose: Optional[bool] = None,
) -> ProfilerResult:
    """Times by layer alone (trtutils.profiling.profile_engine); arguments as profile_engine's."""
    if isinstance(engine, (str, os.PathLike)):
        result = _profile_path(
            engine, iterations, warmup_iterations, warmup, 5, dla_core, device, False, "none", "auto"
        )
        layers, times = result.recording.layers, result.recording.layer_ms
    else:
        profiler = LayerProfiler()
        for _ in _passes(engine, profiler, iterations, warmup_iterations, warmup):
            pass
        layers, times = profiler._profiler.layers, profiler._profiler.recorded()[2]
    return ProfilerResult(timings_of(layers, times), total_of(times), len(times))


def _sensor(name: str) -> str:
    """A tegrastats on PATH is taken where the usual places have none, as the reference takes it."""
    if name != "auto":
        return name
    if next(entry for entry in _core.sensors() if entry["name"] == "tegrastats")["usable"]:
        return name
    try:
        return f"tegrastats:{find_tegrastats()}"
    except SensorError:
        return name


def _profile_path(
    engine: "str | os.PathLike[str]",
    iterations: int,
    warmup_iterations: int,
    warmup: Optional[bool],
    interval: float,
    dla_core: Optional[int],
    device: Optional[int],
    cuda_graph: Optional[bool],
    sensor: str,
    method: str,
) -> "Result":
    path = Path(engine)
    if not path.exists():
        raise FileNotFoundError(f"Could not find engine file: {path}")
    endings = [ending for entry in _core.engines() for ending in entry["models"]]
    known = any(path.name.endswith(ending) for ending in endings)
    try:
        return profile(
            path,
            engine="auto" if known else "tensorrt",
            sensor=sensor,
            iterations=iterations,
            warmup=warmup_iterations if warmup is not False else 0,
            interval_ms=interval,
            device=device or 0,
            dla_core=dla_core,
            cuda_graph=cuda_graph,
            method=method,
        )
    except Interrupted as stopped:
        if stopped.result is None:
            raise
        return stopped.result


def _passes(
    engine: Any, profiler: Any, iterations: int, warmup_iterations: int, warmup: Optional[bool]
) -> "Generator[None, None, None]":
    """Warms up, then yields around each measured pass: before the first, and after every one."""
    context = engine.context
    detail = getattr(getattr(engine, "engine", None), "profiling_verbosity", None)
    if detail is not None and "DETAILED" not in str(detail):
        _log.warning("the engine was not built with DETAILED verbosity: names may be numbers")
    before = getattr(context, "profiler", None)
    # TensorRT reports no layer of a captured graph.
    graph = getattr(engine, "_cuda_graph", None)
    if graph is not None:
        engine._cuda_graph = None
    start = getattr(profiler, "start_iteration", lambda: None)
    context.profiler = profiler
    try:
        make_input = getattr(engine, "get_random_input", None)
        data = make_input() if make_input is not None else None
        for _ in range(1 + (warmup_iterations if warmup is not False else 0)):
            start()
            engine.mock_execute(data, verbose=False)
            profiler.finalize_iteration()
        if not profiler.get_statistics():
            raise EngineError(
                "no layer was reported",
                type(engine).__name__,
                "make it without a CUDA graph, and let its context report (enqueue_emits_profile)",
            )
        profiler.reset()
        yield
        for _ in range(iterations):
            start()
            engine.mock_execute(data, verbose=False)
            profiler.finalize_iteration()
            yield
    finally:
        if graph is not None:
            engine._cuda_graph = graph
        if before is not None:
            context.profiler = before


def _profile_object(
    engine: Any,
    iterations: int,
    warmup_iterations: int,
    warmup: Optional[bool],
    interval: float,
    sensor: str,
    method: str,
) -> "Result":
    profiler = JetsonLayerProfiler()
    recorder = _core.PowerRecorder(
        sensor, interval_ms=interval, on_gpu=True, engine_json='{"name": "python engine"}'
    )
    passes = _passes(engine, profiler, iterations, warmup_iterations, warmup)
    next(passes)
    recorder.start()
    _log.info(recorder.why)
    interrupted: Optional[KeyboardInterrupt] = None
    try:
        for _ in passes:
            pass
    except KeyboardInterrupt as stopped:
        interrupted = stopped
    finally:
        passes.close()
    power = recorder.stop("done" if interrupted is None else "interrupted")
    if len(profiler) == 0:
        raise interrupted or EngineError("no iteration was asked for", "iterations", "at least 1")
    result = _core.analyze(profiler.recording(power), method=method)
    if interrupted is not None:
        raise Interrupted(
            f"interrupted after {result.iterations} inferences", _jetson_result(result)
        ) from interrupted
    return result


def _inside(recording: "Recording") -> "Tuple[Any, Any]":
    """For each reading with a total: its mW, and the inference that it fell into, -1 outside."""
    total = recording.total_mw
    there = ~numpy.isnan(total)
    times, total = recording.time_ns[there], total[there]
    inference = numpy.searchsorted(recording.start_ns, times, side="right") - 1
    outside = (inference < 0) | (times > recording.end_ns[numpy.maximum(inference, 0)])
    return total, numpy.where(outside, -1, inference)


def _jetson_result(result: "Result") -> JetsonProfilerResult:
    recording = result.recording
    total, inference = _inside(recording)
    inside = inference >= 0
    power = total[inside].tolist()
    rows = len(recording)
    count = numpy.bincount(inference[inside], minlength=rows)
    sums = numpy.bincount(inference[inside], weights=total[inside], minlength=rows)
    seen = count > 0
    seconds = (recording.end_ns - recording.start_ns) / 1e9
    energy = (sums[seen] / count[seen] * seconds[seen]).tolist()
    whole = result.total
    # No reading inside any inference: what the attribution says of them all.
    power = power or [whole.power_mw.mean if whole.power_mw else math.nan]
    energy = energy or [whole.energy_mj.mean if whole.energy_mj else math.nan]
    return JetsonProfilerResult(
        infos_of(result), total_of(recording.layer_ms), rows, Metric(power), Metric(energy), result
    )
