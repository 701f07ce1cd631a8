"""Alerts as rows for distances: which say the same, which stand for many. Pure; nothing that was learnt is in them."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from scoring.features import Features

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

_TABLE_COLUMNS = 2**14


def as_rows(features: Sequence[Features]) -> Any:
    """(n, columns) sparse rows of length 1, for distances: the words, and beside them the table's values.

    Numbers are put on a common scale by their spread among these very rows; words and table weigh the same.
    """
    if not features:
        return sparse.csr_matrix((0, 2**18 + _TABLE_COLUMNS))
    spread = _spread(features)
    indices, values, ends = [], [], [0]
    for one in features:
        words = np.full(len(one.text_ids), one.text_value)
        slots, table = _table(one, spread)
        scale = 1.0 / np.sqrt(bool(len(words)) + bool(len(table)) or 1)
        indices += [np.asarray(one.text_ids, np.int64) + _TABLE_COLUMNS, slots]
        values += [words * scale, table * scale]
        ends.append(ends[-1] + len(words) + len(slots))
    columns = _TABLE_COLUMNS + 1 + int(max((part.max() for part in indices if len(part)), default=0))
    return sparse.csr_matrix((np.concatenate(values), np.concatenate(indices), ends), (len(features), columns))


def _spread(features: Sequence[Features]) -> dict[str, tuple[float, float]]:
    """Middle and spread of every number, by name."""
    values: dict[str, list[float]] = {}
    for one in features:
        for name, value in one.numbers:
            values.setdefault(name, []).append(value)
    return {name: (float(np.median(found)), float(np.std(found)) or 1.0) for name, found in values.items()}


def _table(one: Features, spread: dict[str, tuple[float, float]]) -> tuple[Rows, Floats]:
    """Hashed columns and values of the numbers and categories, together of length 1."""
    pairs = [
        (_column(name), float(np.clip((value - spread[name][0]) / spread[name][1], -3, 3)))
        for name, value in one.numbers
    ]
    pairs += [(_column(f"{name}={value}"), 1.0) for name, value in one.categories]
    slots = np.array([slot for slot, _value in pairs], np.int64)
    table = np.array([value for _slot, value in pairs], np.float64)
    return slots, table / (float(np.linalg.norm(table)) or 1.0)


@functools.lru_cache(maxsize=4096)
def _column(name: str) -> int:
    """A column for a name: stable across processes, unlike `hash()`."""
    return zlib.crc32(name.encode()) % _TABLE_COLUMNS
