"""trtutils' Metric: the summary of repeated readings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import List, Union

Number = Union[float, int]


def exact_mean(values: "List[Number]") -> float:
    """The sum without rounding on the way, divided once."""
    return math.fsum(values) / len(values)


@dataclass
class Metric:
    """mean, median, min, max, std (n - 1) and ci95 (half width) of `raw`, in the unit of `raw`.

    ci95 takes the readings for independent, as the reference does; readings of one sensor are not,
    so it is too narrow. The intervals of layerwatt.Result allow for that. Raises ValueError for an
    empty `raw`.

    >>> Metric([1.0, 2.0, 4.0])
    Metric(mean=2.3333333333333335,median=2.0,min=1.0,max=4.0,std=1.5275...,ci95=1.7285...)
    """

    raw: "List[Number]"
    mean: Number = -1.0
    median: Number = -1.0
    min: Number = -1.0
    max: Number = -1.0
    std: float = 0.0
    ci95: float = 0.0

    def __post_init__(self) -> None:
        if not self.raw:
            raise ValueError("Raw data cannot be empty")
        count = len(self.raw)
        self.mean = exact_mean(self.raw)
        self.median = median(self.raw)
        self.min = min(self.raw)
        self.max = max(self.raw)
        if count > 1:
            squares = math.fsum((value - self.mean) ** 2 for value in self.raw)
            self.std = math.sqrt(squares / (count - 1))
            self.ci95 = 1.96 * self.std / math.sqrt(count)

    def __str__(self) -> str:
        figures = ("mean", "median", "min", "max", "std", "ci95")
        return "Metric(" + ", ".join(f"{name}={getattr(self, name):.3f}" for name in figures) + ")"

    def __repr__(self) -> str:
        figures = ("mean", "median", "min", "max", "std", "ci95")
        return "Metric(" + ",".join(f"{name}={getattr(self, name)}" for name in figures) + ")"
