"""Rolling verdict counts: how often who or what raised an alert, or whom it was about, was right of late. Pure.

Counts are kept for the scorer, the rule (scorer and version, or a feature named *rule*), the segment (each value of
each category) and the customer. The table is bounded: what has not been met for longest makes room.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from scoring.features import SCORER, SCORER_VERSION, Features
from scoring.learner.checkpoint_format import Arrays, CheckpointCorrupt, finite_array
from scoring.learner.model_config import ModelConfig

CUSTOMER: Final = "\x00customer"
RULE: Final = "rule"
EVERYBODY: Final = ("", "")
SCORERS, RULES, SEGMENTS, CUSTOMERS, KNOWN = range(5)
SIZE: Final = 5

Key = tuple[str, str]


@dataclass(slots=True)
class Count:
    """Decayed numbers of accurate and false alerts, what they say in log-odds, and to which of the sums they belong."""

    slot: int
    accurate: float
    false: float
    log_odds: float


def slot_of(name: str) -> int:
    """Which of the sums a category of this name belongs to."""
    if name == SCORER:
        return SCORERS
    return RULES if name in (SCORER_VERSION, RULE) else SEGMENTS


class Counts:
    """Decayed counts by key, in the order in which they were last met."""

    def __init__(self, config: ModelConfig) -> None:
        self.config = config
        self.table: dict[Key, Count] = {}
        self._kept, self._kept_of_scorers = 1.0 - 1.0 / config.counts_span, 1.0 - 1.0 / config.counts_recent
        self._shrink = config.counts_shrink

    def log_odds(self, key: Key) -> float:
        """By how much this key's alerts were more often accurate than all, in log-odds, shrunk to 0; 0 if unknown."""
        found = self.table.get(key)
        return 0.0 if found is None else found.log_odds

    def features(self, features: Features) -> list[float]:
        """The sums that the model learns from: scorer, rule, segments, customer, and whether the customer is known."""
        sums = [0.0] * SIZE
        table = self.table
        for key in features.categories:
            if (found := table.get(key)) is not None:
                sums[found.slot] += found.log_odds
        if features.customer and (found := table.get((CUSTOMER, features.customer))) is not None:
            sums[CUSTOMERS], sums[KNOWN] = found.log_odds, 1.0
        return sums

    def learn(self, features: Features, label: bool, weight: float) -> None:
        """Count one label."""
        hit, miss = (weight, 0.0) if label else (0.0, weight)
        base = self._count(EVERYBODY, hit, miss, self._kept, 0.0, 0.5)
        rate = 1.0 / (1.0 + math.exp(-base))
        for key in features.categories:
            if key[0] == SCORER:
                self._count(key, hit, miss, self._kept_of_scorers, 0.0, 0.5)
            else:
                self._count(key, hit, miss, self._kept, base, rate)
        if features.customer:
            self._count((CUSTOMER, features.customer), hit, miss, self._kept, base, rate)
        while len(self.table) > self.config.counts_memory:
            del self.table[next(iter(self.table))]

    def _count(self, key: Key, hit: float, miss: float, kept: float, base: float, rate: float) -> float:
        """Count for one key, and return its log-odds beyond ``base``, which are everybody's, and ``rate`` as a share.

        ``hit``, ``miss``: the weight of an accurate and of a false label, 0 for the other one. ``kept``: what is left
        of what was counted before.
        """
        count = self.table.pop(key, None) or Count(slot_of(key[0]), 0.0, 0.0, 0.0)
        self.table[key] = count  # met last
        accurate = count.accurate = count.accurate * kept + hit
        false = count.false = count.false * kept + miss
        shrink = self._shrink
        count.log_odds = found = math.log((accurate + shrink * rate) / (false + shrink * (1.0 - rate))) - base
        return found

    def dump(self) -> tuple[list[Key], Arrays]:
        """Keys and numbers, in order."""
        counts = list(self.table.values())
        return list(self.table), {
            "counts_accurate": np.array([one.accurate for one in counts], dtype=np.float64),
            "counts_false": np.array([one.false for one in counts], dtype=np.float64),
            "counts_log_odds": np.array([one.log_odds for one in counts], dtype=np.float64),
        }

    def restore(self, keys: Any, arrays: Arrays) -> None:
        """Fill empty counts. Raises ``CheckpointCorrupt`` where they cannot be."""
        if not isinstance(keys, list) or len(keys) > self.config.counts_memory:
            raise CheckpointCorrupt("more is counted than there is room for")
        columns = [finite_array(arrays[f"counts_{name}"], len(keys)) for name in ("accurate", "false", "log_odds")]
        for key, accurate, false, log_odds in zip(keys, *(column.tolist() for column in columns), strict=True):
            match key:
                case [str(name), str(value)] if accurate >= 0 and false >= 0:
                    self.table[name, value] = Count(slot_of(name), accurate, false, log_odds)
                case _:
                    raise CheckpointCorrupt("a count cannot be")
        if len(self.table) != len(keys):
            raise CheckpointCorrupt("a key is counted twice")
