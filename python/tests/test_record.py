"""record: context manager and decorator."""

import pytest

import layerwatt


def test_the_energy_of_a_block(power_csv):
    with layerwatt.record(sensor=f"file:{power_csv}") as power:
        begin = layerwatt.now_ns()
        while layerwatt.now_ns() - begin < 100_000_000:
            pass
    record = power.result
    assert record.duration_ms >= 100.0
    assert record.power_mw.mean == pytest.approx(2000.0)
    # 2 W for so many ms.
    assert record.energy_mj.mean == pytest.approx(2.0 * record.duration_ms, rel=1e-6)
    assert record.peak_mw == 2000.0
    assert record.rails[0]["rail"] == "BOARD"
    assert len(record.recording.time_ns) > 10
    assert "mJ" in repr(record)


def test_the_recording_can_be_kept(power_csv, tmp_path):
    with layerwatt.record(sensor=f"file:{power_csv}", save=tmp_path / "kept") as power:
        pass
    assert len(layerwatt.load_recording(tmp_path / "kept").time_ns) == len(
        power.result.recording.time_ns
    )


def test_an_exception_of_the_block_passes_and_the_figures_stay(power_csv):
    with pytest.raises(ZeroDivisionError):
        with layerwatt.record(sensor=f"file:{power_csv}") as power:
            1 / 0
    assert power.result.duration_ms > 0


def test_ctrl_c_in_the_block_keeps_the_figures(power_csv):
    with pytest.raises(layerwatt.Interrupted) as caught:
        with layerwatt.record(sensor=f"file:{power_csv}"):
            raise KeyboardInterrupt
    assert caught.value.result.duration_ms > 0


def test_a_decorated_function_has_a_record_a_call(power_csv):
    @layerwatt.record(sensor=f"file:{power_csv}")
    def work(a, b=1):
        """Adds."""
        return a + b

    assert work(1, b=2) == 3
    assert work(4) == 5
    assert work.__doc__ == "Adds."
    assert [type(r) for r in work.records] == [layerwatt.PowerRecord] * 2


def test_no_sensor_is_an_error_with_the_reasons():
    with pytest.raises(layerwatt.Error) as caught:
        with layerwatt.record(sensor="file:/nonexistent.csv"):
            pass
    assert caught.value.what


def test_without_a_sensor_the_time_stays():
    with layerwatt.record(sensor="none") as power:
        pass
    assert power.result.duration_ms > 0
    assert power.result.energy_mj is None
    assert power.result.reason
