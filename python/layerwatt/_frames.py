"""A Result for a notebook, a data frame, a file."""

from __future__ import annotations

import html
import os
from typing import TYPE_CHECKING, Any, List, Optional, Union

from . import _core

if TYPE_CHECKING:
    from ._core import Estimate, Metric, Result

PathLike = Union[str, "os.PathLike[str]"]

_NOTEBOOK_ROWS = 40


def write(result: "Result", report: str, path: Optional[PathLike]) -> str:
    """The text of a report, which is written to `path` too where one is given."""
    text = result.report(report)
    if path is not None:
        _core.write_file(path, text)
    return text


def to_pandas(result: "Result") -> Any:
    """One row a layer; see Result.to_pandas."""
    try:
        import pandas
    except ImportError as error:
        raise ImportError("Result.to_pandas() needs pandas: pip install pandas") from error
    columns = result.columns()
    texts = {"name", "type", "precision", "reason"}
    counts = {"index", "samples"}
    data = {}
    for name, cells in columns.items():
        if name in texts:
            data[name] = pandas.Series(cells, dtype=object)
        elif name in counts:
            data[name] = pandas.Series(cells, dtype="int64")
        elif name == "group":
            data[name] = pandas.Series(cells, dtype="Int64")
        else:
            # None becomes NaN: missing is never 0.
            data[name] = pandas.Series(cells, dtype="float64")
    return pandas.DataFrame(data)


def _number(known: "Union[Estimate, Metric, None]", scale: float = 1.0) -> str:
    if known is None:
        return "–"
    text = f"{known.mean * scale:.4g}"
    if known.ci95 is not None:
        text += f" ± {(known.ci95[1] - known.ci95[0]) / 2 * scale:.2g}"
    return text


def _row(cells: List[str], tag: str = "td") -> str:
    return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"


def to_notebook(result: "Result") -> str:
    """A small table by energy, without scripts: notebooks and their viewers show it anywhere."""
    layers = sorted(
        result.layers,
        key=lambda layer: (
            -(layer.energy_mj.mean if layer.energy_mj else -1.0),
            -(layer.time_ms.mean if layer.time_ms else 0.0),
        ),
    )
    whole = result.total.energy_mj.mean if result.total.energy_mj else None
    rows = []
    for layer in layers[:_NOTEBOOK_ROWS]:
        share = "–"
        if whole and layer.energy_mj:
            share = f"{100.0 * layer.energy_mj.mean / whole:.1f}"
        rows.append(
            _row(
                [
                    str(layer.index),
                    html.escape(layer.name),
                    _number(layer.time_ms),
                    _number(layer.power_mw, 1e-3),
                    _number(layer.energy_mj),
                    share,
                    html.escape(layer.reason or ""),
                ]
            )
        )
    total = result.total
    rows.append(
        _row(
            [
                "",
                "<b>one inference</b>",
                _number(total.time_ms),
                _number(total.power_mw, 1e-3),
                _number(total.energy_mj),
                "",
                "",
            ]
        )
    )
    left = len(layers) - _NOTEBOOK_ROWS
    notes = []
    if left > 0:
        notes.append(f"… and {left} more layers: to_pandas() has them all")
    if not result.sensor.measured:
        notes.append("NOT MEASURED: " + (result.sensor.notes or "a model or a simulation"))
    notes.extend(f"{warning.code}: {warning.message}" for warning in result.warnings)
    head = _row(["#", "layer", "time, ms", "power, W", "energy, mJ", "share, %", ""], "th")
    said = "".join(f"<p>{html.escape(note)}</p>" for note in notes)
    return (
        f"<div><p>{html.escape(repr(result))}</p><table><thead>{head}</thead>"
        f"<tbody>{''.join(rows)}</tbody></table>{said}</div>"
    )
