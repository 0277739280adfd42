"""Results as `layerwatt profile --json` writes them (layerwatt.result/1), made up for tests: every one says
that it is simulated and not measured."""
import json


def metric(mean, std, count):
    half = 1.96 * std / count ** 0.5
    return {"mean": mean, "median": mean, "min": mean - 2 * std, "max": mean + 2 * std, "std": std,
            "p90": mean + 1.28 * std, "p99": mean + 2.33 * std, "ci95": [mean - half, mean + half], "count": count}


def estimate(mean, half):
    return {"mean": mean, "ci95": [mean - half, mean + half]}


def layer(index, name, time_ms, power_mw, kind=None, group=None, missing=None):
    """`missing`: why there is no energy."""
    node = {"index": index, "name": name, "type": kind, "time_ms": None, "power_mw": None, "energy_mj": None,
            "rails": {}, "samples": 100, "group": group,
            "reason": missing or ("not_separable" if group is not None else None)}
    if time_ms is not None:
        node["time_ms"] = metric(time_ms, 0.01 * time_ms, 500)
    if missing is None:
        energy_mj = time_ms * power_mw / 1000.0
        node["power_mw"] = estimate(power_mw, 0.01 * power_mw)
        node["energy_mj"] = estimate(energy_mj, 0.01 * energy_mj)
    return node


def result(device, model, layers, engine="sim", scope="simulated board", groups=0):
    """The text of a result. `groups`: how many; a layer's `group` names one."""
    total_ms = sum(node["time_ms"]["mean"] for node in layers if node["time_ms"])
    known = all(node["energy_mj"] for node in layers)
    total_mj = sum(node["energy_mj"]["mean"] for node in layers) if known else None
    energy = None if total_mj is None else estimate(total_mj, 0.01 * total_mj)
    power = None if energy is None else estimate(1000.0 * total_mj / total_ms, 10.0)
    root = {
        "schema": "layerwatt.result/1", "layerwatt_version": "0",
        "device": {"name": device, "simulated": True},
        "engine": {"name": engine, "model": model, "simulated": True},
        "sensor": {"kind": "sim", "measured": False, "scope": scope, "notes": ""},
        "method": "overlap", "iterations": 500, "layers": layers,
        "groups": [{"layers": [node["index"] for node in layers if node["group"] == number],
                    "energy_mj": None} for number in range(groups)],
        "outside_layers": {"time_ms": None, "energy_mj": None},
        "total": {"time_ms": metric(total_ms, 0.01 * total_ms, 500) if total_ms else None, "energy_mj": energy,
                  "power_mw": power, "rails": {}},
        "power_draw_mw": None, "energy_mj": None, "closure": None, "warnings": [],
    }
    return json.dumps(root, ensure_ascii=False)
