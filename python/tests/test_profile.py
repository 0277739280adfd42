"""profile(): options, progress, Ctrl-C, errors."""

import json
import logging
import os
import signal
import threading
import time

import pytest

import layerwatt


@pytest.fixture
def endless_spec(tmp_path, ideal_spec):
    """A board that takes its time, so that a run of it must be interrupted."""
    spec = json.loads(ideal_spec.read_text())
    spec["time"] = "real"
    path = tmp_path / "slow.sim.json"
    path.write_text(json.dumps(spec))
    return path


def test_a_profile_says_which_sensor_it_took(ideal_spec, caplog):
    with caplog.at_level(logging.INFO, logger="layerwatt"):
        result = layerwatt.profile(ideal_spec, iterations=50)
    assert result.iterations == 50
    assert any("sensor" in record.message for record in caplog.records)
    assert not result.sensor.measured


def test_progress_is_told(ideal_spec):
    told = []
    layerwatt.profile(ideal_spec, iterations=50, on_progress=told.append)
    assert told[-1]["iterations"] == 50
    assert told[-1]["iterations_wanted"] == 50


def test_what_a_callback_raises_comes_out(ideal_spec):
    def fail(progress):
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        layerwatt.profile(ideal_spec, iterations=50, on_progress=fail)


def test_the_recording_is_kept_where_it_is_asked_for(ideal_spec, tmp_path):
    result = layerwatt.profile(ideal_spec, iterations=50, save=tmp_path / "kept")
    again = layerwatt.analyze(tmp_path / "kept", method=result.method)
    assert again.layers[0].energy_mj.mean == pytest.approx(result.layers[0].energy_mj.mean)
    with pytest.raises(layerwatt.UsageError, match="already holds a recording"):
        layerwatt.profile(ideal_spec, iterations=50, save=tmp_path / "kept")


def interrupt_when(ready):
    """Sends SIGINT to this process once ready() is true."""

    def wait():
        while not ready():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def test_ctrl_c_ends_the_run_and_keeps_the_data(endless_spec, tmp_path):
    told = []
    thread = interrupt_when(lambda: told and told[-1]["iterations"] > 5)
    with pytest.raises(layerwatt.Interrupted) as caught:
        layerwatt.profile(
            endless_spec, iterations=10**9, on_progress=told.append, save=tmp_path / "kept"
        )
    thread.join()
    result = caught.value.result
    assert isinstance(caught.value, KeyboardInterrupt)
    assert result.interrupted
    assert result.iterations > 5
    assert len(layerwatt.load_recording(tmp_path / "kept")) == result.iterations


def test_a_handler_of_ones_own_is_heard_and_its_error_comes_out(endless_spec):
    class Enough(Exception):
        pass

    def handler(number, frame):
        raise Enough

    before = signal.signal(signal.SIGINT, handler)
    told = []
    thread = interrupt_when(lambda: told)
    try:
        with pytest.raises(Enough):
            layerwatt.profile(endless_spec, iterations=10**9, on_progress=told.append)
    finally:
        signal.signal(signal.SIGINT, before)
        thread.join()


def test_other_threads_run_while_it_measures(endless_spec):
    turns = []
    done = threading.Event()

    def count():
        while not done.is_set():
            turns.append(layerwatt.now_ns())
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    begin = layerwatt.now_ns()
    thread.start()
    try:
        result = layerwatt.profile(endless_spec, iterations=200, warmup=0)
    finally:
        done.set()
        thread.join()
    inside = [t for t in turns if result.recording.start_ns[0] < t < result.recording.end_ns[-1]]
    assert begin < result.recording.start_ns[0]
    assert inside


@pytest.mark.parametrize(
    "arguments, kind",
    [
        ({"model": "/nonexistent.onnx"}, layerwatt.BadInputError),
        ({"engine": "steam"}, layerwatt.UsageError),
        ({"sensor": "steam"}, layerwatt.UsageError),
        ({"method": "excite", "iterations": 5}, layerwatt.UsageError),
    ],
)
def test_mistakes_are_exceptions_with_a_hint(ideal_spec, arguments, kind):
    given = {"model": ideal_spec, **arguments}
    with pytest.raises(kind) as caught:
        layerwatt.profile(given.pop("model"), **given)
    assert caught.value.hint
    assert caught.value.kind in ("usage", "bad input")


def test_an_engine_that_is_not_there_is_said(tmp_path):
    plan = tmp_path / "a.engine"
    plan.write_bytes(b"not a plan")
    with pytest.raises(layerwatt.Error) as caught:
        layerwatt.profile(plan, iterations=1)
    assert caught.value.what


def test_wrong_types_are_type_errors(ideal_spec):
    with pytest.raises(TypeError):
        layerwatt.profile(ideal_spec, iterations="many")


def test_the_machine_is_told():
    names = {entry["name"]: entry for entry in layerwatt.sensors()}
    assert {"tegrastats", "rapl", "estimate"} <= set(names)
    assert all(entry["reason"] or entry["usable"] for entry in names.values())
    assert "simulated" in {e["name"] for e in layerwatt.engines()} | {"simulated"}
    assert ".engine" in next(e for e in layerwatt.engines() if e["name"] == "tensorrt")["models"]


def test_emptying_the_cache_is_for_gpus_that_repeat_layers(ideal_spec):
    with pytest.raises(layerwatt.UsageError, match="no cache to empty"):
        layerwatt.profile(ideal_spec, method="excite", empty_cache=True)


def test_half_passes_run_behind_the_pass(ideal_spec, tmp_path):
    result = layerwatt.profile(
        ideal_spec, method="excite", half_passes=True, max_time=60.0, save=tmp_path / "kept"
    )
    assert "half of its layers ran once more" in result.method_reason
    assert json.loads((tmp_path / "kept/manifest.json").read_text())["half_passes"] is True
    with pytest.raises(layerwatt.UsageError, match="only method excite"):
        layerwatt.profile(ideal_spec, half_passes=True, iterations=10)
