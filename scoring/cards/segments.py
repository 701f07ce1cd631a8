"""In which segments a scorer is wrong more often than elsewhere. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from scipy.special import ndtr

from scoring.cards.trial import Trial, weighted_share
from scoring.shares import Share, discoveries

LEAST = 20  # judged alerts in a segment, and outside it
MOST_VALUES = 50  # a feature with more values than this is an identifier, no segment


@dataclass(frozen=True, slots=True)
class Segment:
    """The alerts whose feature has a value, and how precise the scorer is on them and on all others."""

    feature: str
    value: str
    share: Share
    rest: Share


def weak_segments(trials: Sequence[Trial], most: int = 5) -> list[Segment]:
    """The segments whose precision is below the rest's for sure, worst first.

    Each categorical value (texts and booleans) with `LEAST` alerts inside and outside is compared with all others by
    a score test; those that stand out of so many comparisons are kept (`discoveries`).
    """
    by_value: dict[tuple[str, str], list[Trial]] = defaultdict(list)
    values: dict[str, set[str]] = defaultdict(set)
    for trial in trials:
        for feature, value in trial.features.items():
            if isinstance(value, str | bool):
                by_value[feature, str(value)].append(trial)
                values[feature].add(str(value))
    found = [
        _segment(feature, value, inside, trials)
        for (feature, value), inside in sorted(by_value.items())
        if LEAST <= len(inside) <= len(trials) - LEAST and len(values[feature]) <= MOST_VALUES
    ]
    kept = discoveries([_chance(one) for one in found])
    weak = [one for one, keep in zip(found, kept, strict=True) if keep]
    return sorted(weak, key=lambda one: (one.share.value or 0.0, one.feature, one.value))[:most]


def _segment(feature: str, value: str, inside: Sequence[Trial], trials: Sequence[Trial]) -> Segment:
    own = {trial.alert_id for trial in inside}
    return Segment(
        feature, value, weighted_share(inside), weighted_share(one for one in trials if one.alert_id not in own)
    )


def _chance(segment: Segment) -> float:
    """The chance of a precision this far below the rest's if there were no difference: one-sided, pooled variance."""
    one, two = segment.share, segment.rest
    p = ((one.value or 0.0) * one.n + (two.value or 0.0) * two.n) / (one.n + two.n)
    spread = sqrt(p * (1 - p) * (1 / one.n + 1 / two.n))
    return float(ndtr(((one.value or 0.0) - (two.value or 0.0)) / spread)) if spread else 1.0
