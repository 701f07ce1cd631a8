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

from scoring.columns import Floats, Ints, Where, per_spread
from scoring.features import Features
from scoring.registry import BELIEFS, SLOW
from scoring.state import FIXED, Encoder, Places, Row, Vector


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
    dense, dense_values, dense_bounds = _dense(encoder, rows, columns, numbers, statistics)
    sparse, sparse_values, sparse_bounds = _sparse(encoder, rows)
    slow = encoder.slow_of_many(coming[: len(rows)])
    of_numbers = _bounds([len(row.numbers) for row in rows])
    laid = []
    for i, row in enumerate(rows):
        a, b, c, d = dense_bounds[i], dense_bounds[i + 1], sparse_bounds[i], sparse_bounds[i + 1]
        vector = Vector(dense[a:b], dense_values[a:b], sparse[c:d], sparse_values[c:d])
        laid.append(_Laid(row, vector, statistics[:, of_numbers[i] : of_numbers[i + 1]], slow[i]))
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


def _dense(
    encoder: Encoder, rows: Sequence[Row], columns: Ints, numbers: Floats, statistics: Floats
) -> tuple[Places, Floats, list[int]]:
    """Dense slots and values of all rows end to end, in the order of `Encoder.vector`, and where each row begins."""
    of_categories, of_numbers = [len(row.categories) for row in rows], [len(row.numbers) for row in rows]
    categories = np.array(of_categories) + BELIEFS
    bounds = _bounds((categories + 2 * np.array(of_numbers)).tolist())
    starts = np.array(bounds[:-1])
    dense, values = np.empty(bounds[-1], dtype=np.int64), np.ones(bounds[-1])
    dense[starts[:, None] + np.arange(BELIEFS)] = FIXED
    dense[_side_by_side(starts + BELIEFS, of_categories)] = np.concatenate([row.categories for row in rows])
    at_numbers = _side_by_side(starts + categories, of_numbers)
    first = encoder.registry.first_slots[columns]
    dense[at_numbers] = first
    at_bins = _side_by_side(starts + categories + np.array(of_numbers), of_numbers)
    dense[at_bins] = first + 1 + encoder.statistics.bin(columns, numbers)
    values[at_numbers] = encoder.statistics.cut_z((numbers - statistics[1]) * statistics[3])
    return dense, values, bounds


def _sparse(encoder: Encoder, rows: Sequence[Row]) -> tuple[Places, Floats, list[int]]:
    parts = [part for row in rows for part in (row.text_ids, row.hashed)]
    sizes = [len(part) for part in parts]
    each = [value for row in rows for value in (encoder.text_value(len(row.text_ids)), 1.0)]
    return np.concatenate(parts, dtype=np.int64), np.repeat(each, sizes), _bounds(sizes)[::2]


def _bounds(sizes: Sequence[int]) -> list[int]:
    bounds = [0]
    for size in sizes:
        bounds.append(bounds[-1] + size)
    return bounds


def _side_by_side(starts: Places, sizes: Sequence[int]) -> Places:
    """The places start, start + 1 ... of every row."""
    counted = np.array(sizes)
    places: Places = np.arange(counted.sum()) + np.repeat(starts - np.cumsum(counted) + counted, counted)
    return places
