"""Boosted trees as plain arrays, and how an alert's features become what they ask for. Pure: numpy alone.

Every tree has at most 16 leaves, so the leaves that an alert can still reach fit in 16 bits. A question that the alert
answers with "greater" takes the leaves on its left away; the lowest bit that is left after all questions is the alert's
leaf (QuickScorer: Lucchese et al. 2015, SIGIR). Trees are not walked: what all questions about one column leave of all
trees' leaves depends only on how many of the column's thresholds a value is above, and is worked out once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.features import Features
from scoring.learner.checkpoint_format import Arrays, CheckpointCorrupt, finite_array

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
    """Columns of numbers and of categories (as codes in order of their names). What is missing or unknown is NaN."""

    def __init__(self, numbers: Sequence[str], categories: Sequence[Category]) -> None:
        self.numbers, self.categories = list(numbers), list(categories)
        self.columns = {name: place for place, name in enumerate(self.numbers)}
        self.names = [*self.numbers, *dict.fromkeys(name for name, _ in self.categories)]
        places = {name: len(self.numbers) + place for place, name in enumerate(self.names[len(self.numbers) :])}
        self.codes = {key: (places[key[0]], float(code)) for code, key in enumerate(self.categories)}
        self.width = len(self.names)

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

    def known(self, features: Features) -> tuple[list[int], list[float]]:
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
        """Rows of which nothing is known, shape (rows, width)."""
        return np.full((rows, self.width), np.nan)

    def fill(self, rows: Floats, of: NDArray[np.int64], places: NDArray[np.int64], values: Floats) -> None:
        """Put values into rows; ``of``: the row of each, ``places``: its column, below 0 for none."""
        known = places >= 0
        rows[of[known], places[known]] = values[known]

    def matrix(self, many: Sequence[Features]) -> Floats:
        """Many alerts, shape (alerts, width)."""
        known = [self.known(features) for features in many]
        rows = self.empty(len(many))
        of = np.repeat(np.arange(len(many)), [len(places) for places, _ in known])
        places = np.array(list(chain.from_iterable(places for places, _ in known)), dtype=np.int64)
        values = np.array(list(chain.from_iterable(values for _, values in known)), dtype=np.float64)
        self.fill(rows, of, places, values)
        return rows


class _Answers(NamedTuple):
    """What all questions about one column leave of the leaves of all trees, by the value: rows of ``kept``.

    ``thresholds``: those of each column, ascending. A value above n of them reads row ``firsts[column] + n``, a missing
    one ``missing[column]``. ``kept``: shape (rows, trees).
    """

    thresholds: list[list[float]]
    firsts: list[int]
    missing: list[int]
    kept: Bits


@dataclass(frozen=True)
class Trees:
    """Trees over a table of ``width`` columns.

    ``asked``: the column, plus ``width`` where a missing value counts as greater; ``thresholds``, ``left`` and
    ``reach`` (the leaves left of a question, and all below it), each of shape (15, trees); ``leaves`` and ``covers``
    (log-odds, and how many rows of training ended there) of shape (trees, 16); ``base``: the log-odds before any tree.
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
    def _first_leaf(self) -> NDArray[np.int64]:
        return np.arange(len(self.leaves), dtype=np.int64) * LEAVES

    def log_odds(self, places: Sequence[int], values: Sequence[float]) -> float:
        """The log-odds of an alert that has these values in these columns of the table, and no others."""
        leaves = self.leaves.take(self._leaves_of(places, values))
        return min(FURTHEST, max(-FURTHEST, self.base + float(np.add.reduce(leaves))))

    def log_odds_many(self, rows: Floats) -> Floats:
        """The log-odds of many rows of the table, shape (alerts,); equal to those one by one."""
        found = np.empty(len(rows))
        for first in range(0, len(rows), _BLOCK):
            leaves = self.leaves.take(self._leaves_of_many(rows[first : first + _BLOCK]))
            found[first : first + _BLOCK] = self.base + np.add.reduce(leaves, axis=1)
        return np.clip(found, -FURTHEST, FURTHEST)

    def parts(self, places: Sequence[int], values: Sequence[float]) -> Floats:
        """What each column adds to an alert's log-odds beyond the average alert, shape (width,)."""
        leaves = self._leaves_of(places, values)
        parts: Floats = np.add.reduce(self._parts_of_leaves.take(leaves, axis=0), axis=0)
        return parts

    def _leaves_of(self, places: Sequence[int], values: Sequence[float]) -> NDArray[np.int64]:
        thresholds, firsts, missing, kept = self._answers
        at = missing.copy()
        for place, value in zip(places, values, strict=True):
            at[place] = firsts[place] + bisect_left(thresholds[place], value)
        return _LOWEST.take(np.bitwise_and.reduce(kept.take(at, axis=0), axis=0)) + self._first_leaf

    def _leaves_of_many(self, rows: Floats) -> NDArray[np.int64]:
        thresholds, firsts, missing, kept = self._answers
        left = np.full((len(rows), len(self.leaves)), _ALL)
        for column in range(self.width):
            values = rows[:, column]
            at = firsts[column] + np.searchsorted(thresholds[column], values)
            left &= kept.take(np.where(np.isnan(values), missing[column], at), axis=0)
        return _LOWEST.take(left) + self._first_leaf

    @cached_property
    def _answers(self) -> _Answers:
        thresholds, firsts, missing = [], [], []
        kept = [np.full((1, len(self.leaves)), _ALL)]  # of trees that ask nothing
        for column in range(self.width):
            lost = self.asked == column + self.width  # a missing value counts as greater
            asked = lost | (self.asked == column)
            cuts, above = np.unique(self.thresholds[asked], return_inverse=True)
            passed = np.full((len(cuts) + 2, len(self.leaves)), _ALL)
            np.bitwise_and.at(passed, (above + 1, np.nonzero(asked)[1]), ~self.left[asked])
            np.bitwise_and.accumulate(passed[:-1], axis=0, out=passed[:-1])
            np.bitwise_and.at(passed[-1], np.nonzero(lost)[1], ~self.left[lost])
            thresholds.append(cuts.tolist())
            firsts.append(sum(map(len, kept)))
            missing.append(firsts[-1] + len(cuts) + 1)
            kept.append(passed)
        return _Answers(thresholds, firsts, missing or [0], np.concatenate(kept))

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
