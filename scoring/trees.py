"""Boosted trees as plain arrays, and how an alert's features become what they ask for. Pure: numpy alone.

Every tree has at most 16 leaves, so the leaves that an alert can still reach fit in 16 bits. A question that the alert
answers with "greater" takes the leaves on its left away; the lowest bit that is left after all questions is the alert's
leaf. All questions of all trees are asked at once, without walking (QuickScorer: Lucchese et al. 2015, SIGIR).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from scoring.checkpoint_format import Arrays, CheckpointCorrupt, finite_array
from scoring.features import Features

Floats = NDArray[np.float64]
Bits = NDArray[np.uint16]

LEAVES: Final = 16
QUESTIONS: Final = LEAVES - 1
CODES: Final = 256  # values of one category that a table tells apart
FURTHEST: Final = 8.0  # log-odds; trees are surer than that only where they are wrong
NEVER: Final = float(np.finfo(np.float64).max)  # a threshold that only a missing value is greater than
_ALL: Final = np.uint16(0xFFFF)
_LOWEST: Final = np.array([0] + [(n & -n).bit_length() - 1 for n in range(1, 1 << LEAVES)], dtype=np.int64)
_BLOCK: Final = 1_024

Category = tuple[str, str]


class Table:
    """Columns of numbers and of categories (as codes in order of their names). What is missing or unknown has no value.

    A row is laid out twice: once with what is missing below every number, once with it above, so that a question
    decides by which half it reads where a missing value goes.
    """

    def __init__(self, numbers: Sequence[str], categories: Sequence[Category]) -> None:
        self.numbers, self.categories = list(numbers), list(categories)
        self.columns = {name: place for place, name in enumerate(self.numbers)}
        self.names = [*self.numbers, *dict.fromkeys(name for name, _ in self.categories)]
        places = {name: len(self.numbers) + place for place, name in enumerate(self.names[len(self.numbers) :])}
        self.codes = {key: (places[key[0]], float(code)) for code, key in enumerate(self.categories)}
        self.width = len(self.names)
        self._empty = np.concatenate((np.full(self.width, -np.inf), np.full(self.width, np.inf)))

    @classmethod
    def of(cls, lessons: Iterable[Features]) -> Table:
        """The columns of these alerts; of a feature with very many values the most frequent ones."""
        numbers: set[str] = set()
        seen: Counter[Category] = Counter()
        for features in lessons:
            numbers.update(name for name, _ in features.numbers)
            seen.update(features.categories)
        by_name: dict[str, list[str]] = {}
        for (name, value), _ in sorted(seen.items(), key=lambda one: (-one[1], one[0])):
            if len(by_name.setdefault(name, [])) < CODES:
                by_name[name].append(value)
        return cls(sorted(numbers), [(name, value) for name in sorted(by_name) for value in sorted(by_name[name])])

    def row(self, features: Features) -> Floats:
        """One alert, shape (2 * width,)."""
        row = self._empty.copy()
        places, values = self._known(features)
        row[places] = values
        row[self.width :][places] = values
        return row

    def _known(self, features: Features) -> tuple[list[int], list[float]]:
        """The columns for which an alert has a value, and the values."""
        places: list[int] = []
        values: list[float] = []
        for name, number in features.numbers:
            if (place := self.columns.get(name)) is not None:
                places.append(place)
                values.append(number)
        for key in features.categories:
            if (coded := self.codes.get(key)) is not None:
                places.append(coded[0])
                values.append(coded[1])
        return places, values

    def empty(self, rows: int) -> Floats:
        """Rows of which nothing is known, shape (rows, 2 * width)."""
        return np.tile(self._empty, (rows, 1))

    def fill(self, rows: Floats, of: NDArray[np.int64], places: NDArray[np.int64], values: Floats) -> None:
        """Put values into rows; ``of``: the row of each, ``places``: its column, below 0 for none."""
        known = places >= 0
        rows[of[known], places[known]] = values[known]
        rows[of[known], places[known] + self.width] = values[known]

    def matrix(self, many: Sequence[Features]) -> Floats:
        """Many alerts, shape (alerts, 2 * width)."""
        known = [self._known(features) for features in many]
        rows = self.empty(len(many))
        of = np.repeat(np.arange(len(many)), [len(places) for places, _ in known])
        places = np.array(list(chain.from_iterable(places for places, _ in known)), dtype=np.int64)
        values = np.array(list(chain.from_iterable(values for _, values in known)), dtype=np.float64)
        self.fill(rows, of, places, values)
        return rows


@dataclass(frozen=True)
class Trees:
    """Trees over a table of ``width`` columns.

    ``asked``: place in a row, ``thresholds``, ``left`` and ``reach`` (the leaves left of a question, and all below it),
    each of shape (15, trees); ``leaves`` and ``covers`` (log-odds, and how many rows of training ended there) of shape
    (trees, 16); ``base``: the log-odds before any tree.
    """

    width: int
    base: float
    asked: NDArray[np.int64]
    thresholds: Floats
    left: Bits
    reach: Bits
    leaves: Floats
    covers: Floats

    @cached_property
    def _kept(self) -> Bits:
        return ~self.left

    @cached_property
    def _first_leaf(self) -> NDArray[np.int64]:
        return np.arange(len(self.leaves), dtype=np.int64) * LEAVES

    def log_odds(self, row: Floats) -> float:
        """The log-odds of one row of the table."""
        return min(FURTHEST, max(-FURTHEST, self.base + float(np.add.reduce(self.leaves.take(self._leaves_of(row))))))

    def log_odds_many(self, rows: Floats) -> Floats:
        """The log-odds of many rows, shape (alerts,); equal to those one by one."""
        found = np.empty(len(rows))
        for first in range(0, len(rows), _BLOCK):
            leaves = self.leaves.take(self._leaves_of_many(rows[first : first + _BLOCK]))
            found[first : first + _BLOCK] = self.base + np.add.reduce(leaves, axis=1)
        return np.clip(found, -FURTHEST, FURTHEST)

    def parts(self, row: Floats) -> Floats:
        """What each column adds to the log-odds of one row beyond the average row, shape (width,)."""
        parts: Floats = np.add.reduce(self._parts_of_leaves.take(self._leaves_of(row), axis=0), axis=0)
        return parts

    def _leaves_of(self, row: Floats) -> NDArray[np.int64]:
        greater = row.take(self.asked) > self.thresholds
        left = np.bitwise_and.reduce(np.where(greater, self._kept, _ALL), axis=0)
        return _LOWEST.take(left) + self._first_leaf

    def _leaves_of_many(self, rows: Floats) -> NDArray[np.int64]:
        greater = rows.take(self.asked, axis=1) > self.thresholds
        left = np.bitwise_and.reduce(np.where(greater, self._kept, _ALL), axis=1)
        return _LOWEST.take(left) + self._first_leaf

    @cached_property
    def _parts_of_leaves(self) -> Floats:
        """Shape (trees * 16, width): what the questions on the way to a leaf moved the expected log-odds, by column.

        Saabas (2014): a question moves the expectation from the mean of all rows below it to that of the side taken.
        """
        bits = np.arange(LEAVES)
        left, reach = (self.left[..., None] >> bits & 1) == 1, (self.reach[..., None] >> bits & 1) == 1
        moved = np.where(left, self._mean(left)[..., None], self._mean(reach & ~left)[..., None])
        moved = np.where(reach, moved - self._mean(reach)[..., None], 0.0)
        parts = np.zeros((len(self.leaves), LEAVES, self.width + 1))
        trees = np.broadcast_to(np.arange(len(self.leaves))[:, None], (*self.leaves.shape,))
        for question in range(QUESTIONS):
            columns = np.broadcast_to((self.asked[question] % max(1, self.width))[:, None], trees.shape)
            np.add.at(parts, (trees, np.broadcast_to(bits, trees.shape), columns), moved[question])
        return parts[..., : self.width].reshape(-1, self.width)

    def _mean(self, among: NDArray[np.bool_]) -> Floats:
        """The mean log-odds of the training rows in these leaves, shape (15, trees)."""
        covers = np.where(among, self.covers, 0.0)
        mean: Floats = np.add.reduce(covers * self.leaves, axis=2) / np.maximum(np.add.reduce(covers, axis=2), 1.0)
        return mean

    def arrays(self) -> Arrays:
        """Flat arrays for ``pack``."""
        return {
            "asked": self.asked.astype(np.int32).ravel(),
            "thresholds": self.thresholds.ravel(),
            "left": self.left.astype(np.int32).ravel(),
            "reach": self.reach.astype(np.int32).ravel(),
            "leaves": self.leaves.ravel(),
            "covers": self.covers.ravel(),
        }

    @classmethod
    def restored(cls, width: int, base: float, count: int, arrays: Arrays) -> Trees:
        """The trees of ``arrays``. Raises ``CheckpointCorrupt`` where they cannot be."""
        questions, leaves = (QUESTIONS, count), (count, LEAVES)
        return cls(
            width,
            base,
            _within(arrays["asked"], questions, 2 * max(1, width)).astype(np.int64),
            finite_array(arrays["thresholds"], QUESTIONS * count).reshape(questions),
            _within(arrays["left"], questions, 1 << LEAVES).astype(np.uint16),
            _within(arrays["reach"], questions, 1 << LEAVES).astype(np.uint16),
            np.clip(finite_array(arrays["leaves"], LEAVES * count), -FURTHEST, FURTHEST).reshape(leaves),
            np.abs(finite_array(arrays["covers"], LEAVES * count)).reshape(leaves),
        )


def _within(array: NDArray[np.int32], shape: tuple[int, int], limit: int) -> NDArray[np.int32]:
    if array.dtype != np.int32 or array.size != shape[0] * shape[1]:
        raise CheckpointCorrupt("an array of a generation has another length or type")
    if array.size and not 0 <= int(array.min()) <= int(array.max()) < limit:
        raise CheckpointCorrupt("an array of a generation points outside")
    return array.reshape(shape)
