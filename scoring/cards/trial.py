"""One judged alert as a report card weighs it, and shares of such alerts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scoring.shares import UNKNOWN, Share, wilson


@dataclass(frozen=True, slots=True)
class Trial:
    """A judged alert. `weight` is 1 / propensity: how many raised alerts it stands for."""

    alert_id: int
    external_id: str
    accurate: bool
    weight: float = 1.0
    upstream_score: float | None = None
    text: str = ""
    features: Mapping[str, Any] = field(default_factory=dict)


def weighted_share(trials: Iterable[Trial]) -> Share:
    """The accurate share of the raised alerts that the trials stand for: Hájek's, by Wilson at Kish's sample size."""
    rows = [(trial.weight, trial.accurate) for trial in trials]
    if not rows:
        return UNKNOWN
    weight = sum(w for w, _ in rows)
    share = sum(w for w, accurate in rows if accurate) / weight
    size = effective_size([w for w, _ in rows])
    return Share(share, *wilson(share * size, size), len(rows))


def effective_size(weights: Sequence[float]) -> float:
    """How many alerts of equal weight would tell as much: Kish's."""
    return sum(weights) ** 2 / sum(w * w for w in weights)
