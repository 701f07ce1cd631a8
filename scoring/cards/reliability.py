"""Whether a scorer's own score can be taken at its word. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray

from scoring.cards.trial import Trial, effective_size, weighted_share
from scoring.evaluation import Ordering, Told, ordering, outlier
from scoring.shares import Share

LEAST = 30  # scored and judged alerts
BIN = 10  # alerts at least in a bin
CLIP = 1e-3  # log-odds are finite: a score of 0 or 1 counts as this far from it
STEPS = 25  # of Newton's method


@dataclass(frozen=True, slots=True)
class ScoreBin:
    """Alerts of about the same score: the mean of what was said, and the accurate share with its interval.

    `weight`: how many raised alerts they stand for; `size`: of how many a plain sample would tell as much; `chance`:
    how far the share is from what was said, on average, where that is right.
    """

    said: float
    share: Share
    weight: float
    size: float
    chance: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """How the scores agree with the labels.

    `error`: the mean distance of what was said from the accurate share, bin by bin, each by its weight; `chance`: what
    sampling alone makes of it; `outlier`: the bin that is wrong for certain and the most, if there is one.
    `slope` of the log-odds: 1 is right, below 1 the scorer is too sure, None where it cannot be told. `brier`: the mean
    squared error, beside `brier_of_average`, that of always saying the share. `order`: its AUC.
    """

    bins: tuple[ScoreBin, ...]
    error: float
    chance: float
    outlier: Told | None
    slope: float | None
    brier: float
    brier_of_average: float
    order: Ordering
    n: int


def reliability(trials: Sequence[Trial], bins: int = 10) -> Reliability | None:
    """Compare scores with labels, each trial by its weight; bins hold about as many trials each.

    None where fewer than `LEAST` trials have a score. AUC is of the judged alerts as they are.
    """
    scored = sorted(
        (one for one in trials if one.upstream_score is not None), key=lambda one: one.upstream_score or 0.0
    )
    if len(scored) < LEAST:
        return None
    said = np.array([one.upstream_score for one in scored], dtype=float)
    truth = np.array([one.accurate for one in scored], dtype=float)
    weight = np.array([one.weight for one in scored])
    groups = np.array_split(np.arange(said.size), max(1, min(bins, said.size // BIN)))
    made = tuple(_bin(said[group], weight[group], weighted_share([scored[i] for i in group])) for group in groups)
    share = float(np.average(truth, weights=weight))
    brier = float(np.average((said - truth) ** 2, weights=weight))
    whole = sum(one.weight for one in made)
    return Reliability(
        made,
        sum(one.weight * abs(one.said - (one.share.value or 0.0)) for one in made) / whole,
        sum(one.weight * one.chance for one in made) / whole,
        outlier([Told(one.said, one.share, one.size) for one in made]),
        slope_of(said, truth, weight), brier, share * (1 - share), ordering(said, truth), said.size,
    )  # fmt: skip


def _bin(said: NDArray[np.float64], weight: NDArray[np.float64], share: Share) -> ScoreBin:
    total = float(weight.sum())
    chance = sqrt(2 / pi * float((weight**2 * said * (1 - said)).sum())) / total
    return ScoreBin(float(np.average(said, weights=weight)), share, total, effective_size(weight.tolist()), chance)


def slope_of(said: NDArray[np.float64], truth: NDArray[np.float64], weight: NDArray[np.float64]) -> float | None:
    """The slope of truth over the log-odds of what was said, by logistic regression (Cox 1958); arrays of shape (n,).

    None where scores or labels are all the same, or part cleanly.
    """
    clipped = np.clip(said, CLIP, 1 - CLIP)
    x = np.stack([np.ones_like(said), np.log(clipped / (1 - clipped))])
    if np.ptp(x[1]) == 0 or np.ptp(truth) == 0:
        return None
    beta = np.zeros(2)
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-np.clip(beta @ x, -30, 30)))
        step = np.linalg.solve((x * (weight * p * (1 - p))) @ x.T + 1e-9 * np.eye(2), x @ (weight * (truth - p)))
        beta = beta + np.clip(step, -2, 2)
    return float(beta[1]) if abs(step).max() < 1e-6 else None
