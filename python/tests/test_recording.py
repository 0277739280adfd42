"""Recordings: views without a copy, arrays of one's own."""

import gc

import numpy
import pytest

import layerwatt


def test_columns_are_views_without_a_copy(simulated):
    recording = layerwatt.load_recording(simulated)
    assert recording.layer_ms.shape == (200, 12)
    assert recording.rail_mw.shape == (len(recording.time_ns), 1)
    for name in ("start_ns", "end_ns", "layer_ms", "time_ns", "rail_mw"):
        first, second = getattr(recording, name), getattr(recording, name)
        assert not first.flags.owndata and not first.flags.writeable, name
        assert numpy.shares_memory(first, second), name
    with pytest.raises(ValueError):
        recording.layer_ms[0, 0] = 1.0


def test_a_view_keeps_the_recording_alive(simulated):
    recording = layerwatt.load_recording(simulated)
    want = recording.layer_ms.copy()
    view = recording.layer_ms
    del recording
    gc.collect()
    numpy.testing.assert_array_equal(view, want)


def test_the_total_is_the_sum_of_its_rails(simulated):
    recording = layerwatt.load_recording(simulated)
    numpy.testing.assert_array_equal(recording.total_mw, recording.rail_mw[:, 0])
    assert recording.in_total == [True]


def arrays(**changes):
    given = {
        "layers": ["a", "b"],
        "start_ns": numpy.array([0, 10_000_000]),
        "end_ns": numpy.array([8_000_000, 18_000_000]),
        "layer_ms": numpy.array([[3.0, 5.0], [3.0, 5.0]]),
        "time_ns": numpy.arange(500_000, 18_000_000, 1_000_000),
        "rails": ["BOARD"],
        "rail_mw": numpy.where(numpy.arange(18) % 10 < 3, 5000.0, 2000.0)[:, None],
        "window_ms": 0.0,
        "latency_ms": 0.0,
        "time_constant_ms": 0.0,
        "timestamp_error_ms": 0.0,
    }
    given.update(changes)
    return layerwatt.Recording.from_arrays(**given)


def test_arrays_of_ones_own_are_attributed():
    result = layerwatt.analyze(arrays(), method="overlap")
    # 3 ms at 5 W, then 5 ms at 2 W.
    assert [layer.power_mw.mean for layer in result.layers] == [5000.0, 2000.0]
    assert [layer.energy_mj.mean for layer in result.layers] == [15.0, 10.0]


def test_nan_means_not_reported():
    times = numpy.array([[3.0, 5.0], [numpy.nan, 5.0]])
    result = layerwatt.analyze(arrays(layer_ms=times), method="overlap")
    assert result.layers[0].time_ms.count == 1


@pytest.mark.parametrize(
    "changes, where",
    [
        ({"end_ns": numpy.array([8_000_000])}, "end_ns"),
        ({"layer_ms": numpy.ones((2, 3))}, "layer_ms"),
        ({"layer_ms": numpy.array([[3.0, -5.0], [3.0, 5.0]])}, "layer_ms"),
        ({"rail_mw": numpy.ones((17, 1))}, "rail_mw"),
        ({"end_ns": numpy.array([11_000_000, 18_000_000])}, "start_ns"),
        ({"time_ns": numpy.arange(18_000_000, 0, -1_000_000)}, "time_ns"),
        ({"start_ns": numpy.array([], dtype=numpy.int64), "end_ns": numpy.array([], dtype=numpy.int64),
          "layer_ms": numpy.empty((0, 2))}, "start_ns"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(changes, where):
    with pytest.raises(layerwatt.BadInputError) as caught:
        arrays(**changes)
    assert caught.value.where == where


def test_arrays_of_the_wrong_kind_are_a_type_error():
    with pytest.raises(TypeError):
        arrays(layer_ms=numpy.ones(4))


def test_the_rails_of_a_known_board_make_a_total_by_themselves():
    rails = ["VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC"]
    recording = arrays(rails=rails, rail_mw=numpy.full((18, 3), 1000.0))
    assert recording.in_total == [True, False, False]
    assert recording.scope == "module"
    unknown = arrays(rails=["A", "B"], rail_mw=numpy.full((18, 2), 1000.0))
    assert unknown.scope == ""
    said = arrays(rails=["A", "B"], rail_mw=numpy.full((18, 2), 1000.0), in_total=["A", "B"])
    assert said.in_total == [True, True]
    assert set(said.total_mw) == {2000.0}


def test_a_recording_that_is_none_names_the_folder(tmp_path):
    with pytest.raises(layerwatt.BadInputError) as caught:
        layerwatt.load_recording(tmp_path)
    assert caught.value.where == str(tmp_path)
    assert caught.value.hint
    assert isinstance(caught.value, ValueError)


def test_loose_files(simulated):
    result = layerwatt.analyze(
        iterations=simulated / "iterations.csv", power=simulated / "power.csv", method="overlap"
    )
    assert len(result) == 12
    with pytest.raises(layerwatt.UsageError):
        layerwatt.analyze(iterations=simulated / "iterations.csv")
    with pytest.raises(layerwatt.UsageError):
        layerwatt.analyze(simulated, power=simulated / "power.csv")
