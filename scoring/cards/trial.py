"""One judged alert as a report card weighs it, shares of such alerts, and caution with many comparisons. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scoring.shares import UNKNOWN, Share, wilson

FALSE_DISCOVERIES = 0.05  # of what a card names, the share that chance alone may have named


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
    size = weight * weight / sum(w * w for w, _ in rows)
    return Share(share, *wilson(share * size, size), len(rows))


def discoveries(chances: Sequence[float]) -> list[bool]:
    """Which of many comparisons may be named, from the chance of each under "no difference".

    Benjamini and Hochberg (1995), https://doi.org/10.1111/j.2517-6161.1995.tb02031.x, at `FALSE_DISCOVERIES`.
    """
    p = np.asarray(chances, dtype=float)
    if not p.size:
        return []
    ordered = np.sort(p)
    passed = np.flatnonzero(ordered <= FALSE_DISCOVERIES * np.arange(1, p.size + 1) / p.size)
    limit = ordered[passed[-1]] if passed.size else -1.0
    return [bool(one <= limit) for one in p]
