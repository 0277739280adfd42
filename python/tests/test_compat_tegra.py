"""compat: tegrastats' lines, against jetsontools itself where it is right."""

import io
import math
import os
import random
import signal
import subprocess
import time
import warnings

import pytest

import layerwatt
from layerwatt import _core, compat
from layerwatt.compat import jetsontools as ours
from layerwatt.compat._tegra_text import rails_of

# A board that layerwatt's table does not know: the one case in which both take all of VDD.
LINE = (
    "11-23-2026 12:00:00 RAM 2336/62841MB (lfb 199x4MB) SWAP 0/31421MB (cached 0MB) "
    "CPU [0%@2201,50%@2201] GR3D_FREQ 0% cpu@48.812C tboard@38.5C "
    "VDD_GPU_SOC {gpu}mW/{gpu}mW VDD_CPU_CV {cpu}mW/{cpu}mW"
)
ORIN = (
    "10-22-2024 15:54:22 RAM 23336/62841MB (lfb 199x4MB) SWAP 0/31421MB (cached 0MB) "
    "CPU [0%@2201,0%@2201] GR3D_FREQ 0% cpu@48.812C "
    "VDD_GPU_SOC 5191mW/5190mW VDD_CPU_CV 1996mW/2032mW VIN_SYS_5V0 4528mW/4539mW "
    "VDDQ_VDD2_1V8AO 401mW/411mW NC 0mW/0mW"
)
ORIN_NX = (
    "01-24-2024 09:17:09 RAM 3503/7337MB (lfb 7x1MB) CPU [11%@729,13%@729] GR3D_FREQ 0% "
    "tj@46.968C VDD_IN 5444mW/5420mW VDD_CPU_GPU_CV 1090mW/1085mW VDD_SOC 1440mW/1441mW"
)
XAVIER = (
    "RAM 2086/15825MB (lfb 2800x4MB) CPU [0%@2265,33%@2265] EMC_FREQ 0%@2133 APE 150 "
    "MTS fg 0% bg 3% GPU@31C CPU@32C GPU 463/470 CPU 1236/1240 SOC 2318/2320 CV 0/0 "
    "VDDRQ 154/150 SYS5V 2950/2950"
)


def log(count, seed=1, line=LINE, step=0.005):
    rng = random.Random(seed)
    lines, now = [], 1_700_000_000.0
    for _ in range(count):
        now += rng.uniform(0.8, 1.2) * step
        text = line.format(gpu=rng.randint(900, 9000), cpu=rng.randint(900, 9000))
        lines.append(f"{now:.7f}::{text}\n")
    return "".join(lines)


@pytest.fixture
def theirs():
    return pytest.importorskip(
        "jetsontools", reason="pip install jetsontools compares with the reference itself"
    )


@pytest.mark.parametrize("text", [log(50), ORIN, ORIN_NX + "\n" + ORIN_NX, ""])
def test_entries_are_jetsontools_own(theirs, text):
    want = theirs.parse_tegrastats(io.StringIO(text))
    assert ours.parse_tegrastats(io.StringIO(text)) == want
    assert [list(e) for e in ours.parse_tegrastats(io.StringIO(text))] == [list(e) for e in want]


def test_filtering_and_power_are_jetsontools_own(theirs):
    entries = ours.parse_tegrastats(io.StringIO(log(2000)))
    rng = random.Random(2)
    windows, now = [], 1_700_000_000.0
    while now < 1_700_000_009.0:
        windows.append((now, now + rng.uniform(0.0, 0.02)))
        now = windows[-1][1] + rng.uniform(0.0, 0.01)
    # An end that falls on a reading belongs to the window.
    exact = float(entries[77]["timestamp"])
    windows.append((exact, exact))
    assert ours.filter_data(entries, windows) == theirs.filter_data(entries, windows)
    inside, _ = ours.filter_data(entries, windows)
    with pytest.warns(RuntimeWarning, match="guess"):
        got = ours.get_powerdraw(inside)
    want = theirs.get_powerdraw(inside)
    assert list(got) == list(want)
    for name in want:
        assert vars(got[name]) == vars(want[name]), name
        assert repr(got[name]) == repr(want[name])


def test_data_and_stats_have_the_same_face(theirs):
    text = log(20)
    mine, other = ours.TegraData(io.StringIO(text)), theirs.TegraData(io.StringIO(text))
    assert len(mine) == len(other) == mine.entries
    window = [(1_700_000_000.0, 1_700_000_000.05)]
    mine.filter(window)
    other.filter(window)
    assert mine.filtered == other.filtered and mine.filtered_entries == other.filtered_entries
    ram = mine.parse(["RAM"], lambda text: int(text.split("/")[0]))
    assert vars(ram["RAM"]) == vars(other.parse(["RAM"], lambda t: int(t.split("/")[0]))["RAM"])


def test_signatures_are_the_reference_s(theirs):
    import inspect

    for name in ("TegraStats", "TegraData", "parse_tegrastats", "filter_data", "get_powerdraw",
                 "get_data"):
        mine = inspect.signature(getattr(ours, name)).parameters
        other = inspect.signature(getattr(theirs, name)).parameters
        assert [(p.name, p.kind, p.default) for p in mine.values()] == [
            (p.name, p.kind, p.default) for p in other.values()
        ], name


def power(line):
    return {k: m.mean for k, m in compat.get_powerdraw(compat.parse_tegrastats(io.StringIO(line))).items()}


def test_d4_the_total_is_the_board_s():
    assert power(ORIN_NX)["VDD_TOTAL"] == 5444.0
    assert power(ORIN_NX)["VDD_IN_TOTAL"] == 5444.0
    # Disjoint rails; VDDQ hangs off VIN_SYS_5V0 and is not counted twice.
    assert power(ORIN)["VDD_TOTAL"] == 5191.0 + 1996.0 + 4528.0
    assert power(ORIN)["VIN_TOTAL"] == 4528.0
    assert "NC" not in power(ORIN)


def test_d4_rails_without_a_unit_are_read():
    got = power(XAVIER)
    assert got["GPU"] == 463.0 and got["CPU_RAIL"] == 1236.0
    assert got["VDD_TOTAL"] == 463.0 + 1236.0 + 2318.0 + 0.0 + 154.0 + 2950.0
    entry = compat.parse_tegrastats(io.StringIO(XAVIER))[0]
    assert entry["CPU"] == "[0%@2265,33%@2265]" and entry["CPU_TEMP"] == "32C"
    assert entry["MTS_FG"] == "0%" and entry["MTS_BG"] == "3%"
    assert "DATE" not in entry


def test_d5_lines_cut_short_or_foreign_cost_nothing_else():
    whole = ORIN_NX
    text = "\n".join([whole, whole[:-20], "Unknown command: --x", whole.replace("RAM", " RAM"), ""])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        entries = compat.parse_tegrastats(io.StringIO(text))
        assert compat.get_powerdraw(entries)["VDD_TOTAL"].raw == [5444.0] * 2
    assert compat.get_powerdraw([]) == {}


def test_d5_no_rails_is_no_error():
    line = "01-24-2024 09:17:09 RAM 3503/7337MB (lfb 7x1MB) CPU [11%@729] tj@46.968C"
    entries = compat.parse_tegrastats(io.StringIO(line))
    assert entries and compat.get_powerdraw(entries) == {}


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(FileNotFoundError):
        compat.parse_tegrastats(tmp_path / "no")
    with pytest.raises(KeyError):
        compat.filter_data([{"RAM": "1/2MB"}], [(0.0, 1.0)])
    with pytest.raises(ValueError, match="Raw data cannot be empty"):
        ours.Metric([])


def test_csv_of_entries_with_other_keys(tmp_path):
    data = compat.TegraData(io.StringIO(ORIN_NX + "\n" + ORIN))
    data.save_as_csv(tmp_path / "t.csv")
    lines = (tmp_path / "t.csv").read_text().splitlines()
    assert len(lines) == 3 and "VIN_SYS_5V0" in lines[0]


def test_csv_is_no_formula(tmp_path):
    data = compat.TegraData(io.StringIO(""))
    data.data = [{"=A1": "=1+1", "temp": "-256C", "power": "-12", "note": "-1+1"}]
    data.save_as_csv(tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text().splitlines() == [
        "'=A1,temp,power,note",
        "'=1+1,-256C,-12,'-1+1",
    ]


def test_live_lines_are_stamped_and_end_with_stop(fake_tegrastats, tmp_path):
    begin = time.time()
    with compat.TegraStats(tmp_path / "lines.txt", interval=5) as stats:
        while len(stats.data) < 10:
            time.sleep(0.01)
    end = time.time()
    data = stats.data
    stamps = [float(entry["timestamp"]) for entry in data.data]
    assert begin <= stamps[0] and stamps[-1] <= end and stamps == sorted(stamps)
    assert data.powerdraw["VDD_TOTAL"].mean == data.powerdraw["VDD_IN"].mean > 0
    assert len(stats.data) == len(data)
    # D9's neighbour: the reference runs `tegrastats --stop`, which ends everybody's.
    assert not fake_tegrastats.with_suffix(".stopped").exists()
    stats.stop()


def test_two_can_run_and_one_can_start_again(fake_tegrastats):
    one, two = compat.TegraStats(interval=5), compat.TegraStats(interval=5)
    one.start()
    two.start()
    one.stop()
    before = len(two.data)
    while len(two.data) <= before:
        time.sleep(0.01)
    two.reset()
    two.stop()
    assert len(two.data) >= 1 and len(one.data) >= 1


def test_nothing_is_left_running(fake_tegrastats):
    stats = compat.TegraStats(interval=5)
    stats.start()
    pid = stats._log.pid
    del stats
    import gc

    gc.collect()
    assert subprocess.run(["kill", "-0", str(pid)], capture_output=True).returncode != 0


def test_a_tegrastats_that_says_nothing_is_an_error(tmp_path, monkeypatch):
    program = tmp_path / "tegrastats"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("LAYERWATT_TEGRASTATS", str(program))
    with pytest.raises(layerwatt.SensorError, match="ended without a line"):
        compat.TegraStats(interval=5).start()


def test_none_on_this_machine_is_an_error_with_a_hint(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("LAYERWATT_TEGRASTATS", raising=False)
    with pytest.raises(layerwatt.SensorError) as caught:
        compat.TegraStats().start()
    assert "LAYERWATT_TEGRASTATS" in caught.value.hint
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_one_on_path_is_taken_last(monkeypatch, fake_tegrastats):
    monkeypatch.delenv("LAYERWATT_TEGRASTATS")
    monkeypatch.setenv("PATH", f"{fake_tegrastats.parent}{os.pathsep}{os.environ['PATH']}")
    with compat.TegraStats(interval=20) as stats:
        time.sleep(0.3)
    assert len(stats.data) > 1


def test_one_on_path_is_not_taken_where_others_may_write_nor_for_root(monkeypatch, tmp_path):
    program = tmp_path / "tegrastats"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("LAYERWATT_TEGRASTATS", raising=False)
    with pytest.raises(layerwatt.SensorError, match="no tegrastats"):
        compat.TegraStats(sudo=True).start()
    tmp_path.chmod(0o777)
    with pytest.raises(layerwatt.SensorError, match="no tegrastats"):
        compat.TegraStats().start()


def test_the_numbers_of_a_column():
    entries = [{"a": "5191mW/5190mW"}, {"b": "1"}, {"a": "7/8"}, {"a": "1729630462.25"}]
    column = _core.leading_numbers(entries, "a").tolist()
    assert column[:1] + column[2:] == [5191.0, 7.0, 1729630462.25]
    assert math.isnan(column[1])
    for text in ("", "mW", "5 mW", "nan", "12x/3"):
        with pytest.raises(ValueError, match="no reading"):
            _core.leading_numbers([{"a": text}], "a")
    for entries in ([{"a": 5}], ["a"]):
        with pytest.raises(TypeError):
            _core.leading_numbers(entries, "a")


def test_rails_keep_their_order_and_their_first_value():
    entries = [{"RAM": "1/2MB", "VDD_IN": "5mW/5mW"}, {"VIN": "3mW/3mW", "RAM": "7/8"}]
    assert rails_of(entries) == ["VDD_IN", "VIN"]
