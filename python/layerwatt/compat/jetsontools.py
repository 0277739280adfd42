"""The names of jetsontools: `from layerwatt.compat import jetsontools`."""

from __future__ import annotations

from ._tegra_data import TegraData
from ._tegra_stats import TegraStats
from ._tegra_text import Metric, filter_data, get_data, get_powerdraw, parse_tegrastats

__all__ = [
    "Metric",
    "TegraData",
    "TegraStats",
    "filter_data",
    "get_data",
    "get_powerdraw",
    "parse_tegrastats",
]
