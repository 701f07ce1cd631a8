"""What the learner remembers besides its weights: statistics of numeric columns, and past labels for replay. Pure."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from scoring.features import UPSTREAM, Features
from scoring.model_config import ModelConfig

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

_STEPS = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
FURTHEST = 5.0  # a z-score is cut here


@dataclass(frozen=True, slots=True)
class Layout:
    """Where in the one weight vector each kind of feature lives: text, then categories, then numeric columns."""

    text: int
    categories: int
    columns: int
    bins: int

    @classmethod
    def of(cls, config: ModelConfig) -> Layout:
        """The layout that a configuration means."""
        return cls(1 << config.text_bits, 1 << config.category_bits, config.max_columns, config.bins)

    @property
    def numeric(self) -> int:
        """The first slot of the numeric columns."""
        return self.text + self.categories

    @property
    def stride(self) -> int:
        """Slots a column: its z-score, then its bins."""
        return 1 + self.bins

    @property
    def size(self) -> int:
        """Slots in all."""
        return self.numeric + self.columns * self.stride


@lru_cache(maxsize=16_384)
def category_slot(layout: Layout, name: str, value: str | None) -> int:
    """The slot of a category, or (value None) of the fact that this feature is missing."""
    key = f"{name}\x1e" if value is None else f"{name}\x1f{value}"
    return layout.text + (zlib.crc32(key.encode(errors="surrogatepass")) * 0x9E3779B1 >> 7) % layout.categories


@dataclass(frozen=True, slots=True)
class Row:
    """One alert, ready for the learner except for statistics: text ids, category slots, column indexes, raw numbers.

    ``upstream``: the upstream score in 0..1, 0.5 where there is none.
    """

    text_ids: Ints
    categories: Ints
    columns: Ints
    numbers: Floats
    upstream: float


@dataclass(frozen=True, slots=True)
class Lesson:
    """A row with its label and its weight."""

    row: Row
    label: bool
    weight: float


def upstream_of(features: Features) -> float:
    """The upstream score cut to 0..1; 0.5, which says nothing, where there is none."""
    if features.numbers and features.numbers[0][0] == UPSTREAM:
        return min(1.0, max(0.0, features.numbers[0][1]))
    return 0.5


class Columns:
    """Known numeric columns: name to index, mean and spread (Welford), and quantile edges of the bins."""

    def __init__(self, layout: Layout) -> None:
        self.index: dict[str, int] = {}
        self.count = np.zeros(layout.columns)
        self.mean = np.zeros(layout.columns)
        self.squares = np.zeros(layout.columns)
        self.per_spread = np.zeros(layout.columns)
        self.edges = np.full((layout.columns, layout.bins - 1), np.inf)

    def learn(self, columns: Ints, numbers: Floats) -> None:
        """Take one row's numbers into mean and spread."""
        self.count[columns] += 1.0
        count = self.count[columns]
        apart = numbers - self.mean[columns]
        self.mean[columns] += apart / count
        self.squares[columns] += apart * (numbers - self.mean[columns])
        self.per_spread[columns] = _per_spread(self.squares[columns] / count)

    def respread(self) -> None:
        """Compute again what follows from count and squares."""
        self.per_spread = _per_spread(self.squares / np.maximum(self.count, 1.0))

    def cut(self, column: int, numbers: Floats) -> None:
        """Set a column's bin edges at the quantiles of these numbers; equal edges fall together."""
        shares = np.arange(1, self.edges.shape[1] + 1) / (self.edges.shape[1] + 1)
        edges = np.unique(np.quantile(numbers, shares)) if len(numbers) else np.zeros(0)
        self.edges[column] = np.inf
        self.edges[column, : len(edges)] = edges


def _per_spread(variance: Floats) -> Floats:
    """One over the standard deviation; 0 where nothing has varied."""
    return np.where(variance > 0, 1.0 / np.sqrt(np.maximum(variance, 1e-300)), 0.0)


class Encoder:
    """Turns features into rows, and rows into slots and values under the statistics of the moment."""

    def __init__(self, config: ModelConfig) -> None:
        self.config = config
        self.layout = Layout.of(config)
        self.columns = Columns(self.layout)

    def register(self, features: Features) -> None:
        """Give columns to numbers never learnt before, while there are free ones."""
        for name, _ in features.numbers:
            if name not in self.columns.index and len(self.columns.index) < self.layout.columns:
                self.columns.index[name] = len(self.columns.index)

    def row(self, features: Features) -> Row:
        """The row of an alert; numbers without a column are left out."""
        index, layout = self.columns.index, self.layout
        known = [(index[name], number) for name, number in features.numbers if name in index]
        slots = [category_slot(layout, name, value) for name, value in features.categories]
        slots += [category_slot(layout, name, None) for name in features.missing]
        return Row(
            features.text_ids,
            np.array(slots, dtype=np.int32),
            np.array([column for column, _ in known], dtype=np.int32),
            np.array([number for _, number in known], dtype=np.float64),
            upstream_of(features),
        )

    def vector(self, row: Row) -> tuple[Ints, Floats]:
        """Slots and values: text ids sharing length ``text_gain``, ones for categories and bins, z-scores."""
        columns, numbers = row.columns, row.numbers
        bins = self.bin(columns, numbers)
        first = self.layout.numeric + columns * self.layout.stride
        texts, ones = len(row.text_ids), len(row.categories)
        slots = np.concatenate((row.text_ids, row.categories, first, first + 1 + bins), dtype=np.int32)
        values = np.ones(len(slots))
        if texts:
            values[:texts] = self.config.text_gain / texts**0.5
        values[texts + ones : texts + ones + len(columns)] = self.z(columns, numbers)
        return slots, values

    def measures(self, columns: Ints, numbers: Floats, weights: Floats) -> Floats:
        """What each number contributes to the log-odds: its z-score's part and its bin's."""
        first = self.layout.numeric + columns * self.layout.stride
        return weights[first] * self.z(columns, numbers) + weights[first + 1 + self.bin(columns, numbers)]

    def bin(self, columns: Ints, numbers: Floats) -> NDArray[np.int64]:
        """The bin of each number, from 0; an edge belongs to the bin below it."""
        return (self.columns.edges[columns] < numbers[:, None]).sum(axis=1)

    def z(self, columns: Ints, numbers: Floats) -> Floats:
        """z-scores, cut at 5; 0 while a column has shown one value only."""
        scores = (numbers - self.columns.mean[columns]) * self.columns.per_spread[columns]
        return np.minimum(np.maximum(scores, -FURTHEST), FURTHEST)


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

    def draw(self, position: int, turn: int) -> Lesson:
        """A lesson that depends on nothing but position, turn and how many are kept (splitmix64)."""
        z = (position * 1_000_003 + turn + 1) * _STEPS & _MASK
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & _MASK
        return self.lessons[(z ^ z >> 31) % len(self.lessons)]

    def cut_bins(self, columns: Columns) -> None:
        """Set the bin edges of all columns at the quantiles of what is remembered."""
        numbers: dict[int, list[float]] = {}
        for lesson in self.lessons:
            for column, number in zip(lesson.row.columns.tolist(), lesson.row.numbers.tolist(), strict=True):
                numbers.setdefault(column, []).append(number)
        for column, found in numbers.items():
            columns.cut(column, np.array(found))
