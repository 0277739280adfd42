"""compat.profile_engine: engine objects, plans on a fake TensorRT, a tegrastats on PATH."""

import inspect
import math
import os
import subprocess
import sys
import textwrap

import numpy
import pytest
from fake_engines import FakeTrtEngine, fake_modules, write_plan

import layerwatt
from layerwatt import compat
from layerwatt.compat import profiling, trtutils


@pytest.fixture
def fake_tensorrt(monkeypatch):
    folder = fake_modules()
    if folder is None:
        pytest.skip("the fake TensorRT is a target of the tests: fake_tensorrt_module")
    monkeypatch.setenv("LAYERWATT_MODULE_PATH", str(folder))
    monkeypatch.setenv("LAYERWATT_CUDA", str(folder / "libfake_cuda.so"))
    monkeypatch.setenv("LAYERWATT_TENSORRT_LIB", str(folder / "libfake_nvinfer.so"))
    monkeypatch.setenv("LAYERWATT_TENSORRT_PARSER_LIB", str(folder / "libfake_nvinfer.so"))
    monkeypatch.setenv("LAYERWATT_NVML", str(folder / "libfake_nvml.so"))
    return folder


def test_signatures_begin_as_the_reference_s():
    def shown(function, count):
        parameters = list(inspect.signature(function).parameters.values())
        return [(p.name, p.default) for p in parameters[:count]]

    empty = inspect.Parameter.empty
    common = [("warmup", None), ("cuda_graph", None), ("verbose", None)]
    assert shown(compat.profile_engine, 9) == [
        ("engine", empty), ("iterations", 10000), ("warmup_iterations", 10), ("tegra_interval", 5),
        ("dla_core", None), ("device", None), *common,
    ]
    assert shown(profiling.profile_engine, 7) == [
        ("engine", empty), ("iterations", 100), ("warmup_iterations", 10), ("dla_core", None),
        ("device", None), ("warmup", None), ("verbose", None),
    ]


def test_an_engine_object_beside_a_live_tegrastats(fake_tegrastats):
    engine = FakeTrtEngine()
    result = compat.profile_engine(engine, iterations=40, warmup_iterations=2)
    assert engine.calls == 1 + 2 + 40
    assert [layer.name for layer in result.layers] == ["conv", "relu", "conv"]
    assert result.iterations == 40 and len(result.layers[0].raw) == 40
    assert result.layers[0].mean == pytest.approx(1.0) and result.layers[2].mean == pytest.approx(0.7)
    assert result.total_time.name == "TOTAL" and result.total_time.mean == pytest.approx(2.0)
    assert result.power_draw.mean > 0 and result.energy.mean > 0
    assert result.result.sensor.kind == "tegrastats"
    known = [layer for layer in result.layers if not math.isnan(layer.energy)]
    assert all(layer.energy > 0 for layer in known)
    assert engine.context.profiler is not None


def test_overall_power_and_energy_are_those_of_the_readings_inside(power_csv):
    result = compat.profile_engine(
        FakeTrtEngine(), iterations=40, sensor=f"file:{power_csv}", method="overlap"
    )
    recording = result.result.recording
    seconds = (recording.end_ns - recording.start_ns) / 1e9
    assert set(result.power_draw.raw) == {2000.0}
    inside = sum(
        int(((recording.time_ns >= start) & (recording.time_ns <= end)).sum())
        for start, end in zip(recording.start_ns, recording.end_ns)
    )
    assert len(result.power_draw.raw) == inside < len(recording.time_ns)
    # 2000 mW for so many s are mJ.
    assert set(numpy.round(result.energy.raw, 6)) <= set(numpy.round(2000.0 * seconds, 6))
    for layer in result.layers:
        assert layer.energy == pytest.approx(2000.0 * layer.mean / 1000.0)


def test_d3_a_cuda_graph_is_set_aside_and_put_back(power_csv):
    engine = FakeTrtEngine(cuda_graph=True)
    graph = engine._cuda_graph
    result = compat.profile_engine(engine, iterations=5, sensor=f"file:{power_csv}")
    assert len(result.layers) == 3
    assert engine._cuda_graph is graph


def test_d3_an_engine_that_reports_nothing_is_an_error(power_csv):
    engine = FakeTrtEngine()
    engine.context.execute = lambda report=True: None
    with pytest.raises(layerwatt.EngineError, match="no layer was reported"):
        compat.profile_engine(engine, iterations=5, sensor=f"file:{power_csv}")
    with pytest.raises(layerwatt.EngineError):
        profiling.profile_engine(engine, iterations=5)


def test_ctrl_c_keeps_the_iterations_until_then(power_csv):
    engine = FakeTrtEngine()
    engine.fail_at = (1 + 10 + 8, KeyboardInterrupt())
    with pytest.raises(layerwatt.Interrupted) as caught:
        compat.profile_engine(engine, iterations=1000, sensor=f"file:{power_csv}")
    assert caught.value.result.iterations == 7
    assert isinstance(caught.value.result, compat.JetsonProfilerResult)


def test_what_the_engine_raises_comes_out_and_nothing_stays_behind(power_csv):
    engine = FakeTrtEngine()
    engine.fail_at = (15, RuntimeError("cudaErrorIllegalAddress"))
    with pytest.raises(RuntimeError, match="cudaErrorIllegalAddress"):
        compat.profile_engine(engine, iterations=1000, sensor=f"file:{power_csv}")


def test_times_alone_of_an_engine_object():
    result = profiling.profile_engine(FakeTrtEngine(), iterations=5, warmup=False)
    assert type(result) is compat.ProfilerResult
    assert result.iterations == 5 and len(result.layers) == 3
    assert result.total_time.mean == pytest.approx(2.0)


def test_a_plan_on_a_fake_tensorrt(fake_tensorrt, fake_tegrastats, tmp_path):
    plan = write_plan(tmp_path / "m.engine", [("conv", 0.4), ("fc", 0.2)])
    result = compat.profile_engine(plan, iterations=60, cuda_graph=False)
    assert [layer.name for layer in result.layers] == ["conv", "fc"]
    assert result.iterations == 60 and result.power_draw.mean > 0
    times = profiling.profile_engine(plan, iterations=20)
    assert times.iterations == 20


def test_a_plan_of_another_name_is_a_plan(fake_tensorrt, tmp_path, power_csv):
    plan = write_plan(tmp_path / "weights.bin", [("conv", 0.4)])
    result = compat.profile_engine(plan, iterations=20, sensor=f"file:{power_csv}")
    assert [layer.name for layer in result.layers] == ["conv"]


def test_d2_the_dispatcher_has_the_documented_defaults(monkeypatch):
    seen = []
    monkeypatch.setattr(trtutils, "_with_power", lambda *a, **k: seen.append(a[1]))
    monkeypatch.setattr(trtutils, "_times", lambda *a, **k: seen.append(a[1]))
    trtutils.profile_engine("x", jetson=True)
    trtutils.profile_engine("x")
    trtutils.profile_engine("x", 7, jetson=True)
    assert seen == [10000, 100, 7]


def test_no_such_plan_is_a_file_not_found_error():
    with pytest.raises(FileNotFoundError):
        compat.profile_engine("/nonexistent.engine")
    with pytest.raises(FileNotFoundError):
        profiling.profile_engine("/nonexistent.engine")


# Scripts as their authors wrote them, but for the import.
PROFILE_SCRIPT = """
    from pathlib import Path

    from {package} import profile_engine

    result = profile_engine(Path({plan!r}), iterations=50, warmup_iterations=5, tegra_interval=5)
    print(result)
    for layer in sorted(result.layers, key=lambda layer: layer.energy, reverse=True):
        print(layer)
    print(f"{{result.energy.mean:.2f}} mJ, {{result.power_draw.mean / 1000:.2f}} W")
"""
TEGRA_SCRIPT = """
    import time

    from {package} import TegraStats, filter_data, get_powerdraw

    slices = []
    with TegraStats(interval=5) as tegra:
        for _ in range(5):
            start = time.time()
            time.sleep(0.05)
            slices.append((start, time.time()))
    data = tegra.data
    data.filter(slices)
    filtered, per_slice = filter_data(data.data, slices)
    assert filtered == data.filtered
    for (start, stop), entries in per_slice:
        power = get_powerdraw(entries)["VDD_TOTAL"]
        print(f"{{power.mean * (stop - start):.1f}} mJ")
    print(data.powerdraw["VDD_TOTAL"])
"""


def run_script(text, folder, **words):
    script = folder / "script.py"
    script.write_text(textwrap.dedent(text).format(**words))
    return subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120, env=os.environ
    )


def test_a_script_of_trtutils_runs_with_only_the_import_changed(
    fake_tensorrt, fake_tegrastats, tmp_path
):
    plan = write_plan(tmp_path / "m.engine", [("conv", 0.4), ("fc", 0.2)])
    ran = run_script(PROFILE_SCRIPT, tmp_path, package="layerwatt.compat.jetson", plan=plan)
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[0].startswith("JetsonProfilerResult(layers=2, total_time=")
    assert {line.split(":")[0] for line in lines[1:3]} == {"conv", "fc"}
    assert lines[3].endswith(" W")


def test_a_script_of_jetsontools_runs_with_only_the_import_changed(fake_tegrastats, tmp_path):
    ran = run_script(TEGRA_SCRIPT, tmp_path, package="layerwatt.compat.jetsontools")
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert len(lines) == 6 and lines[5].startswith("Metric(mean=")
    assert all(float(line.split()[0]) > 0 for line in lines[:5])
