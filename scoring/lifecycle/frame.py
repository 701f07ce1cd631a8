"""What is watched of the alerts of a queue, and on which scale: fitted once on some hundred alerts, then frozen. Pure.

Every series is the mean over a block of something between 0 and 1 that is a fixed function of one alert: a share, or
the rank of a number among the numbers of the reference. A frozen function of alerts that are alike is a series without
drift, which a growing vocabulary or running quantiles would not be.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from scoring.features import SCORER, SCORER_VERSION, UPSTREAM, Features

REFERENCE: Final = 500  # alerts
QUANTILES: Final = 64
WATCHED_NUMBERS: Final = 32
WATCHED_VALUES: Final = 6  # of one feature: the most frequent ones
KNOWN_VALUES: Final = 500  # of one feature
LEAST_SHARE: Final = 0.02

Series = tuple[str, str, str]  # kind, feature, value; the last two may be empty
LENGTH: Final = "\x00length"
_PLAIN: Final = {UPSTREAM: "upstream score", SCORER: "scorer", SCORER_VERSION: "scorer version", LENGTH: "text length"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One alert on arrival: its features, its text's length and share of Chinese characters, what the model said."""

    features: Features
    length: int
    chinese: float
    probability: float

    def numbers(self) -> Iterable[tuple[str, float]]:
        """Every number of the alert by name."""
        yield from self.features.numbers
        yield LENGTH, float(self.length)


@dataclass(slots=True)
class Frame:
    """The reference: quantiles of each number, known and frequent values of each category, known text ids."""

    numbers: dict[str, list[float]] = field(default_factory=dict)
    frequent: dict[str, list[str]] = field(default_factory=dict)
    known: dict[str, set[str]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    words: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))

    @classmethod
    def fit(cls, alerts: Sequence[Seen], text_bits: int) -> Self:
        """The frame of a reference of alerts."""
        given: dict[str, list[float]] = {}
        counts: dict[str, Counter[str]] = {}
        for alert in alerts:
            for name, number in alert.numbers():
                given.setdefault(name, []).append(number)
            for name, value in alert.features.categories:
                counts.setdefault(name, Counter())[value] += 1
        frequent = {name: _frequent(counted, len(alerts)) for name, counted in sorted(counts.items())}
        known = {name: {value for value, _ in counted.most_common(KNOWN_VALUES)} for name, counted in counts.items()}
        absent = Counter(name for alert in alerts for name in alert.features.missing)
        words = np.zeros(1 << text_bits, dtype=bool)
        for alert in alerts:
            words[alert.features.text_ids] = True
        return cls(
            {name: _quantiles(values) for name, values in sorted(given.items())[:WATCHED_NUMBERS]},
            frequent, known, sorted(absent.keys() | given.keys() - {LENGTH})[: 2 * WATCHED_NUMBERS], words,
        )  # fmt: skip

    def series(self, alert: Seen) -> dict[Series, float]:
        """What one alert adds to each series; a number that is missing adds to none."""
        values: dict[Series, float] = {("probability", "", ""): alert.probability}
        for name, number in alert.numbers():
            if (quantiles := self.numbers.get(name)) is not None:
                rank = _rank(quantiles, number)
                values["level", plain(name), ""] = rank
                values["spread", plain(name), ""] = abs(2 * rank - 1)
        given = dict(alert.features.categories)
        for name, frequent in self.frequent.items():
            value = given.get(name)
            values |= {("share", plain(name), one): float(value == one) for one in frequent}
            values["new values", plain(name), ""] = float(value is not None and value not in self.known[name])
        absent = set(alert.features.missing)
        values |= {("missing", plain(name), ""): float(name in absent) for name in self.missing}
        if len(self.words) and len(alert.features.text_ids):
            values["new words", "", ""] = 1.0 - float(self.words[alert.features.text_ids].mean())
        values["chinese", "", ""] = alert.chinese
        return values

    def raw(self, alert: Seen) -> dict[Series, float]:
        """The numbers themselves: an alarm speaks of them, not of ranks."""
        return {("level", plain(name), ""): number for name, number in alert.numbers() if name in self.numbers}

    def to_dict(self) -> dict[str, Any]:
        """As JSON values, without the text ids. NUL marks our own names; JSON in the database takes none."""
        return {
            "numbers": {_escaped(name): quantiles for name, quantiles in self.numbers.items()},
            "frequent": {_escaped(name): values for name, values in self.frequent.items()},
            "known": {_escaped(name): sorted(values) for name, values in self.known.items()},
            "missing": [_escaped(name) for name in self.missing],
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any], words: bytes) -> Self:
        """The frame of `to_dict` and `packed_words`."""
        bits = np.unpackbits(np.frombuffer(words, dtype=np.uint8)).astype(bool)
        return cls(
            {_unescaped(name): quantiles for name, quantiles in stored["numbers"].items()},
            {_unescaped(name): values for name, values in stored["frequent"].items()},
            {_unescaped(name): set(values) for name, values in stored["known"].items()},
            [_unescaped(name) for name in stored["missing"]],
            bits,
        )

    def packed_words(self) -> bytes:
        """The known text ids, a bit each: 32 kB."""
        return np.packbits(self.words).tobytes()


def chinese_share(text: str) -> float:
    """The share of Chinese characters among the letters of a text; 0 where it has none."""
    letters = sum(character.isalpha() for character in text)
    return sum("\u3400" <= character <= "\u9fff" for character in text) / letters if letters else 0.0


def plain(name: str) -> str:
    """The name of a feature as a person reads it; our own inputs have names that no posted feature can have."""
    return f"*{_PLAIN[name]}" if name in _PLAIN else name


def _escaped(name: str) -> str:
    return name.replace("\x00", "\ufffe")


def _unescaped(name: str) -> str:
    return name.replace("\ufffe", "\x00")


def _frequent(counted: Counter[str], total: int) -> list[str]:
    return [value for value, count in counted.most_common(WATCHED_VALUES) if count >= LEAST_SHARE * total]


def _quantiles(values: Sequence[float]) -> list[float]:
    return [float(one) for one in np.quantile(values, np.linspace(0, 1, QUANTILES + 1)[1:-1])]


def _rank(quantiles: Sequence[float], number: float) -> float:
    """The share of the reference below a number, ties by half."""
    return (bisect_left(quantiles, number) + bisect_right(quantiles, number)) / (2 * len(quantiles))
