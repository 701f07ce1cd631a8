"""In which segments a scorer is wrong more often than elsewhere. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from scipy.special import ndtr

from scoring.cards.trial import Trial, effective_size, weighted_share
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
                written = value if isinstance(value, str) else str(value).lower()  # as JSON has it, and the learner
                by_value[feature, written].append(trial)
                values[feature].add(written)
    found = [
        _compared(feature, value, inside, trials)
        for (feature, value), inside in sorted(by_value.items())
        if LEAST <= len(inside) <= len(trials) - LEAST and len(values[feature]) <= MOST_VALUES
    ]
    kept = discoveries([chance for _, chance in found])
    weak = [one for (one, _), keep in zip(found, kept, strict=True) if keep]
    return sorted(weak, key=lambda one: (one.share.value or 0.0, one.feature, one.value))[:most]


def _compared(feature: str, value: str, inside: Sequence[Trial], trials: Sequence[Trial]) -> tuple[Segment, float]:
    """A segment beside the rest, and how likely it is this far below if there were no difference."""
    own = {trial.alert_id for trial in inside}
    outside = [trial for trial in trials if trial.alert_id not in own]
    segment = Segment(feature, value, weighted_share(inside), weighted_share(outside))
    sizes = [effective_size([trial.weight for trial in part]) for part in (inside, outside)]
    spread = sqrt(_variance(trials) * sum(1 / size for size in sizes))
    away = (segment.share.value or 0.0) - (segment.rest.value or 0.0)
    return segment, float(ndtr(away / spread)) if spread else 1.0


def _variance(trials: Sequence[Trial]) -> float:
    """Of one trial around the accurate share of all: p · (1 - p) where all weigh the same.

    An audit stands for ten alerts and is one verdict, so each counts by the square of its weight.
    """
    common = weighted_share(trials).value or 0.0
    off = sum((trial.weight * (trial.accurate - common)) ** 2 for trial in trials)
    return off / sum(trial.weight**2 for trial in trials)
