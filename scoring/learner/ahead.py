"""Lessons whose features are known ahead, laid out together: what a rebuild saves over one verdict at a time. Pure.

Which slots an alert has and what its numbers look like under the statistics of the moment depends on the alerts learnt
before it, not on their labels. So for a stretch of lessons the running statistics are worked out first, and all slots
and values are computed in one sweep. Every number is made by the same operations as by `Encoder.learn` and
`Encoder.vector`, so the model is the same to the bit, and a test holds that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from scoring.features import Features
from scoring.learner.columns import Floats, Where, per_spread
from scoring.learner.layout import bounds_of, lay_out
from scoring.learner.registry import BELIEFS, SLOW
from scoring.learner.state import Encoder, Row, Vector


class _Laid(NamedTuple):
    """One lesson, laid out: its row and vector (beliefs are still to be filled in), and the statistics after it."""

    row: Row
    vector: Vector
    statistics: Floats
    slow: float


class Ahead:
    """The lessons that are coming, in order. One that would need a new slot ends the stretch that is laid out."""

    def __init__(self, encoder: Encoder, coming: Sequence[Features]) -> None:
        self._encoder = encoder
        self._coming = list(coming)
        self._at = 0
        self._laid: list[_Laid] = []

    def forget(self) -> None:
        """What was laid out no longer holds: the bins were cut anew, or another generation was adopted."""
        self._laid = []

    def take(self, features: Features) -> tuple[Row, Vector] | None:
        """Learn the numbers of the next lesson and return its row and vector.

        None where the lesson is not the expected one or needs a new slot: then nothing has been learnt.
        """
        if self._at >= len(self._coming) or self._coming[self._at] is not features:
            self._coming, self._laid = [], []
            return None
        if not self._laid:
            self._laid = _lay_out(self._encoder, self._coming[self._at :])
        self._at += 1
        if not self._laid:
            return None
        row, vector, statistics, slow = self._laid.pop()
        self._encoder.statistics.table[:, row.where] = statistics
        row.beliefs[:] = slow, *self._encoder.counts.features(features)
        vector.dense_values[SLOW:BELIEFS] = row.beliefs
        return row, vector


def _lay_out(encoder: Encoder, coming: Sequence[Features]) -> list[_Laid]:
    """The lessons up to the first that needs a new slot, the last one first.

    1. Find their slots. 2. Run the statistics over their numbers. 3. Lay out all vectors end to end.
    """
    rows = _rows(encoder, coming)
    if not rows:
        return []
    numbers = np.concatenate([row.numbers for row in rows])
    columns = np.concatenate([row.columns for row in rows])
    statistics = _run(encoder, rows, numbers)
    vectors = lay_out(encoder, rows, columns, numbers, statistics[1], statistics[3])
    slow = encoder.slow_of_many(coming[: len(rows)])
    bounds = bounds_of([len(row.numbers) for row in rows])
    laid = [_Laid(row, vectors[i], statistics[:, bounds[i] : bounds[i + 1]], slow[i]) for i, row in enumerate(rows)]
    laid.reverse()
    return laid


def _rows(encoder: Encoder, coming: Sequence[Features]) -> list[Row]:
    rows: list[Row] = []
    for features in coming:
        if encoder.registry.would_grow(features):
            break
        rows.append(encoder.bare_row(features, np.zeros(BELIEFS - SLOW)))
    return rows


def _run(encoder: Encoder, rows: Sequence[Row], numbers: Floats) -> Floats:
    """Count, mean, squares and 1 / spread of every number's column right after its row, shape (4, numbers)."""
    table, after = encoder.statistics.table.copy(), np.empty((4, len(numbers)))
    last = 0
    for row in rows:
        first, last = last, last + len(row.numbers)
        _learn(table, row.where, row.numbers, after[:3, first:last])
    after[3] = per_spread(after[2] / after[0])
    return after


def _learn(table: Floats, where: Where, numbers: Floats, after: Floats) -> None:
    """The first three lines of `Statistics.learn`."""
    count, mean, squares = after
    np.add(table[0, where], 1.0, out=count)
    apart = numbers - table[1, where]
    np.add(table[1, where], apart / count, out=mean)
    np.add(table[2, where], apart * (numbers - mean), out=squares)
    table[:3, where] = after
