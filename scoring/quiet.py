"""Suppressions that people make: this customer, this scorer, this pattern, until then. Pure.

A suppression has a scope and an end, and for a customer a bar: an alert that is worse than the one it was made from
is shown, and ends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from scoring.features import AlertFacts
from scoring.text import contains_phrase, fold

# By how much the model's or the scorer's score has to be worse than it was; further up by this share of what is missing
# to 1: a step in log-odds that is much the same from the middle upwards, and can be taken wherever an alert stands.
MARGIN: Final = 0.15
OF_THE_REST: Final = 0.5
HIGH_FROM: Final = 1 - MARGIN / OF_THE_REST
_CAUSE: Final = "quiet:"


def cause_of(suppression_id: int) -> str:
    """What an exposure that fell under a suppression gives as its cause."""
    return f"{_CAUSE}{suppression_id}"


def suppression_in(cause: str) -> int | None:
    """The id of the suppression that a cause names; None of any other cause."""
    return int(cause.removeprefix(_CAUSE)) if cause.startswith(_CAUSE) else None


@dataclass(frozen=True, slots=True)
class Bar:
    """Where "worse" begins: above this tier, or from these scores upwards. `tier` is an index in policy.TIERS."""

    tier: int
    probability: float
    upstream: float | None = None

    def is_passed_by(self, tier: int, probability: float, upstream: float | None) -> bool:
        """Whether an alert is worse."""
        by_scorer = self.upstream is not None and upstream is not None and upstream >= self.upstream
        return tier > self.tier or probability >= self.probability or by_scorer


@dataclass(frozen=True, slots=True)
class Quiet:
    """One suppression in force: every part that is given must fit. `audit_share` of what it covers is shown anyway."""

    id: int
    until: datetime
    audit_share: float = 0.1
    customer: str | None = None
    scorer: str | None = None
    scorer_version: str | None = None
    phrase: str | None = None
    feature: str | None = None
    value: str | None = None
    bar: Bar | None = None

    def covers(self, facts: AlertFacts) -> bool:
        """Whether an alert falls under it, whatever the time."""
        wanted = (self.customer, self.scorer, self.scorer_version)
        found = (facts.customer, facts.scorer, facts.scorer_version)
        if any(one is not None and one != other for one, other in zip(wanted, found, strict=True)):
            return False
        if self.phrase is not None and not contains_phrase(fold(facts.text), fold(self.phrase)):
            return False
        return self.feature is None or _is_meant(facts.features.get(self.feature), self.value or "")


def bar_of(tier: int, probability: float, upstream: float | None) -> Bar:
    """The bar of a suppression that is made from an alert which stands there. A scorer that is certain says no more.

    >>> bar_of(0, 0.5, 0.9)
    Bar(tier=0, probability=0.65, upstream=0.95)
    """
    return Bar(tier, _above(probability), None if upstream is None or upstream >= 1 else _above(upstream))


def _above(score: float) -> float:
    return score + min(MARGIN, OF_THE_REST * (1 - score))


def _is_meant(value: object, typed: str) -> bool:
    """Whether a feature's value is what a lead typed: 3 and 3.0 are the same, and true is true in any case."""
    if isinstance(value, bool):
        return str(value).lower() == typed.lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value)) == typed
    return value is not None and str(value) == typed
