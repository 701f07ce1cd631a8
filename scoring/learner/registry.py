"""Which feature lives where: the dense slots that were given out, and the hashed slot of what found no room. Pure."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from scoring.features import Features
from scoring.learner import counts
from scoring.learner.model_config import ModelConfig

SLOW: Final = 1  # the slot of the slow generation's log-odds; those of the counts follow
BELIEFS: Final = SLOW + 1 + counts.SIZE  # the intercept, the generation and the counts have the first slots

Category = tuple[str, str | None]  # feature and value; value None: the feature is missing


class Registry:
    """Dense slots by name, in the order in which they were first learnt. Slot 0 is the intercept; then come beliefs."""

    def __init__(self, config: ModelConfig) -> None:
        self.config = config
        self.columns: dict[str, int] = {}
        self.first_slots = np.zeros(0, dtype=np.int64)
        self.categories: dict[Category, int] = {}
        self.size = BELIEFS
        self._values: Counter[str] = Counter()

    def learn(self, features: Features) -> None:
        """Give slots to what is new, as long as there is room."""
        for name, _ in features.numbers:
            if name not in self.columns:
                self.add_column(name)
        for key in categories_of(features):
            if key not in self.categories:
                self.add_category(key)

    def would_grow(self, features: Features) -> bool:
        """Whether learning these features would give out a slot."""
        if any(name not in self.columns and self._column_fits() for name, _ in features.numbers):
            return True
        return any(key not in self.categories and self._category_fits(key) for key in categories_of(features))

    def _column_fits(self) -> bool:
        return self.size + 1 + self.config.bins <= self.config.dense_slots

    def _category_fits(self, key: Category) -> bool:
        return self.size < self.config.dense_slots and self._values[key[0]] < self.config.values_per_category

    def add_column(self, name: str) -> None:
        """Room for a z-score and its bins, if there is any left."""
        if self._column_fits():
            self.columns[name] = len(self.columns)
            self.first_slots = np.append(self.first_slots, self.size)
            self.size += 1 + self.config.bins

    def add_category(self, key: Category) -> None:
        """A slot for a value, if there is one left and the feature has not too many already."""
        if self._category_fits(key):
            self.categories[key] = self.size
            self._values[key[0]] += 1
            self.size += 1

    def names(self) -> list[list[str | None]]:
        """Every entry in order of its slot: [name] of a column, [name, value or None] of a category."""
        entries: list[tuple[int, list[str | None]]] = [
            (int(self.first_slots[column]), [name]) for name, column in self.columns.items()
        ]
        entries += [(slot, list(key)) for key, slot in self.categories.items()]
        return [entry for _, entry in sorted(entries, key=lambda one: one[0])]


def categories_of(features: Features) -> Sequence[Category]:
    """Categories and missing features, in their order."""
    if not features.missing:
        return features.categories
    return [*features.categories, *((name, None) for name in features.missing)]


@lru_cache(maxsize=16_384)
def hashed_slot(key: Category, text_bits: int, category_bits: int) -> int:
    """The sparse slot of a category that has no dense one."""
    name, value = key
    text = f"{name}\x1e" if value is None else f"{name}\x1f{value}"
    return (1 << text_bits) + (zlib.crc32(text.encode(errors="surrogatepass")) >> (32 - category_bits))
