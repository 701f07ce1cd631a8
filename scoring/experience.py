"""What other queues' verdicts say of a new queue's first alerts: a prior for the learner. Pure.

Every other queue is boiled down to a tally: how many of its labels were accurate, by upstream score. Each gives a
log-odds at an upstream score of one half and a gain per unit of ``2 * score - 1``. The prior is the mean of those of
the same scorer, the same language counting for more, shrunk towards knowing nothing as far as the queues differ.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

BINS: Final = 20
SAME_LANGUAGE: Final = 2.0
LEAST_VERDICTS: Final = 50  # of a queue that is asked
USUAL_GAIN: Final = 1.0  # of a queue that has no other to lean on (ModelConfig.prior_gain)
SPREAD: Final = 1.0  # how far a log-odds or a gain is taken to lie from the usual before anything is known
LARGEST: Final = 3.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tally:
    """Labels of one scorer in one queue by upstream score: ``accurate`` and ``total`` have `BINS` entries each."""

    queue: int
    scorer: str
    language: str
    accurate: tuple[int, ...]
    total: tuple[int, ...]

    @property
    def verdicts(self) -> int:
        """How many labels it holds."""
        return sum(self.total)


@dataclass(frozen=True, slots=True)
class Experience:
    """A prior: log-odds at an upstream score of one half, the gain of ``2 * score - 1``, and what it rests on."""

    intercept: float
    gain: float
    verdicts: int
    queues: int


NONE: Final = Experience(0.0, USUAL_GAIN, 0, 0)


def bin_of(score: float) -> int:
    """The bin of an upstream score in 0..1.

    >>> bin_of(0.0), bin_of(0.5), bin_of(1.0)
    (0, 10, 19)
    """
    return min(BINS - 1, max(0, int(score * BINS)))


def experience(tallies: Iterable[Tally], scorer: str, language: str) -> Experience:
    """The prior of a new queue whose alerts come from `scorer` in `language`; `NONE` where nobody knows enough.

    Queues of other scorers are not asked: their word is worth nothing here (bench/experience.py, decision 0087).
    """
    known = [one for one in tallies if scorer and one.scorer == scorer and one.verdicts >= LEAST_VERDICTS]
    if not known:
        return NONE
    weights = np.array([_likeness(one, language) for one in known])
    fits = [fit(one.accurate, one.total) for one in known]
    intercept = _pooled([one[0] for one in fits], weights, 0.0)
    gain = _pooled([one[1] for one in fits], weights, USUAL_GAIN)
    return Experience(
        intercept, max(0.0, gain), sum(one.verdicts for one in known), len({one.queue for one in known})
    )  # fmt: skip


def fit(accurate: Sequence[int], total: Sequence[int]) -> tuple[float, float]:
    """Log-odds at one half and gain of a tally: logistic regression by Newton's method, ridge towards the usual.

    >>> intercept, gain = fit([10] * BINS, [20] * BINS)
    >>> round(intercept, 2), round(gain, 2)
    (0.0, 0.03)
    """
    x = np.stack([np.ones(BINS), (np.arange(BINS) + 0.5) / BINS * 2 - 1], axis=1)
    hits, counts = np.array(accurate, dtype=np.float64), np.array(total, dtype=np.float64)
    usual = np.array([0.0, USUAL_GAIN])
    weights = usual.copy()
    for _ in range(25):
        p = 1 / (1 + np.exp(-(x @ weights)))
        slope = x.T @ (hits - counts * p) - (weights - usual) / SPREAD**2
        curve = (x * (counts * p * (1 - p))[:, None]).T @ x + np.eye(2) / SPREAD**2
        weights = weights + np.clip(np.linalg.solve(curve, slope), -1, 1)
    return float(weights[0]), float(weights[1])


def _likeness(one: Tally, language: str) -> float:
    """How much a queue's word counts: by what it shares with the new one, and by how much it knows."""
    shared = SAME_LANGUAGE if one.language == language else 1.0
    return shared * one.verdicts / (one.verdicts + 4 * LEAST_VERDICTS)


def _pooled(values: Sequence[float], weights: Floats, usual: float) -> float:
    """The weighted mean, shrunk towards the usual value by how little the queues agree about where it lies.

    A new queue's own value lies around the mean as theirs do. The squared distance of the mean from the usual value is
    set against that spread and the uncertainty of the mean (a normal prior with variance `SPREAD` where only one is
    asked).
    """
    given = np.array(values) - usual
    share = weights / weights.sum()
    mean = float(share @ given)
    asked = 1 / float(share @ share)  # as many as would, with equal weights
    spread = (float(share @ (given - mean) ** 2) * asked + SPREAD**2) / max(1.0, asked)
    pooled = usual + mean * mean**2 / (mean**2 + spread / asked) if mean else usual
    return math.copysign(min(abs(pooled), LARGEST), pooled)
