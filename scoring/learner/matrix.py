"""The open alerts of a queue as ragged arrays, so that scoring them all is one sparse product. Pure.

An alert's features never change, but what is known of them does: so numbers are kept raw, and names and categories as
codes of the matrix's own, which are looked up once a product.
Rows are added at the end and marked when they go; the arrays are compacted once a quarter of the rows are gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from scoring.features import Features
from scoring.learner import counts
from scoring.learner.generation import Generation
from scoring.learner.model_config import ModelConfig
from scoring.learner.registry import SLOW, Category, categories_of
from scoring.learner.state import Encoder, Floats, Weights, upstream_of
from scoring.learner.trees import Table

T = TypeVar("T")
_BLOCK: Final = 8_192  # rows scored at a time: bounds the temporary memory


class Ragged:
    """Rows of different lengths end to end in one growing array."""

    def __init__(self, kind: type[np.int32] | type[np.float64]) -> None:
        self.flat: NDArray[Any] = np.zeros(1_024, dtype=kind)
        self.starts = np.zeros(65, dtype=np.int64)
        self.rows = 0

    def append(self, values: NDArray[Any]) -> None:
        """Add a row."""
        start = int(self.starts[self.rows])
        end = start + len(values)
        self.flat = _room(self.flat, end)
        self.starts = _room(self.starts, self.rows + 2)
        self.flat[start:end] = values
        self.rows += 1
        self.starts[self.rows] = end

    def block(self, rows: slice) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """The values of some rows, and where each row starts among them, with the end of the last."""
        starts = self.starts[rows.start : rows.stop + 1]
        return self.flat[starts[0] : starts[-1]], starts - starts[0]

    def some(self, rows: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """The values of some rows, in any order, and which of them each value belongs to."""
        starts, lengths = self.starts[rows], self.starts[rows + 1] - self.starts[rows]
        of = np.repeat(np.arange(len(rows)), lengths)
        within = np.arange(len(of)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return self.flat[starts[of] + within], of

    def keep(self, kept: NDArray[np.bool_]) -> None:
        """Drop the rows that are not kept."""
        lengths = np.diff(self.starts[: self.rows + 1])
        self.flat = self.flat[: self.starts[self.rows]][np.repeat(kept, lengths)]
        self.rows = int(kept.sum())
        self.starts = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(lengths[kept])))


def _room(array: NDArray[Any], needed: int) -> NDArray[Any]:
    """The array, or one at least half as large again with the same beginning."""
    if needed <= len(array):
        return array
    larger = np.zeros(max(needed, len(array) * 3 // 2), dtype=array.dtype)
    larger[: len(array)] = array
    return larger


def row_sums(values: Floats, starts: NDArray[np.int64]) -> Floats:
    """The sum of each ragged row; 0 for an empty one. ``starts`` has one entry more than there are rows."""
    if not len(values):
        return np.zeros(len(starts) - 1)
    sums = np.add.reduceat(np.append(values, 0.0), starts[:-1])
    sums[starts[1:] == starts[:-1]] = 0.0
    return sums


class OpenMatrix:
    """Open alerts by key, ready for ``OnlineModel.predict_matrix``. About 4 bytes a text id and 12 a number."""

    def __init__(self, config: ModelConfig) -> None:
        self.config = config
        self._rows: dict[int, int] = {}
        self._names: dict[str, int] = {}
        self._categories: dict[Category, int] = {}
        self._text, self._coded, self._named = Ragged(np.int32), Ragged(np.int32), Ragged(np.int32)
        self._numbers = Ragged(np.float64)
        self._customers: dict[str, int] = {}
        self._customer = Ragged(np.int32)
        self._upstream: Floats = np.zeros(64)
        self._slow: Floats = np.zeros(64)
        self._slow_of = ""
        self._keys: NDArray[np.int64] = np.zeros(64, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._rows)

    def keys(self) -> NDArray[np.int64]:
        """The keys present, ascending: the order of every result."""
        return self._keys[self._order()]

    def upstream(self) -> Floats:
        """Upstream scores in the order of ``keys``, 0.5 where there is none."""
        return self._upstream[self._order()]

    def add(self, key: int, features: Features) -> None:
        """Add an alert, or put one in the place of the alert that has this key."""
        if key in self._rows:
            self.remove([key])
        row = self._text.rows
        self._text.append(features.text_ids)
        self._coded.append(_codes(self._categories, categories_of(features)))
        self._named.append(_codes(self._names, [name for name, _ in features.numbers]))
        self._numbers.append(np.array([number for _, number in features.numbers], dtype=np.float64))
        self._customer.append(_codes(self._customers, [features.customer] if features.customer else []))
        self._upstream, self._keys = _room(self._upstream, row + 1), _room(self._keys, row + 1)
        self._upstream[row], self._keys[row] = upstream_of(features), key
        self._slow = _room(self._slow, row + 1)
        self._slow[row] = np.nan
        self._rows[key] = row

    def remove(self, keys: Iterable[int]) -> None:
        """Drop alerts; keys that are not there are ignored."""
        for key in keys:
            self._rows.pop(key, None)
        if self._text.rows > 64 and len(self._rows) < self._text.rows * 3 // 4:
            self._compact()

    def dot(self, encoder: Encoder, weights: Weights) -> Floats:
        """The log-odds of each alert, in the order of ``keys``: one sparse product, in blocks of rows."""
        known = encoder.registry.columns
        columns = np.array([known.get(name, -1) for name in self._names], dtype=np.int32)
        categories = np.array([encoder.category(key, weights) for key in self._categories], dtype=np.float64)
        rows = self._text.rows
        blocks = [
            self._block(slice(first, min(first + _BLOCK, rows)), encoder, weights, columns, categories)
            for first in range(0, rows, _BLOCK)
        ]
        log_odds: Floats = np.concatenate([np.zeros(0), *blocks]) + weights.dense[0]
        if encoder.generation is not None:
            log_odds += weights.dense[SLOW] * self._slow_log_odds(encoder.generation)
        if self._customers:
            log_odds += self._customer_log_odds(encoder.counts, weights)
        return log_odds[self._order()]

    def _slow_log_odds(self, generation: Generation) -> Floats:
        """What a generation says of every row; it says the same as long as it is in force."""
        rows = self._text.rows
        if self._slow_of != generation.digest():
            self._slow[:rows], self._slow_of = np.nan, generation.digest()
        new = np.flatnonzero(np.isnan(self._slow[:rows]))
        for first in range(0, len(new), _BLOCK):
            some = new[first : first + _BLOCK]
            self._slow[some] = generation.trees.log_odds_many(self._table_rows(generation.table, some))
        return self._slow[:rows]

    def _table_rows(self, table: Table, rows: NDArray[np.int64]) -> Floats:
        """Rows of this matrix as rows of a generation's table."""
        made = table.empty(len(rows))
        columns = np.array([table.columns.get(name, -1) for name in self._names], dtype=np.int64)
        coded = [table.codes.get((name, value), (-1, 0.0)) if value else (-1, 0.0) for name, value in self._categories]
        places = np.array([place for place, _ in coded], dtype=np.int64)
        codes = np.array([code for _, code in coded], dtype=np.float64)
        named, of = self._named.some(rows)
        table.fill(made, of, columns[named], self._numbers.some(rows)[0])
        categories, of = self._coded.some(rows)
        table.fill(made, of, places[categories], codes[categories])
        return made

    def _customer_log_odds(self, counted: counts.Counts, weights: Weights) -> Floats:
        of_beliefs = weights.dense[SLOW + 1 :]
        known = [counted.table.get((counts.CUSTOMER, customer)) for customer in self._customers]
        parts = np.array(
            [
                0.0 if one is None else of_beliefs[counts.CUSTOMERS] * one.log_odds + of_beliefs[counts.KNOWN]
                for one in known
            ]
        )
        codes, starts = self._customer.block(slice(0, self._customer.rows))
        return row_sums(parts[codes], starts)

    def _block(
        self, rows: slice, encoder: Encoder, weights: Weights, columns: NDArray[np.int32], categories: Floats
    ) -> Floats:
        ids, starts = self._text.block(rows)
        text = row_sums(weights.sparse[ids], starts) * self.config.text_gain / np.sqrt(np.maximum(np.diff(starts), 1))
        coded, coded_starts = self._coded.block(rows)
        named, number_starts = self._named.block(rows)
        found = columns[named]
        known = found >= 0
        parts = np.zeros(len(found))
        parts[known] = encoder.measures(found[known], self._numbers.block(rows)[0][known], weights)
        return text + row_sums(categories[coded], coded_starts) + row_sums(parts, number_starts)

    def _order(self) -> NDArray[np.int64]:
        rows = np.fromiter(self._rows.values(), dtype=np.int64, count=len(self._rows))
        return rows[np.argsort(self._keys[rows], kind="stable")]

    def _compact(self) -> None:
        kept = np.zeros(self._text.rows, dtype=np.bool_)
        kept[list(self._rows.values())] = True
        for ragged in (self._text, self._coded, self._named, self._numbers, self._customer):
            ragged.keep(kept)
        self._upstream = self._upstream[: len(kept)][kept]
        self._slow = self._slow[: len(kept)][kept]
        self._keys = self._keys[: len(kept)][kept]
        self._rows = {int(key): row for row, key in enumerate(self._keys)}
        self._names = _forget(self._names, self._named)
        self._categories = _forget(self._categories, self._coded)
        self._customers = _forget(self._customers, self._customer)


def _codes(known: dict[T, int], wanted: Sequence[T]) -> NDArray[np.int32]:
    """The code of each entry; new ones are given the next."""
    return np.array([known.setdefault(entry, len(known)) for entry in wanted], dtype=np.int32)


def _forget(known: dict[T, int], coded: Ragged) -> dict[T, int]:
    """Drop entries that no row uses any more, so that ever new ones do not grow without end, and renumber the rest."""
    used, codes = np.unique(coded.flat, return_inverse=True)
    coded.flat = codes.astype(np.int32)
    entries = list(known)
    return {entries[int(old)]: new for new, old in enumerate(used)}
