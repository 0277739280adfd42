"""trtutils' results and profilers, on layerwatt's own LayerProfiler and attribution."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, List, Optional, Sequence

import numpy

from .. import _core
from .._errors import BadInputError
from ._metric import Metric, exact_mean
from ._tegra_data import TegraData
from ._tegra_text import rails_of, total_rails

if TYPE_CHECKING:
    from .._core import Recording, Result

try:
    from tensorrt import IProfiler as _IProfiler
except ImportError:  # a recording can be analyzed, and the profiler fed, without TensorRT

    class _IProfiler:  # type: ignore[no-redef]
        """Where there is no TensorRT to call it."""


def _figures(timing: "LayerTiming") -> str:
    keys = ("mean", "median", "min", "max")
    return f"name={timing.name!r}, " + ", ".join(f"{key}={getattr(timing, key)}" for key in keys)


@dataclass
class LayerTiming:
    """ms of one layer: mean, median, min and max of raw, which has one a time it was reported."""

    name: str
    mean: float
    median: float
    min: float
    max: float
    raw: List[float]

    def __str__(self) -> str:
        return f"{self.name}: " + ", ".join(
            f"{key}={getattr(self, key):.3f}ms" for key in ("mean", "median", "min", "max")
        )

    def __repr__(self) -> str:
        return f"LayerTiming({_figures(self)})"


@dataclass
class ProfilerResult:
    """layers in the order of their first report; total_time: their sum by iteration."""

    layers: Sequence[LayerTiming]
    total_time: LayerTiming
    iterations: int

    def __str__(self) -> str:
        return (
            f"ProfilerResult(layers={len(self.layers)}, "
            f"total_time={self.total_time.mean:.3f}ms, iterations={self.iterations})"
        )

    def __repr__(self) -> str:
        return (
            f"ProfilerResult(layers={self.layers!r}, total_time={self.total_time!r}, "
            f"iterations={self.iterations})"
        )


@dataclass
class JetsonLayerInfo(LayerTiming):
    """LayerTiming with power (mW) while the layer runs and energy (mJ) an inference.

    NaN where they are not known, which `reason` explains; energy_ci95: (low, high), or None.
    """

    power: float
    energy: float
    energy_ci95: "Optional[tuple[float, float]]" = field(default=None, compare=False)
    reason: Optional[str] = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{super().__str__()}, power={self.power:.1f}mW, energy={self.energy:.3f}mJ"

    def __repr__(self) -> str:
        return f"JetsonLayerInfo({_figures(self)}, power={self.power}, energy={self.energy})"


@dataclass
class JetsonProfilerResult(ProfilerResult):
    """ProfilerResult with power_draw (mW, by reading) and energy (mJ, by inference).

    result: the layerwatt.Result behind it, with intervals, groups and warnings.
    """

    layers: Sequence[JetsonLayerInfo]
    power_draw: Metric
    energy: Metric
    result: "Optional[Result]" = field(default=None, compare=False)

    def __str__(self) -> str:
        return (
            f"JetsonProfilerResult(layers={len(self.layers)}, "
            f"total_time={self.total_time.mean:.3f}ms, iterations={self.iterations}, "
            f"power_draw={self.power_draw.mean:.1f}mW, energy={self.energy.mean:.3f}mJ)"
        )

    def __repr__(self) -> str:
        return (
            f"JetsonProfilerResult(layers={self.layers!r}, total_time={self.total_time!r}, "
            f"iterations={self.iterations}, power_draw={self.power_draw!r}, energy={self.energy!r})"
        )


def timing_of(name: str, times: "numpy.ndarray[Any, Any]") -> LayerTiming:
    """Of one value an iteration, NaN where the layer was not reported; all NaN gives NaN."""
    there = times[~numpy.isnan(times)]
    raw = there.tolist()
    if not raw:
        return LayerTiming(name, math.nan, math.nan, math.nan, math.nan, raw)
    return LayerTiming(
        name,
        exact_mean(raw),
        float(numpy.median(there)),
        float(there.min()),
        float(there.max()),
        raw,
    )


def timings_of(layers: Sequence[str], layer_ms: "numpy.ndarray[Any, Any]") -> List[LayerTiming]:
    by_layer = numpy.ascontiguousarray(layer_ms.T)  # each layer's times in one piece
    return [timing_of(name, times) for name, times in zip(layers, by_layer)]


def total_of(layer_ms: "numpy.ndarray[Any, Any]") -> LayerTiming:
    return timing_of("TOTAL", numpy.nansum(layer_ms, axis=1))


def infos_of(result: "Result") -> List[JetsonLayerInfo]:
    """Power and energy from the result, times from its recording."""
    recording = result.recording
    out = []
    for layer, timing in zip(result.layers, timings_of(recording.layers, recording.layer_ms)):
        out.append(
            JetsonLayerInfo(
                **vars(timing),
                power=layer.power_mw.mean if layer.power_mw else math.nan,
                energy=layer.energy_mj.mean if layer.energy_mj else math.nan,
                energy_ci95=layer.energy_mj.ci95 if layer.energy_mj else None,
                reason=layer.reason,
            )
        )
    return out


class _Profiler(_IProfiler):  # type: ignore[misc,valid-type]
    def __init__(self) -> None:
        super().__init__()
        self._profiler = _core.LayerProfiler()
        self._running = False

    def report_layer_time(self, layer_name: str, ms: float) -> None:
        """Called by TensorRT, once a layer."""
        if not self._running:
            self._profiler.start_iteration()
            self._running = True
        self._profiler.report_layer_time(layer_name, ms)

    def finalize_iteration(self) -> None:
        """To be called after an inference."""
        if self._running:
            self._profiler.finalize_iteration()
        self._running = False

    def get_statistics(self) -> List[LayerTiming]:
        """Times by layer, in the order of the first report; names may repeat."""
        return timings_of(self._profiler.layers, self._profiler.recorded()[2])

    def reset(self) -> None:
        """Forgets everything."""
        self._profiler.reset()
        self._running = False

    def __len__(self) -> int:
        """Iterations."""
        return len(self._profiler)


class LayerProfiler(_Profiler):
    """Layer times for an execution context of one's own: context.profiler = LayerProfiler()."""


class JetsonLayerProfiler(_Profiler):
    """Layer times, and when they were: what get_statistics_with_tegra() needs."""

    def start_iteration(self) -> None:
        """To be called before an inference: the layers are laid out from here."""
        self._profiler.start_iteration()
        self._running = True

    def recording(self, power: "Recording") -> "Recording":
        """The iterations so far, with the power of another recording."""
        return power.with_iterations(self._profiler.layers, *self._profiler.recorded())

    def get_statistics_with_tegra(
        self, tegradata: TegraData, verbose: bool = False, *, method: str = "auto"
    ) -> List[JetsonLayerInfo]:
        """Power (mW) and energy (mJ) by layer.

        method: "overlap" averages the lines that fall inside a layer, as the reference does; "auto"
        and "deconvolve" allow for what the sensor smears. Raises BadInputError where the lines do
        not cover the iterations, or print no rail.
        """
        return infos_of(_core.analyze(recording_of(self._profiler, tegradata), method=method))


def recording_of(profiler: "_core.LayerProfiler", tegradata: TegraData) -> "Recording":
    rails = rails_of(tegradata.data)
    if not rails:
        raise BadInputError(
            "no line prints a power rail",
            "tegrastats",
            "some releases print them for root alone: TegraStats(sudo=True)",
        )
    total = total_rails(rails)
    seconds = _core.leading_numbers(tegradata.data, "timestamp")
    stamped = ~numpy.isnan(seconds)
    times = numpy.rint(seconds[stamped] * 1e9).astype(numpy.int64)
    power = numpy.column_stack([_core.leading_numbers(tegradata.data, rail) for rail in rails])
    power = numpy.ascontiguousarray(power[stamped])
    start_ns, end_ns, layer_ms = profiler.recorded()
    return _core.Recording.from_arrays(
        profiler.layers,
        start_ns,
        end_ns,
        layer_ms,
        times,
        rails,
        power,
        in_total=total,
        kind="tegrastats",
    )
