"""Watching series of block means for changed levels: a state of plain numbers, and what moved. Pure.

The state after a block is a function of the blocks before it, however they were fed: it can be rebuilt from the alerts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from scoring.lifecycle.drift import FALSE_ALARMS, LEAST_BLOCKS, Change, Make, adwin, changes
from scoring.lifecycle.frame import Series

BLOCK: Final = 10  # alerts, or labels
LOOK: Final = 5  # blocks between two looks at all series
KEEP: Final = 300  # blocks; twice as many are held at most
SETTLED: Final = 100  # blocks without another change: the new level is the usual one now

# The least move of a block mean, by kind, that is worth a word; between 0 and 1 but for the loss (nats).
LEAST_MOVE: Final[Mapping[str, float]] = {
    "probability": 0.10, "level": 0.10, "spread": 0.12, "share": 0.08, "new values": 0.05, "missing": 0.05,
    "new words": 0.06, "chinese": 0.08, "loss": 0.08, "bias": 0.08, "accurate": 0.10,
}  # fmt: skip
ONE_SIDED: Final = frozenset({"loss", "new values", "new words"})  # less of it is no harm
SHARES: Final = frozenset({"share", "new values", "missing", "chinese", "accurate"})


@dataclass(frozen=True, slots=True)
class Row:
    """One block: when and at which ledger position it began, its means, and the means of the raw numbers."""

    began_at: str  # ISO 8601
    position: int
    means: Mapping[Series, float]
    raw: Mapping[Series, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Movement:
    """A series that went from one level to another. ``block`` counts blocks since the queue's first.

    ``strength``: how far it went, in least moves worth a word. ``raw_before`` and ``raw_after``: the same in the units
    of the number, where the series is a rank.
    """

    kind: str
    feature: str
    value: str
    before: float
    after: float
    block: int
    began_at: str
    position: int
    strength: float
    raw_before: float | None = None
    raw_after: float | None = None

    @property
    def series(self) -> Series:
        """What moved."""
        return self.kind, self.feature, self.value

    @property
    def is_worth_a_word(self) -> bool:
        """Whether it went far enough, in a direction that matters."""
        return self.strength >= 1 and not (self.kind in ONE_SIDED and self.after < self.before)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


@dataclass(slots=True)
class Watch:
    """The blocks of one family of series, and from which block each series is read."""

    rows: list[Row] = field(default_factory=list)
    first: int = 0  # the number of the oldest block that is kept
    starts: dict[Series, int] = field(default_factory=dict)

    @property
    def blocks(self) -> int:
        """How many blocks there have been."""
        return self.first + len(self.rows)

    def add(self, row: Row, make: Make | None = None) -> list[Movement]:
        """Take in a block; what moved now, worth a word or not."""
        self.rows.append(row)
        if len(self.rows) >= 2 * KEEP:
            del self.rows[:KEEP]
            self.first += KEEP
        if self.blocks % LOOK:
            return []
        make = make or adwin(FALSE_ALARMS / 2 / max(1, len(row.means)))
        moved = [self._look(series, make) for series in sorted(row.means)]
        return [one for found in moved for one in found]

    def forget(self, series: Series) -> None:
        """Read a series from the next block on: what came before belongs to another model or another policy."""
        self.starts[series] = self.blocks

    def _look(self, series: Series, make: Make) -> list[Movement]:
        begin = max(self.starts.get(series, 0), self.first)
        at = [n for n in range(begin - self.first, len(self.rows)) if series in self.rows[n].means]
        if len(at) < 2 * LEAST_BLOCKS:
            return []
        values = [self.rows[n].means[series] for n in at]
        found = changes(values, make, _floor(series[0], values))
        if found:
            self.starts[series] = self.first + at[found[-1].at]
        bounds = [0, *(one.at for one in found)]
        return [self._movement(series, one, at, bounds[n]) for n, one in enumerate(found)]

    def _movement(self, series: Series, change: Change, at: Sequence[int], since: int) -> Movement:
        row = self.rows[at[change.at]]
        raw = [self.rows[n].raw.get(series) for n in at]
        strength = abs(change.after - change.before) / LEAST_MOVE[series[0]]
        return Movement(
            *series, change.before, change.after, self.first + at[change.at], row.began_at, row.position, strength,
            _mean(raw[since : change.at]), _mean(raw[change.at : change.seen + 1]),
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """As JSON values: names once, a list of numbers a block."""
        names = sorted({series for row in self.rows for series in row.means})
        raw = sorted({series for row in self.rows for series in row.raw})
        return {
            "first": self.first,
            "names": [list(series) for series in names],
            "raw_names": [list(series) for series in raw],
            "starts": [[*series, start] for series, start in sorted(self.starts.items())],
            "rows": [
                [row.began_at, row.position, _numbers(row.means, names), _numbers(row.raw, raw)] for row in self.rows
            ],
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """The state of `to_dict`; nothing watched yet where that is empty."""
        if not stored:
            return cls()
        names, raw = ([(s[0], s[1], s[2]) for s in stored[key]] for key in ("names", "raw_names"))
        rows = [Row(at, position, _given(names, a), _given(raw, b)) for at, position, a, b in stored["rows"]]
        return cls(rows, stored["first"], {(s[0], s[1], s[2]): s[3] for s in stored["starts"]})


def block_means(alerts: Sequence[Mapping[Series, float]]) -> dict[Series, float]:
    """The mean of each series over the alerts of a block that have it, to four digits: what is stored is what is read.

    >>> block_means([{("loss", "", ""): 0.5}, {("loss", "", ""): 0.25}])
    {('loss', '', ''): 0.375}
    """
    names = sorted({series for alert in alerts for series in alert})
    return {series: _mean_of([alert[series] for alert in alerts if series in alert]) for series in names}


def error_values(probability: float, accurate: bool) -> dict[Series, float]:
    """How wrong a probability made on arrival was: log loss, signed error, and the label itself.

    The loss of one alert is at most -log(.005), so that a single confident mistake is not taken for a change.
    """
    p = min(0.995, max(0.005, probability))
    return {
        ("loss", "", ""): -math.log(p if accurate else 1 - p),
        ("bias", "", ""): accurate - probability,
        ("accurate", "", ""): float(accurate),
    }


def _floor(kind: str, values: Sequence[float]) -> float:
    """The least noise of a block mean. A share that was never seen can still move by chance."""
    if kind not in SHARES:
        return 1e-3
    alerts = BLOCK * len(values)
    share = (sum(values) * BLOCK + 1) / (alerts + 2)
    return math.sqrt(share * (1 - share) / BLOCK)


def _mean_of(values: Sequence[float]) -> float:
    return float(f"{math.fsum(values) / len(values):.4g}")


def _mean(values: Sequence[float | None]) -> float | None:
    given = [value for value in values if value is not None]
    return _mean_of(given) if given else None


def _numbers(means: Mapping[Series, float], names: Sequence[Series]) -> list[float | None]:
    return [means.get(series) for series in names]


def _given(names: Sequence[Series], values: Sequence[float | None]) -> dict[Series, float]:
    return {series: value for series, value in zip(names, values, strict=True) if value is not None}
