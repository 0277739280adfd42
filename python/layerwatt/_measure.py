"""profile() and analyze(): what most scripts need."""

from __future__ import annotations

import logging
import os
import tempfile
from typing import TYPE_CHECKING, Any, Callable, Mapping, Optional, Sequence, Union

from . import _core
from ._errors import Interrupted, UsageError

if TYPE_CHECKING:
    from ._core import Recording, Result

PathLike = Union[str, "os.PathLike[str]"]

_log = logging.getLogger("layerwatt")


def _input_files(inputs: Mapping[str, Any], folder: str) -> "list[tuple[str, str]]":
    """Arrays become .npy files in `folder`; paths stay."""
    out = []
    for number, (name, value) in enumerate(inputs.items()):
        if isinstance(value, (str, os.PathLike)):
            out.append((name, os.fspath(value)))
            continue
        import numpy

        path = os.path.join(folder, f"input{number}.npy")
        numpy.save(path, numpy.ascontiguousarray(value), allow_pickle=False)
        out.append((name, path))
    return out


def profile(
    model: PathLike,
    *,
    engine: str = "auto",
    sensor: str = "auto",
    iterations: Optional[int] = None,
    target_ci: float = 5.0,
    max_time: Optional[float] = None,
    warmup: int = 10,
    interval_ms: float = 5.0,
    device: int = 0,
    dla_core: Optional[int] = None,
    cuda_graph: Optional[bool] = None,
    profile_index: Optional[int] = None,
    shapes: Optional[Mapping[str, Sequence[int]]] = None,
    inputs: Optional[Mapping[str, Any]] = None,
    precision: Optional[str] = None,
    threads: Optional[int] = None,
    plugins: Sequence[PathLike] = (),
    seed: int = 1,
    method: str = "auto",
    empty_cache: Optional[bool] = False,
    half_passes: bool = False,
    save: Optional[PathLike] = None,
    on_progress: Optional[Callable[[dict], None]] = None,
) -> "Result":
    """Runs a model, samples power beside it, and says what each layer takes.

    model: a TensorRT plan, an ONNX or OpenVINO model, or a simulated device (.sim.json).
    engine, sensor: a name, or "auto"; `layerwatt.engines()` and `layerwatt.sensors()` list them.
      sensor="none" measures time alone, "file:F" takes power that something else writes.
    iterations: exactly so many inferences; None: until every layer above 1 % of the energy is known
      to target_ci percent, or max_time seconds (60) are over.
    warmup: inferences before that. interval_ms: between power readings.
    inputs: by the name of the input: an array, or the path of a .npy; random where none is given.
    shapes: by the name of the input, for dynamic shapes.
    method: "auto", "overlap", "deconvolve" or "excite" (docs/attribution.md).
    empty_cache: with method="excite" on a GPU, whether to empty its L2 cache in front of each repeat
      of a layer; None: of those that take longer in their place.
    half_passes: with method="excite" and engine="cuda-graph", run half of the layers once more behind
      each pass, beside repeating one layer in its place.
    save: folder for the recording, from which analyze() makes the same result again.
    on_progress: called a few times a second with a dict: iterations, iterations_wanted, elapsed_s,
      limit_s, power_mw, worst_ci_pct.

    The GIL is released while it measures. Ctrl-C raises layerwatt.Interrupted (a KeyboardInterrupt)
    whose `result` holds what was measured until then. Raises layerwatt.Error: its `hint` says what
    to do, and its `result` holds what was measured before a failure, if anything was.
    Which engine and sensor were taken, and why, is logged (logger "layerwatt", level INFO).

    >>> result = layerwatt.profile("board.sim.json", iterations=200)
    >>> result.iterations, len(result.layers)
    (200, 12)
    >>> result.layers[0].name
    'features.0.0 + features.0.2'
    """
    with tempfile.TemporaryDirectory(prefix="layerwatt-") as folder:
        result = _core.profile(
            os.fspath(model),
            engine=engine,
            sensor=sensor,
            iterations=iterations,
            target_ci=target_ci,
            max_time=max_time,
            warmup=warmup,
            interval_ms=interval_ms,
            device=device,
            dla_core=dla_core,
            cuda_graph=cuda_graph,
            profile_index=profile_index,
            shapes=[(name, list(shape)) for name, shape in (shapes or {}).items()],
            inputs=_input_files(inputs or {}, folder),
            precision=precision,
            threads=threads,
            plugins=[os.fspath(plugin) for plugin in plugins],
            seed=seed,
            method=method,
            empty_cache=empty_cache,
            half_passes=half_passes,
            save=None if save is None else os.fspath(save),
            on_progress=on_progress,
            on_note=_log.info,
        )
    if result.failure is not None:
        error: Any = result.failure
        error.result = result
        raise error
    if result.interrupted:
        raise Interrupted(f"interrupted after {result.iterations} inferences", result)
    return result


def load_recording(directory: PathLike) -> "Recording":
    """Reads a recording's folder (docs/recording.md). Raises BadInputError naming file and line."""
    return _core.load_recording(os.fspath(directory))


def analyze(
    recording: "Union[PathLike, Recording, None]" = None,
    *,
    iterations: Optional[PathLike] = None,
    power: Optional[PathLike] = None,
    method: str = "auto",
) -> "Result":
    """The result of a stored recording; no device is needed.

    recording: its folder, or a Recording; or else two loose files: iterations (a CSV with the
    header start_ns,end_ns,LAYER,...) and power (a CSV with the header time_ns,RAIL,... or lines of
    tegrastats). method: "auto", "overlap", "deconvolve" or "excite".

    >>> recording = layerwatt.load_recording("recording")
    >>> recording.layer_ms.shape
    (200, 12)
    >>> layerwatt.analyze(recording).closure.ratio > 0.9
    True
    """
    if recording is None:
        if iterations is None or power is None:
            raise UsageError(
                "there is nothing to analyze", "analyze", "give a recording, or iterations and power"
            )
        loaded = _core.load_loose_files(os.fspath(iterations), os.fspath(power))
    elif iterations is not None or power is not None:
        raise UsageError("recording excludes iterations and power", "analyze", "give one or the other")
    elif isinstance(recording, _core.Recording):
        loaded = recording
    else:
        loaded = _core.load_recording(os.fspath(recording))
    return _core.analyze(loaded, method=method)
