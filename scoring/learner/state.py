"""What the learner remembers besides its weights, and how a row becomes a vector under it. Pure.

Text ids and crowded-out categories are *sparse*: hashed slots of a large array. The intercept, numeric columns and
categories are *dense*: numbered in the order in which they were first learnt, and kept in a registry of bounded size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.features import UPSTREAM, Features
from scoring.learner import counts
from scoring.learner.columns import Floats as Floats
from scoring.learner.columns import Ints as Ints
from scoring.learner.columns import Statistics, Where
from scoring.learner.counts import Counts
from scoring.learner.generation import Generation
from scoring.learner.model_config import ModelConfig
from scoring.learner.registry import BELIEFS, SLOW, Category, Registry, categories_of, hashed_slot
from scoring.learner.stance import ALONE

Places = NDArray[np.int64]

UNKNOWN_UPSTREAM: Final = 0.5
_GOLDEN: Final = 0x9E3779B97F4A7C15
_MASK: Final = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Row:
    """One alert, ready for the learner except for statistics.

    ``text_ids`` and ``hashed`` (crowded-out categories): sparse slots. ``categories``: dense slots. ``columns`` and
    ``numbers``: numeric columns with their raw values. ``upstream``: the upstream score, 0..1, 0.5 where there is none.
    ``beliefs``: what the slow generation and the counts said when the row was made; slots 1 to 6. ``span``: the columns
    once more, as a slice, where they stand side by side: arrays are cut there, not gathered.
    """

    text_ids: Ints
    hashed: Ints
    categories: Ints
    columns: Ints
    numbers: Floats
    upstream: float
    beliefs: Floats
    span: slice | None = None

    @property
    def where(self) -> Where:
        """The columns, as an index."""
        return self.columns if self.span is None else self.span


@dataclass(frozen=True, slots=True)
class Vector:
    """A row under the statistics of the moment: dense slots and sparse slots with their values."""

    dense: Places
    dense_values: Floats
    sparse: Places  # as wide as numpy's own indices: gathering by others takes it several times as long
    sparse_values: Floats


@dataclass(slots=True)
class Weights:
    """What has been learnt: log-odds of each dense and each sparse slot, and the mean of each dense slot's value."""

    dense: Floats
    sparse: Floats
    usual: Floats

    @classmethod
    def zero(cls, config: ModelConfig) -> Weights:
        """Nothing learnt."""
        dense = np.zeros(config.dense_slots)
        return cls(dense, np.zeros((1 << config.text_bits) + (1 << config.category_bits)), dense.copy())

    def dot(self, vector: Vector) -> float:
        """The log-odds of a vector."""
        dense = np.add.reduce(self.dense.take(vector.dense) * vector.dense_values)
        return float(dense) + float(np.add.reduce(self.sparse.take(vector.sparse) * vector.sparse_values))

    def notice(self, vector: Vector, count: int) -> None:
        """Take a vector into the mean of the dense slots, as one of ``count``."""
        self.usual *= 1.0 - 1.0 / count
        self.usual[vector.dense] += vector.dense_values / count


@dataclass(frozen=True, slots=True)
class Lesson:
    """A row with its label and its weight, and whether the label says something about the text."""

    row: Row
    label: bool
    weight: float
    text: bool = True

    @property
    def teaches_weights(self) -> bool:
        """Whether weights learn it: not where there is a text of which the label does not speak (decision 0066)."""
        return self.text or not (len(self.row.text_ids) or len(self.row.hashed))


def upstream_of(features: Features) -> float:
    """The upstream score cut to 0..1; 0.5, which says nothing, where there is none."""
    if features.numbers and features.numbers[0][0] == UPSTREAM:
        return min(1.0, max(0.0, features.numbers[0][1]))
    return UNKNOWN_UPSTREAM


class _Place(NamedTuple):
    """Where the numbers of alerts with certain names live: ``kept`` says which of them have a column, None: all."""

    columns: Ints
    span: slice | None
    kept: Ints | None
    known: int


class Encoder:
    """Turns features into rows, and rows into vectors under the statistics of the moment."""

    def __init__(self, config: ModelConfig) -> None:
        self.config = config
        self.registry = Registry(config)
        self.statistics = Statistics(config)
        self.counts = Counts(config)
        self.generation: Generation | None = None
        self._places: dict[tuple[str, ...], _Place] = {}
        self.stance = ALONE

    def learn(self, features: Features, slow: float | None = None) -> Row:
        """Give slots to what is new, take the numbers into the statistics; the row. ``slow``: see ``beliefs``."""
        self.registry.learn(features)
        self.statistics.grow(len(self.registry.columns))
        row = self.bare_row(features, self.beliefs(features, slow))
        self.statistics.learn(row.where, row.numbers)
        return row

    def row(self, features: Features) -> Row:
        """The row of an alert; numbers without a column are left out."""
        return self.bare_row(features, self.beliefs(features))

    def rows(self, many: Sequence[Features]) -> list[Row]:
        """``row`` of each; the generation's trees are asked about all of them at once."""
        slow = self.slow_of_many(many)
        beliefs = [np.array([said, *self.counts.features(one)]) for said, one in zip(slow, many, strict=True)]
        return [self.bare_row(one, found) for one, found in zip(many, beliefs, strict=True)]

    def bare_row(self, features: Features, beliefs: Floats) -> Row:
        """``row`` with these beliefs."""
        names, values = zip(*features.numbers, strict=True) if features.numbers else ((), ())
        place, numbers = self._place(names), np.array(values, dtype=np.float64)
        hashed, dense = self._slots(features)
        return Row(
            features.text_ids,
            np.array(hashed, dtype=np.int32) if hashed else _NO_SLOTS,
            np.array(dense, dtype=np.int32),
            place.columns,
            numbers if place.kept is None else numbers[place.kept],
            upstream_of(features),
            beliefs,
            place.span,
        )

    def _place(self, names: tuple[str, ...]) -> _Place:
        """Alerts of one kind share their names: remembered until there are new columns."""
        columns, place = self.registry.columns, self._places.get(names)
        if place is None or (place.kept is not None and place.known != len(columns)):
            if len(self._places) >= _MOST_PLACES:
                self._places.clear()
            kept = [number for number, name in enumerate(names) if name in columns]
            found = np.array([columns[names[number]] for number in kept], dtype=np.int32)
            some = None if len(kept) == len(names) else np.array(kept, dtype=np.int32)
            place = self._places[names] = _Place(found, _span(found), some, len(columns))
        return place

    def beliefs(self, features: Features, slow: float | None = None) -> Floats:
        """What the slow generation says of an alert (0 without one; or ``slow``), and what the counts do."""
        if slow is None:
            slow = 0.0 if self.generation is None else self.generation.log_odds(features)
        return np.array([slow, *self.counts.features(features)])

    def slow_of_many(self, many: Sequence[Features]) -> list[float]:
        """What the slow generation says of each alert; 0 without one."""
        return [0.0] * len(many) if self.generation is None else self.generation.log_odds_many(many).tolist()

    def slow(self, row: Row) -> float:
        """What the slow generation says of a remembered row; values that found no dense slot it takes for unknown."""
        if self.generation is None:
            return 0.0
        names, keys = list(self.registry.columns), {slot: key for key, slot in self.registry.categories.items()}
        numbers = tuple((names[column], number) for column, number in zip(row.columns, row.numbers, strict=True))
        known = [keys[slot] for slot in row.categories.tolist()]
        categories = tuple((name, value) for name, value in known if value is not None)
        return self.generation.log_odds(Features(row.text_ids, numbers, categories, ()))

    def _slots(self, features: Features) -> tuple[list[int], list[int]]:
        keys, known = categories_of(features), self.registry.categories
        slots = [known.get(key) for key in keys]
        hashed = [self.hashed(key) for key, slot in zip(keys, slots, strict=True) if slot is None]
        return hashed, [slot for slot in slots if slot is not None]

    def hashed(self, key: Category) -> int:
        """The sparse slot of a category without a dense one."""
        return hashed_slot(key, self.config.text_bits, self.config.category_bits)

    def vector(self, row: Row) -> Vector:
        """The row's slots with their values: 1 for intercept, categories and bins, z-scores, and the text's share."""
        where, numbers = row.where, row.numbers
        first, categories = self.registry.first_slots[where], len(row.categories)
        dense = np.concatenate((FIXED, row.categories, first, first + 1 + self.statistics.bin(where, numbers)))
        dense_values = np.empty(len(dense))
        dense_values.fill(1.0)
        dense_values[SLOW:BELIEFS] = row.beliefs
        dense_values[BELIEFS + categories : BELIEFS + categories + len(numbers)] = self.statistics.z(where, numbers)
        return Vector(dense, dense_values, *self._sparse(row))

    def text_value(self, texts: int) -> float:
        """The value that each of so many text ids carries."""
        return self.config.text_gain / texts**0.5 if texts else 0.0

    def _sparse(self, row: Row) -> tuple[Places, Floats]:
        texts = len(row.text_ids)
        values = np.empty(texts + len(row.hashed))
        values.fill(self.text_value(texts))
        if not len(row.hashed):
            return row.text_ids.astype(np.int64), values
        values[texts:] = 1.0
        return np.concatenate((row.text_ids, row.hashed), dtype=np.int64), values

    def measures(self, columns: Ints, numbers: Floats, weights: Weights) -> Floats:
        """What each number adds to the log-odds: its z-score's part and its bin's."""
        first = self.registry.first_slots[columns]
        bins = first + 1 + self.statistics.bins_of_many(columns, numbers)
        parts: Floats = weights.dense[first] * self.statistics.z(columns, numbers) + weights.dense[bins]
        return parts

    def category(self, key: Category, weights: Weights) -> float:
        """What a category adds to the log-odds: its own weight, and what is made of its rolling counts."""
        slot = self.registry.categories.get(key)
        own = weights.sparse[self.hashed(key)] if slot is None else weights.dense[slot]
        name, value = key
        if value is None:
            return float(own)
        return float(own + weights.dense[SLOW + 1 + counts.slot_of(name)] * self.counts.log_odds((name, value)))

    def usual(self, weights: Weights) -> dict[str, float]:
        """What each feature, by name, adds to the log-odds of an average alert."""
        parts = weights.dense * weights.usual
        found: dict[str, float] = {}
        for name, column in self.registry.columns.items():
            first = int(self.registry.first_slots[column])
            found[name] = float(np.add.reduce(parts[first : first + 1 + self.config.bins]))
        for (name, _), slot in self.registry.categories.items():
            found[name] = found.get(name, 0.0) + float(parts[slot])
        return found


def _span(columns: Ints) -> slice | None:
    """The columns as a slice, where each is one after the last."""
    side_by_side = len(columns) > 0 and bool((np.diff(columns) == 1).all())
    return slice(int(columns[0]), int(columns[-1]) + 1) if side_by_side else None


FIXED: Final = np.arange(BELIEFS)
_NO_SLOTS: Final = np.zeros(0, dtype=np.int32)
_MOST_PLACES: Final = 256  # kinds of alerts whose columns are remembered


class Memory:
    """The last ``capacity`` lessons, and a deterministic choice of some to learn again."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.lessons: list[Lesson] = []

    def keep(self, lesson: Lesson, position: int) -> None:
        """Remember a lesson; ``position`` is its place in the sequence, from 0. The oldest makes room."""
        if len(self.lessons) < self.capacity:
            self.lessons.append(lesson)
        else:
            self.lessons[position % self.capacity] = lesson

    def in_order(self, learnt: int) -> list[Lesson]:
        """What is remembered, oldest first, when ``learnt`` lessons have been kept."""
        oldest = learnt % self.capacity if learnt > self.capacity else 0
        return self.lessons[oldest:] + self.lessons[:oldest]

    def draw(self, position: int, turn: int) -> Lesson:
        """A lesson that depends on nothing but position, turn and how many are kept (splitmix64)."""
        z = (position * 1_000_003 + turn + 1) * _GOLDEN & _MASK
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & _MASK
        return self.lessons[(z ^ z >> 31) % len(self.lessons)]
