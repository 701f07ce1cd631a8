"""What of an alert the learner may see: hashed text ids, numbers, categories and what is missing.

``extract`` is a pure function of the stored alert. Its result is bounded whatever the alert holds, and does not depend
on the order of the alert's features, on the process or on the day. Whatever needs statistics (z-scores, bins) is made
later, by the model, from statistics that are part of the model's state.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from scoring.hashing import Ids
from scoring.text import fold, gram_ids, gram_ids_of, shorten

FeatureValue = str | int | float | bool | None
_Schema = tuple[tuple[str, str], ...]  # cleaned names with the posted ones

UPSTREAM: Final = "\x00upstream"  # cannot clash with a posted feature: names lose their control characters
SCORER: Final = "\x00scorer"
SCORER_VERSION: Final = "\x00scorer_version"
_UPSTREAM_KEY: Final = "\x00\x00"  # takes the place of a feature posted under this name, which is none
_LARGEST: Final = 1e12


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """The stored alert, as far as the learner is concerned.

    ``upstream_score`` is the scorer's own score in 0..1, or None where it gave none. ``customer``: the external id.
    """

    text: str
    features: Mapping[str, FeatureValue]
    upstream_score: float | None
    scorer: str
    scorer_version: str
    customer: str = ""


@dataclass(frozen=True, slots=True)
class FeatureConfig:
    """Bounds of what is taken from one alert. A part of the model's frozen configuration."""

    text_bits: int = 18
    max_text_chars: int = 4_000
    max_text_ids: int = 4_096
    max_features: int = 64
    max_name_chars: int = 80
    max_category_chars: int = 80


@dataclass(frozen=True, slots=True)
class Features:
    """One alert's features.

    ``text_ids``: ascending, distinct, below ``2**text_bits``; each has the value ``1 / sqrt(len(text_ids))``, so the
    text part has length 1. ``numbers`` (finite), ``categories`` and ``missing`` are sorted by name, and a name is in
    exactly one of them. ``customer`` is counted (scoring/learner/counts.py) and is no feature.
    """

    text_ids: Ids
    numbers: tuple[tuple[str, float], ...]
    categories: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    customer: str = ""

    @property
    def text_value(self) -> float:
        """The value that each text id carries."""
        return 1.0 / math.sqrt(len(self.text_ids)) if len(self.text_ids) else 0.0


def extract(facts: AlertFacts, config: FeatureConfig) -> Features:
    """The features of one alert; never raises, whatever the text and the values are.

    >>> facts = AlertFacts("", {"plan": "gold", "calls": 3, "region": None}, 0.4, "rules", "2")
    >>> found = extract(facts, FeatureConfig())
    >>> found.numbers, found.missing
    ((('\\x00upstream', 0.4), ('calls', 3.0)), ('region',))
    """
    return assemble(facts, gram_ids(fold(shorten(facts.text, config.max_text_chars)), config.text_bits), config)


def extract_many(alerts: Sequence[AlertFacts], config: FeatureConfig) -> list[Features]:
    """``extract`` of each alert; the texts are hashed together, which costs a third of one at a time."""
    texts = [fold(shorten(one.text, config.max_text_chars)) for one in alerts]
    ids = gram_ids_of(texts, config.text_bits)
    return [assemble(facts, found, config) for facts, found in zip(alerts, ids, strict=True)]


def assemble(facts: AlertFacts, text_ids: Ids, config: FeatureConfig) -> Features:
    """The features of an alert whose text ids (distinct, ascending) are known, as scoring/batch.py knows them."""
    numbers: list[tuple[str, float]] = []
    categories = list(_scorer(facts.scorer, facts.scorer_version, config.max_category_chars))
    missing: list[str] = []
    values, limit = {**facts.features, _UPSTREAM_KEY: facts.upstream_score}, config.max_category_chars
    for name, key in _schema_of(facts.features, config):
        value = values[key]
        if isinstance(value, str) and value:
            categories.append((name, value[:limit]))
        elif isinstance(value, bool):
            categories.append((name, "true" if value else "false"))
        elif isinstance(value, (int, float)) and value == value:
            numbers.append((name, float(value if -_LARGEST <= value <= _LARGEST else _cut(value))))
        else:
            missing.append(name)
    categories.sort()
    ids = _at_most(text_ids, config.max_text_ids)
    return Features(ids, tuple(numbers), tuple(categories), tuple(missing), facts.customer[:limit])


def _schema_of(posted: Mapping[str, FeatureValue], config: FeatureConfig) -> _Schema:
    """Cleaned and posted names in order, upstream score first. Alerts of one kind share their names: remembered."""
    names = tuple(posted)
    make = _schema if len(names) <= config.max_features else _schema.__wrapped__
    return make(names, config.max_features, config.max_name_chars)


@lru_cache(maxsize=512)
def _schema(names: tuple[str, ...], most: int, longest: int) -> _Schema:
    """At most ``most`` names, by cleaned name; of names that clash one is kept."""
    kept = {_name(name, longest): name for name in sorted(names, reverse=True)}
    return ((UPSTREAM, _UPSTREAM_KEY), *sorted(kept.items())[:most])


def _name(name: str, limit: int) -> str:
    return "".join(c for c in name[:limit] if c >= " ")


@lru_cache(maxsize=512)
def _scorer(scorer: str, version: str, limit: int) -> tuple[tuple[str, str], tuple[str, str]]:
    return (SCORER, scorer[:limit]), (SCORER_VERSION, f"{scorer}\x1f{version}"[:limit])


def _cut(value: float) -> float:
    """The number between -1e12 and 1e12; it may be an integer too large for a float."""
    return max(-_LARGEST, min(_LARGEST, value))


def _at_most(ids: Ids, limit: int) -> Ids:
    """All ids, or an even selection of ``limit`` of them."""
    return ids if len(ids) <= limit else ids[np.linspace(0, len(ids) - 1, limit).astype(np.int64)]
