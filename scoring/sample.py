"""What was raised, shown and judged under a policy, counted by what figures must keep apart. Pure.

A `Sample` counts alerts in cells: how sure they were to be shown (propensity), tier, band of the probability made on
arrival, and week.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

# Upper ends of the bands of probability; a cell's `band` is the number of ends at or below its probabilities.
BANDS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9)


@dataclass(frozen=True, slots=True)
class Counts:
    """`raised` counts alerts, `shown` those a human could see, `judged` the shown ones with a label, and `accurate`."""

    raised: int = 0
    shown: int = 0
    judged: int = 0
    accurate: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Counts of both together."""
        return Counts(
            self.raised + other.raised, self.shown + other.shown,
            self.judged + other.judged, self.accurate + other.accurate,
        )  # fmt: skip

    @property
    def hidden(self) -> int:
        """Alerts that no human could see."""
        return self.raised - self.shown


class Cell(NamedTuple):
    """What the alerts of a cell have in common. `propensity` in (0, 1]; `tier` and `band` are indexes, rising."""

    propensity: float
    tier: int = 0
    band: int = 0
    week: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """Counts by cell. Those of propensity 1 were `certain` to be shown, the others `drawn`."""

    cells: Mapping[Cell, Counts] = field(default_factory=dict)

    def __add__(self, other: Sample) -> Sample:
        """Both together."""
        return together([self, other])

    @property
    def certain(self) -> Counts:
        """Alerts that were sure to be shown."""
        return sum((counts for cell, counts in self.cells.items() if cell.propensity >= 1), Counts())

    @property
    def drawn(self) -> Counts:
        """Alerts that the policy would hide, but for a draw."""
        return sum((counts for cell, counts in self.cells.items() if cell.propensity < 1), Counts())

    @property
    def total(self) -> Counts:
        """All alerts."""
        return sum(self.cells.values(), Counts())


def together(samples: Iterable[Sample]) -> Sample:
    """The samples as one."""
    cells: dict[Cell, Counts] = {}
    for sample in samples:
        for cell, counts in sample.cells.items():
            cells[cell] = cells[cell] + counts if cell in cells else counts
    return Sample(cells)
