"""Result: figures, reports, data frames, notebooks."""

import json
import math
import pickle

import numpy
import pytest

import layerwatt


@pytest.fixture(scope="module")
def result(simulated):
    return layerwatt.analyze(simulated)


@pytest.fixture(scope="module")
def times_alone(ideal_spec):
    return layerwatt.profile(ideal_spec, iterations=50, sensor="none")


def test_the_figures_are_those_of_the_truth(result, simulated):
    spec = json.loads((simulated.parents[0] / "recording" / "manifest.json").read_text())
    assert result.iterations == 200
    assert [layer.name for layer in result.layers] == [layer["name"] for layer in spec["layers"]]
    # examples/sim/ideal.sim.json: 0.082 ms at 14466 mW above 3000 mW idle.
    first = result.layers[0]
    assert first.time_ms.mean == pytest.approx(0.082, rel=0.01)
    assert first.energy_mj.mean == pytest.approx(0.082 * 14.466, rel=0.03)
    assert first.energy_mj.ci95[0] < first.energy_mj.mean < first.energy_mj.ci95[1]
    assert float(first.power_mw) == first.power_mw.mean
    assert result.closure.ratio == pytest.approx(1.0, abs=0.02)


def test_json_goes_there_and_back(result, tmp_path):
    text = result.to_json(tmp_path / "result.json")
    assert (tmp_path / "result.json").read_text(encoding="utf-8") == text
    document = json.loads(text)
    assert document["schema"] == "layerwatt.result/1"
    again = layerwatt.Result.from_json(text)
    assert again.to_json() == text
    assert len(again.recording) == 0
    assert document["layers"][3]["energy_mj"]["mean"] == again.layers[3].energy_mj.mean


def test_a_file_that_cannot_be_written_is_an_oserror_too(result):
    with pytest.raises(OSError) as caught:
        result.to_json("/nonexistent/folder/result.json")
    assert isinstance(caught.value, layerwatt.IoError)


def test_every_report_can_be_had(result):
    assert result.report("csv").splitlines()[0].startswith("row,index,name,")
    assert "closure" in str(result)
    assert result.to_html().lower().startswith("<!doctype html>")
    assert json.loads(result.report("trace"))["traceEvents"]
    with pytest.raises(layerwatt.UsageError) as caught:
        result.report("pdf")
    assert "json" in caught.value.hint


def test_columns_are_those_of_the_csv(result):
    columns = result.columns()
    header = result.report("csv").splitlines()[0].split(",")
    assert set(columns) <= set(header)
    assert columns["name"][0] == result.layers[0].name
    assert columns["energy_mj"] == [layer.energy_mj.mean for layer in result.layers]
    assert columns["BOARD_energy_mj"][0] == result.layers[0].rails[0].energy_mj.mean


def test_missing_is_none_with_its_reason(times_alone):
    assert times_alone.layers[0].energy_mj is None
    assert times_alone.layers[0].missing["energy_mj"] == "no_power"
    assert times_alone.total.energy_mj is None
    assert times_alone.total.missing == {"power_mw": "no_power", "energy_mj": "no_power"}
    assert times_alone.energy_mj is None
    assert "no mJ" in repr(times_alone)


def test_pandas(result, times_alone):
    pandas = pytest.importorskip("pandas")
    frame = result.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame["name"]) == [layer.name for layer in result.layers]
    assert frame["energy_mj"].dtype == numpy.float64
    assert frame["energy_mj"].sum() == pytest.approx(
        sum(layer.energy_mj.mean for layer in result.layers)
    )
    nothing = times_alone.to_pandas()
    assert nothing["energy_mj"].isna().all()
    assert (nothing["time_ms"] > 0).all()


def test_a_notebook_shows_a_table_with_names_escaped(result):
    page = result._repr_html_()
    assert "<table>" in page and "NOT MEASURED" in page
    assert page.count("<tr>") == len(result.layers) + 2
    recording = layerwatt.Recording.from_arrays(
        ["<script>alert(1)</script>"],
        numpy.array([0, 10_000_000]),
        numpy.array([5_000_000, 15_000_000]),
        numpy.array([[4.0], [4.0]]),
        numpy.arange(0, 20_000_000, 1_000_000),
        ["BOARD"],
        numpy.full((20, 1), 1000.0),
    )
    assert "<script>" not in layerwatt.analyze(recording)._repr_html_()


def test_parts_keep_their_result_alive(simulated):
    layers = layerwatt.analyze(simulated).layers
    assert layers[2].energy_mj.mean > 0
    total = layerwatt.analyze(simulated).total
    assert total.time_ms.mean > 0


def test_errors_keep_their_parts_through_pickle():
    error = layerwatt.BadInputError("is empty", "a.csv", "write something")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.what, again.where, again.hint) == (
        layerwatt.BadInputError,
        "is empty",
        "a.csv",
        "write something",
    )
    assert str(again) == "a.csv: is empty (write something)"


def test_unknown_methods_are_refused(simulated):
    with pytest.raises(layerwatt.UsageError) as caught:
        layerwatt.analyze(simulated, method="guess")
    assert "deconvolve" in caught.value.hint


def test_not_a_number_stays_out_of_the_notebook(times_alone):
    assert "nan" not in times_alone._repr_html_()
    assert not any(math.isnan(c) for c in times_alone.columns()["time_ms"])
