"""Many rows as vectors in one sweep: every number is made by the same operations as by `Encoder.vector`. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scoring.learner.columns import Floats, Ints
from scoring.learner.registry import BELIEFS, SLOW
from scoring.learner.state import FIXED, Encoder, Places, Row, Vector


def vectors(encoder: Encoder, rows: Sequence[Row]) -> list[Vector]:
    """`Encoder.vector` of each row, equal to the bit."""
    if not rows:
        return []
    columns = np.concatenate([row.columns for row in rows])
    numbers = np.concatenate([row.numbers for row in rows])
    _, means, _, spreads = encoder.statistics.table[:, columns]
    made = lay_out(encoder, rows, columns, numbers, means, spreads)
    for vector, row in zip(made, rows, strict=True):
        vector.dense_values[SLOW:BELIEFS] = row.beliefs
    return made


def lay_out(
    encoder: Encoder, rows: Sequence[Row], columns: Ints, numbers: Floats, means: Floats, spreads: Floats
) -> list[Vector]:
    """The vectors of rows, with beliefs still to be filled in.

    ``columns``, ``numbers``, ``means`` and ``spreads`` (1 / standard deviation) have one entry for each number of all
    rows, end to end.
    """
    scores = encoder.statistics.cut_z((numbers - means) * spreads)
    bins = encoder.statistics.bins_of_many(columns, numbers)
    dense, dense_values, dense_bounds = _dense(encoder, rows, columns, bins, scores)
    sparse, sparse_values, sparse_bounds = _sparse(encoder, rows)
    made = []
    for i in range(len(rows)):
        a, b, c, d = dense_bounds[i], dense_bounds[i + 1], sparse_bounds[i], sparse_bounds[i + 1]
        made.append(Vector(dense[a:b], dense_values[a:b], sparse[c:d], sparse_values[c:d]))
    return made


def _dense(
    encoder: Encoder, rows: Sequence[Row], columns: Ints, bins: Places, scores: Floats
) -> tuple[Places, Floats, list[int]]:
    """Dense slots and values of all rows end to end, in the order of `Encoder.vector`, and where each row begins."""
    of_categories, of_numbers = [len(row.categories) for row in rows], [len(row.numbers) for row in rows]
    categories = np.array(of_categories) + BELIEFS
    bounds = bounds_of((categories + 2 * np.array(of_numbers)).tolist())
    starts = np.array(bounds[:-1])
    dense, values = np.empty(bounds[-1], dtype=np.int64), np.ones(bounds[-1])
    dense[starts[:, None] + np.arange(BELIEFS)] = FIXED
    dense[_side_by_side(starts + BELIEFS, of_categories)] = np.concatenate([row.categories for row in rows])
    at_numbers = _side_by_side(starts + categories, of_numbers)
    first = encoder.registry.first_slots[columns]
    dense[at_numbers] = first
    dense[_side_by_side(starts + categories + np.array(of_numbers), of_numbers)] = first + 1 + bins
    values[at_numbers] = scores
    return dense, values, bounds


def _sparse(encoder: Encoder, rows: Sequence[Row]) -> tuple[Places, Floats, list[int]]:
    parts = [part for row in rows for part in (row.text_ids, row.hashed)]
    sizes = [len(part) for part in parts]
    each = [value for row in rows for value in (encoder.text_value(len(row.text_ids)), 1.0)]
    return np.concatenate(parts, dtype=np.int64), np.repeat(each, sizes), bounds_of(sizes)[::2]


def bounds_of(sizes: Sequence[int]) -> list[int]:
    """Where stretches of these sizes begin when they are laid end to end, and where the last one ends."""
    bounds = [0]
    for size in sizes:
        bounds.append(bounds[-1] + size)
    return bounds


def _side_by_side(starts: Places, sizes: Sequence[int]) -> Places:
    """The places start, start + 1 ... of every row."""
    counted = np.array(sizes)
    places: Places = np.arange(counted.sum()) + np.repeat(starts - np.cumsum(counted) + counted, counted)
    return places
