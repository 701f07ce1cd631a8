"""Two models on the same alerts: the paired difference of AUC and log loss, with 95 % intervals. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Z95: Final = 1.959964
LEAST_OF_EACH: Final = 10  # labels of each kind, below which nothing is compared


@dataclass(frozen=True, slots=True)
class Difference:
    """Challenger minus champion, with its 95 % interval."""

    champion: float
    challenger: float
    low: float
    high: float

    @property
    def value(self) -> float:
        """The difference itself."""
        return self.challenger - self.champion

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two models did on the same judged alerts. A higher AUC and a lower log loss are better."""

    alerts: int
    accurate: int
    auc: Difference
    log_loss: Difference


def compare(champion: Sequence[float], challenger: Sequence[float], accurate: Sequence[bool]) -> Comparison | None:
    """The paired comparison, or None where one kind of label is too rare.

    AUC by DeLong, DeLong and Clarke-Pearson (Biometrics 44, 1988): the two areas share their alerts, so their
    covariance is subtracted. Log loss by the mean of the differences alert by alert.

    >>> labels = [True, False] * 20
    >>> found = compare([0.5] * 40, [0.9 if one else 0.1 for one in labels], labels)
    >>> (found.auc.champion, found.auc.challenger, found.log_loss.is_clear) if found else None
    (0.5, 1.0, True)
    """
    truth = np.asarray(accurate, dtype=bool)
    if min(int(truth.sum()), int((~truth).sum())) < LEAST_OF_EACH:
        return None
    first, second = np.asarray(champion, dtype=np.float64), np.asarray(challenger, dtype=np.float64)
    return Comparison(len(truth), int(truth.sum()), _auc(first, second, truth), _log_loss(first, second, truth))


def _auc(first: Floats, second: Floats, truth: npt.NDArray[np.bool_]) -> Difference:
    above, below = zip(*(_placements(scores, truth) for scores in (first, second)), strict=True)
    areas = [float(placed.mean()) for placed in above]
    gain_above, gain_below = above[1] - above[0], below[1] - below[0]
    variance = gain_above.var(ddof=1) / len(gain_above) + gain_below.var(ddof=1) / len(gain_below)
    return _difference(areas[0], areas[1], float(variance))


def _placements(scores: Floats, truth: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """For every accurate alert the share of false ones below it, for every false one the share of accurate above."""
    good, bad = np.sort(scores[truth]), np.sort(scores[~truth])
    return _share_below(bad, scores[truth]), 1 - _share_below(good, scores[~truth])


def _share_below(ordered: Floats, scores: Floats) -> Floats:
    """The share of `ordered` below each score, ties by half."""
    both = np.searchsorted(ordered, scores, side="left") + np.searchsorted(ordered, scores, side="right")
    return np.asarray(both / (2 * len(ordered)), dtype=np.float64)


def _log_loss(first: Floats, second: Floats, truth: npt.NDArray[np.bool_]) -> Difference:
    losses = [-np.log(np.clip(np.where(truth, p, 1 - p), 1e-6, 1.0)) for p in (first, second)]
    gain = losses[1] - losses[0]
    return _difference(float(losses[0].mean()), float(losses[1].mean()), float(gain.var(ddof=1) / len(gain)))


def _difference(champion: float, challenger: float, variance: float) -> Difference:
    half = Z95 * math.sqrt(max(0.0, variance))
    gap = challenger - champion
    return Difference(champion, challenger, gap - half, gap + half)
