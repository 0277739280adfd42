"""compat: trtutils' results and JetsonLayerProfiler, and the reference's attribution."""

import io
import math
import random
import statistics

import numpy
import pytest

import layerwatt
from layerwatt import compat
from layerwatt.compat import jetsontools as ours
from layerwatt.compat import _profiler


def info(**changes):
    given = dict(name="conv", mean=1.25, median=1.0, min=0.5, max=2.0, raw=[1.0], power=5000.0, energy=6.25)
    given.update(changes)
    return compat.JetsonLayerInfo(**given)


def test_words_are_the_reference_s():
    assert str(info()) == (
        "conv: mean=1.250ms, median=1.000ms, min=0.500ms, max=2.000ms, power=5000.0mW, energy=6.250mJ"
    )
    assert repr(info()) == (
        "JetsonLayerInfo(name='conv', mean=1.25, median=1.0, min=0.5, max=2.0, power=5000.0, "
        "energy=6.25)"
    )
    timing = compat.LayerTiming("TOTAL", 1.25, 1.0, 0.5, 2.0, [1.0])
    assert str(timing) == "TOTAL: mean=1.250ms, median=1.000ms, min=0.500ms, max=2.000ms"
    assert repr(timing) == "LayerTiming(name='TOTAL', mean=1.25, median=1.0, min=0.5, max=2.0)"
    metric = compat.Metric([1.0, 3.0])
    assert str(metric) == "Metric(mean=2.000, median=2.000, min=1.000, max=3.000, std=1.414, ci95=1.960)"
    result = compat.JetsonProfilerResult([info()], timing, 1, metric, metric)
    assert str(result) == (
        "JetsonProfilerResult(layers=1, total_time=1.250ms, iterations=1, power_draw=2.0mW, "
        "energy=2.000mJ)"
    )
    assert repr(result) == (
        f"JetsonProfilerResult(layers=[{info()!r}], total_time={timing!r}, iterations=1, "
        f"power_draw={metric!r}, energy={metric!r})"
    )
    times = compat.ProfilerResult([timing], timing, 3)
    assert str(times) == "ProfilerResult(layers=1, total_time=1.250ms, iterations=3)"
    assert repr(times) == f"ProfilerResult(layers=[{timing!r}], total_time={timing!r}, iterations=3)"
    assert isinstance(result, compat.ProfilerResult) and isinstance(info(), compat.LayerTiming)


def test_metric_is_the_reference_s():
    raw = [random.Random(3).uniform(1.0, 9.0) for _ in range(1)] + [4.0, 8.5, 2.25]
    metric = compat.Metric(raw)
    assert metric.mean == pytest.approx(statistics.mean(raw), rel=1e-15)
    assert metric.std == pytest.approx(statistics.stdev(raw), rel=1e-14)
    assert metric.ci95 == pytest.approx(1.96 * statistics.stdev(raw) / 2.0, rel=1e-14)
    assert (metric.median, metric.min, metric.max) == (statistics.median(raw), min(raw), max(raw))
    assert (compat.Metric([7]).std, compat.Metric([7]).ci95) == (0.0, 0.0)
    with pytest.raises(ValueError, match="Raw data cannot be empty"):
        compat.Metric([])


LAYERS = ["conv", "relu", "fc"]


def fed(profiler, passes, rng, names=LAYERS):
    """Feeds a profiler's own times; returns its windows by place, as the reference lays them out."""
    windows = [[] for _ in names]
    now = 1_700_000_000.0
    for _ in range(passes):
        start_ns = round(now * 1e9)
        profiler._profiler.start_iteration(start_ns)
        profiler._running = True
        at = start_ns / 1e9
        for place, name in enumerate(names):
            ms = numpy.float32(rng.uniform(1.0, 4.0))
            profiler.report_layer_time(name, float(ms))
            windows[place].append((at, at + float(ms) / 1000.0))
            at += float(ms) / 1000.0
        now = at + 0.0003
        profiler._profiler.finalize_iteration(round(now * 1e9))
        profiler._running = False
        now += 0.0001
    return windows, now


def tegra(end, rng, seconds=0.0051):
    line = (
        "{now:.7f}::11-23-2026 12:00:00 RAM 2336/62841MB (lfb 199x4MB) CPU [0%@2201] "
        "VDD_GPU_SOC {gpu}mW/{gpu}mW VDD_CPU_CV {cpu}mW/{cpu}mW\n"
    )
    lines, now = [], 1_700_000_000.0 - 0.1
    while now < end + 0.1:
        lines.append(line.format(now=now, gpu=rng.randint(900, 9000), cpu=rng.randint(900, 9000)))
        now += seconds * rng.uniform(0.9, 1.1)
    return "".join(lines)


def test_overlap_gives_the_reference_s_numbers_exactly():
    theirs = pytest.importorskip(
        "jetsontools", reason="pip install jetsontools compares with the reference itself"
    )
    rng = random.Random(5)
    profiler = compat.JetsonLayerProfiler()
    windows, end = fed(profiler, 400, rng)
    text = tegra(end, rng)
    with pytest.warns(RuntimeWarning, match="guess"):
        got = profiler.get_statistics_with_tegra(ours.TegraData(io.StringIO(text)), method="overlap")
    data = theirs.TegraData(io.StringIO(text))
    for layer, own in zip(got, windows):
        inside, _ = theirs.filter_data(data.data, own)
        power = theirs.get_powerdraw(inside)["VDD_TOTAL"]
        assert layer.power == power.mean
        assert layer.energy == pytest.approx(power.mean * layer.mean / 1000.0, rel=1e-12)
        assert layer.mean == pytest.approx(statistics.mean(layer.raw), rel=1e-15)
    assert len({layer.power for layer in got}) == len(LAYERS)


def test_d7_names_that_repeat_stay_apart_and_the_median_is_one():
    profiler = compat.JetsonLayerProfiler()
    fed(profiler, 4, random.Random(1), ["a", "b", "a"])
    statistics_ = profiler.get_statistics()
    assert [layer.name for layer in statistics_] == ["a", "b", "a"]
    assert [len(layer.raw) for layer in statistics_] == [4, 4, 4]
    assert statistics_[0].raw != statistics_[2].raw
    total = _profiler.total_of(numpy.array([[1.0], [2.0], [4.0], [8.0]]))
    assert total.median == 3.0


def test_d7_a_layer_that_is_missing_moves_no_other():
    profiler = compat.LayerProfiler()
    for reports in ([("a", 1.0), ("b", 2.0)], [("b", 4.0)], [("a", 3.0), ("b", 6.0)]):
        for name, ms in reports:
            profiler.report_layer_time(name, ms)
        profiler.finalize_iteration()
    a, b = profiler.get_statistics()
    assert (a.raw, b.raw) == ([1.0, 3.0], [2.0, 4.0, 6.0])
    layer_ms = profiler._profiler.recorded()[2]
    assert _profiler.total_of(layer_ms).raw == [3.0, 4.0, 9.0]
    profiler.reset()
    assert profiler.get_statistics() == [] and len(profiler) == 0


def test_missing_is_nan_with_a_reason_and_never_0():
    profiler = compat.JetsonLayerProfiler()
    fed(profiler, 2, random.Random(1))
    # Two readings for six windows: some layer has none.
    text = tegra(1_700_000_000.02, random.Random(2), seconds=0.1)
    with pytest.warns(RuntimeWarning):
        got = profiler.get_statistics_with_tegra(ours.TegraData(io.StringIO(text)), method="overlap")
    nothing = [layer for layer in got if math.isnan(layer.power)]
    assert nothing and all(layer.reason == "no_samples" for layer in nothing)
    assert "power=nanmW" in str(nothing[0])


def test_d5_lines_without_rails_are_an_error_with_a_hint():
    profiler = compat.JetsonLayerProfiler()
    fed(profiler, 2, random.Random(1))
    line = "1700000000.0::01-24-2024 09:17:09 RAM 3503/7337MB (lfb 7x1MB) CPU [11%@729]\n"
    with pytest.raises(layerwatt.BadInputError) as caught:
        profiler.get_statistics_with_tegra(ours.TegraData(io.StringIO(line)))
    assert "sudo" in caught.value.hint


def test_lines_of_another_day_are_refused():
    profiler = compat.JetsonLayerProfiler()
    fed(profiler, 2, random.Random(1))
    text = tegra(1_700_000_001.0, random.Random(2)).replace("1700000", "1600000").replace(
        "1699999", "1599999"
    )
    with pytest.warns(RuntimeWarning):
        with pytest.raises(layerwatt.BadInputError):
            profiler.get_statistics_with_tegra(ours.TegraData(io.StringIO(text)))
