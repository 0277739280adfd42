"""Energy by module of any torch module. Needs torch; layerwatt itself does not.

    import layerwatt.torch
    result = layerwatt.torch.profile(model, inputs)
"""

from __future__ import annotations

import contextlib
import csv
import json
import logging
import math
import os
import warnings
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Optional, Tuple, Union

from . import _core
from ._errors import BadInputError, EngineError, Error, Interrupted
from ._hooks import Hooks, Selector, Timeline, is_leaf

if TYPE_CHECKING:
    from ._core import Recording, Result

__all__ = ["profile"]

_log = logging.getLogger("layerwatt")


def profile(
    module: Any,
    *inputs: Any,
    iterations: Optional[int] = None,
    max_time: Optional[float] = None,
    warmup: int = 10,
    sensor: str = "auto",
    interval_ms: float = 5.0,
    target_ci: float = 5.0,
    method: str = "auto",
    empty_cache: Optional[bool] = False,
    layers: Optional[Selector] = None,
    save: "Union[str, os.PathLike[str], None]" = None,
    on_progress: Optional[Callable[[dict], None]] = None,
) -> "Result":
    """Time, power and energy of a module's modules while it runs module(*inputs), without gradients.

    module, inputs: on one device; the module is put into eval() for the run and back after it.
    layers: which modules are layers, by (name, module); None: those without modules in them. Of
      modules inside one another the outermost is the layer.
    CUDA: one pass is captured into a CUDA graph and replayed; where the GPU's sensor is slower than
      a pass, layers are repeated in place (docs/excitation.md). What cannot be captured (work on
      the default stream, synchronisation in forward()) is timed by events, without energy, and a
      RuntimeWarning says why.
    CPU: modules are timed by forward hooks, beside the CPU package's counter where there is one.
      Time between modules that is more than 1 % of a pass is a row of its own, "before NAME".
    empty_cache: with method="excite", whether to empty the GPU's L2 cache in front of each repeat of
      a layer; None: of those that take longer in their place.
    iterations, max_time: exactly so many passes; else until target_ci is met (CUDA) or max_time
      seconds are over (10 on the CPU). The rest is as for layerwatt.profile, Ctrl-C too.
    """
    import torch

    device = _device_of(torch, module, inputs)
    select = layers or is_leaf
    options: Dict[str, Any] = {
        "sensor": sensor,
        "interval_ms": interval_ms,
        "method": method,
        "save": None if save is None else os.fspath(save),
    }

    def forward() -> Any:
        return module(*inputs)

    with _inference(torch, module):
        if device.type == "cpu":
            return run_on_host(forward, module, select, iterations, max_time, warmup, options)
        if device.type != "cuda":
            raise BadInputError(f"is on {device}", "module", "CPU and CUDA modules can be profiled")
        with torch.cuda.device(device):
            try:
                capture, _in_use = _captured(torch, forward, module, select, warmup)
            except (Error, RuntimeError) as failed:
                warnings.warn(
                    f"time alone, since the module cannot be captured into a CUDA graph: {failed}",
                    RuntimeWarning,
                    stacklevel=2,
                )
                return _timed_by_events(
                    torch, forward, module, select, iterations or 100, warmup, options
                )
            result = _core.profile_graph(
                capture,
                iterations=iterations,
                max_time=max_time,
                target_ci=target_ci,
                warmup=warmup,
                device=device.index or 0,
                on_progress=on_progress,
                on_note=_log.info,
                empty_cache=empty_cache,
                **options,
            )
    if result.failure is not None:
        error: Any = result.failure
        error.result = result
        raise error
    if result.interrupted:
        raise Interrupted(f"interrupted after {result.iterations} inferences", result)
    return result


def _device_of(torch: Any, module: Any, inputs: Tuple[Any, ...]) -> Any:
    found = {tensor.device for tensor in module.parameters()}
    found |= {tensor.device for tensor in module.buffers()}
    found |= {value.device for value in inputs if isinstance(value, torch.Tensor)}
    if len(found) > 1:
        raise BadInputError(
            "and its inputs are on several devices: " + ", ".join(sorted(map(str, found))),
            "module",
            "move them: module.to(device), input.to(device)",
        )
    return found.pop() if found else torch.device("cpu")


@contextlib.contextmanager
def _inference(torch: Any, module: Any) -> Iterator[None]:
    # One by one: a module may have parts frozen in eval() while the rest trains.
    modes = [(inner, inner.training) for inner in module.modules()]
    module.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        for inner, training in modes:
            inner.training = training


def run_on_host(
    forward: Callable[[], Any],
    module: Any,
    select: Selector,
    iterations: Optional[int],
    max_time: Optional[float],
    warmup: int,
    options: Dict[str, Any],
) -> "Result":
    """Times modules by hooks while a sensor reads; needs nothing of torch's but the hooks."""
    timeline = Timeline(_core.now_ns)
    profiler = _core.LayerProfiler()
    method = options["method"]
    limit_s = max_time if max_time is not None else (None if iterations is not None else 10.0)
    interrupted: Optional[KeyboardInterrupt] = None
    with Hooks(module, select, timeline.enter, timeline.leave) as hooks:
        if not hooks.names:
            raise BadInputError("selects no module", "layers", "return True for some")
        timeline.warm_up(forward, warmup)
        recorder = _recorder(options, on_gpu=False)
        begin = recorder.start()
        _log.info(recorder.why)
        try:
            while iterations is None or len(profiler) < iterations:
                if limit_s is not None and len(profiler) and _core.now_ns() - begin > limit_s * 1e9:
                    break
                hooks.reset()
                start, rows, end = timeline.run(forward)
                _report(profiler, start, rows, end)
        except KeyboardInterrupt as stopped:
            interrupted = stopped
        power = recorder.stop("done" if interrupted is None else "interrupted")
    if len(profiler) == 0:
        raise interrupted or EngineError("no pass was asked for", "iterations", "at least 1")
    result = _result(profiler, power, method)
    if options["save"] is not None:
        write_iterations(os.path.join(options["save"], "iterations.csv"), result.recording)
    if interrupted is not None:
        raise Interrupted(
            f"interrupted after {result.iterations} inferences", result
        ) from interrupted
    return result


def write_iterations(path: str, recording: "Recording") -> None:
    """iterations.csv (docs/recording.md) in place of the one row that was there beside the power."""
    whole = path + ".new"
    # "x": a name that was there already may be a link to another file.
    with open(whole, "x", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["start_ns", "end_ns", *recording.layers])
        for start, end, row in zip(
            recording.start_ns.tolist(), recording.end_ns.tolist(), recording.layer_ms.tolist()
        ):
            rows.writerow([start, end, *("" if math.isnan(ms) else repr(ms) for ms in row)])
    os.replace(whole, path)


def _recorder(options: Dict[str, Any], on_gpu: bool) -> "_core.PowerRecorder":
    return _core.PowerRecorder(
        options["sensor"],
        interval_ms=options["interval_ms"],
        save=options["save"],
        on_gpu=on_gpu,
        engine_json=json.dumps({"name": "torch"}),
    )


def _report(profiler: Any, start: int, rows: "List[Tuple[str, float]]", end: int) -> None:
    profiler.start_iteration(start)
    for name, ms in rows:
        profiler.report_layer_time(name, ms)
    profiler.finalize_iteration(end)


def _result(profiler: Any, power: "Recording", method: str) -> "Result":
    recording = power.with_iterations(profiler.layers, *profiler.recorded())
    return _core.analyze(recording, method=method)


def _captured(
    torch: Any, forward: Callable[[], Any], module: Any, select: Selector, warmup: int
) -> "Tuple[_core.GraphCapture, Any]":
    """One pass in a graph, and what must live as long as that.

    Warm-up is on the same stream: the allocator then has every block that the capture asks for, and
    asks CUDA for none, which a capture forbids.
    """
    capture = _core.GraphCapture()
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(max(warmup, 3)):
            output = forward()
        stream.synchronize()
        del output
        with Hooks(module, select, capture.push, lambda name: capture.pop()) as hooks:
            if not hooks.names:
                raise BadInputError("selects no module", "layers", "return True for some")
            capture.begin(stream.cuda_stream)
            try:
                output = forward()
            finally:
                capture.end()
        for tensor in _tensors(torch, output):
            kind = str(tensor.dtype).replace("torch.", "")
            if kind in ("float16", "bfloat16", "float32", "float64") and tensor.is_contiguous():
                capture.watch(tensor.data_ptr(), tensor.numel(), kind)
    return capture, (stream, output)


def _tensors(torch: Any, value: Any) -> Iterator[Any]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _tensors(torch, inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _tensors(torch, inner)


def _timed_by_events(
    torch: Any,
    forward: Callable[[], Any],
    module: Any,
    select: Selector,
    iterations: int,
    warmup: int,
    options: Dict[str, Any],
) -> "Result":
    """Times on the GPU's clock, of the stream that forward() uses; no power."""
    marks: "List[Tuple[str, Any]]" = []

    def mark(name: str) -> None:
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        marks.append((name, event))

    profiler = _core.LayerProfiler()
    recorder = _recorder({**options, "sensor": "none"}, on_gpu=True)
    with Hooks(module, select, mark, mark) as hooks:
        for _ in range(max(warmup, 1)):
            forward()
        recorder.start()
        for _ in range(iterations):
            hooks.reset()
            marks.clear()
            torch.cuda.synchronize()
            start = _core.now_ns()
            first = torch.cuda.Event(enable_timing=True)
            first.record()
            forward()
            torch.cuda.synchronize()
            end = _core.now_ns()
            rows = []
            at = first
            for (name, begin), (_, finish) in zip(marks[0::2], marks[1::2]):
                rows.append((f"before {name}", at.elapsed_time(begin)))
                rows.append((name, begin.elapsed_time(finish)))
                at = finish
            _report(profiler, start, rows, end)
        power = recorder.stop("done")
    return _result(profiler, power, "auto")
