"""How good probabilities were, once the labels came. Pure; arrays in, numbers out.

Progressive throughout: a probability is the one made on the alert's arrival, before its own label could be learnt
(Blum, Kalai and Langford 1999, "Beating the hold-out"), so no figure here is flattered by training data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, pi, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr
from scipy.stats import rankdata

from scoring.shares import Z95, Interval, Share, discoveries, proportion, wilson

CLIP = 1e-6  # log loss is finite: a probability of 0 or 1 counts as this far from it


@dataclass(frozen=True, slots=True)
class Ordering:
    """How well scores order labels: of `pairs` of one accurate and one false alert, `concordant` were in order.

    A tie counts a half. `variance` is that of `concordant`. Orderings of separate stretches add up, and the sum never
    compares alerts of different stretches.
    """

    pairs: float = 0.0
    concordant: float = 0.0
    variance: float = 0.0

    def __add__(self, other: Ordering) -> Ordering:
        return Ordering(self.pairs + other.pairs, self.concordant + other.concordant, self.variance + other.variance)

    @property
    def auc(self) -> float | None:
        """The area under the ROC curve; None without a pair."""
        return self.concordant / self.pairs if self.pairs else None

    @property
    def error(self) -> float:
        """The standard error of `auc`; infinite without a pair."""
        return sqrt(self.variance) / self.pairs if self.pairs else float("inf")

    @property
    def interval(self) -> Interval:
        """The 95 % interval of `auc`; [0, 1] without a pair."""
        if self.auc is None:
            return Interval(0.0, 1.0)
        return Interval(max(0.0, self.auc - Z95 * self.error), min(1.0, self.auc + Z95 * self.error))


def ordering(scores: ArrayLike, accurate: ArrayLike) -> Ordering:
    """Count the pairs in order, by ranks.

    `scores` and `accurate` have shape (n,). The variance is Hanley and McNeil's (1982,
    https://doi.org/10.1148/radiology.143.1.7063747), with the AUC shrunk by half a pair so that a perfect order of a
    few alerts is not certain.
    """
    truth = np.asarray(accurate, dtype=bool)
    positives, negatives = int(truth.sum()), int((~truth).sum())
    pairs = float(positives * negatives)
    if not pairs:
        return Ordering()
    ranks = rankdata(np.asarray(scores, dtype=float))
    concordant = float(ranks[truth].sum()) - positives * (positives + 1) / 2
    area = (concordant + 0.5) / (pairs + 1)
    both, neither = area / (2 - area), 2 * area * area / (1 + area)
    spread = area * (1 - area) + (positives - 1) * (both - area * area) + (negatives - 1) * (neither - area * area)
    return Ordering(pairs, concordant, spread * pairs)


def log_loss_sum(probabilities: ArrayLike, accurate: ArrayLike) -> float:
    """The log loss summed over alerts, in nats. Both arguments have shape (n,)."""
    p = np.clip(np.asarray(probabilities, dtype=float), CLIP, 1 - CLIP)
    truth = np.asarray(accurate, dtype=bool)
    return float(-np.log(np.where(truth, p, 1 - p)).sum())


def entropy(share: float) -> float:
    """The log loss of always answering the true share: what a model has to beat, in nats."""
    if share in (0.0, 1.0):
        return 0.0
    return float(-share * np.log(share) - (1 - share) * np.log(1 - share))


@dataclass(frozen=True, slots=True)
class Block:
    """One stretch of the ledger: its labels, and how the model's and the upstream probabilities did on them."""

    judged: int = 0
    accurate: int = 0
    log_loss: float = 0.0
    model: Ordering = Ordering()
    upstream: Ordering = Ordering()

    def __add__(self, other: Block) -> Block:
        return Block(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class LearningPoint:
    """A point of the learning curve: the stretch that ended after `verdicts` labels."""

    verdicts: int
    block: Block


def learning_curve(blocks: Sequence[Block], points: int = 20) -> list[LearningPoint]:
    """Merge blocks, given in order of the ledger, into at most `points` stretches of about as many labels each.

    A remainder of less than half a stretch joins the one before it.
    """
    size = max(1, ceil(len(blocks) / points))
    stretches = [sum(blocks[i : i + size], Block()) for i in range(0, len(blocks), size)]
    if len(stretches) > 1 and stretches[-1].judged * 2 < stretches[-2].judged:
        stretches[-2:] = [stretches[-2] + stretches[-1]]
    ends = accumulate(stretch.judged for stretch in stretches)
    return [LearningPoint(end, stretch) for end, stretch in zip(ends, stretches, strict=True) if stretch.judged]


def is_better(first: Ordering, second: Ordering) -> bool | None:
    """Whether the first order is better (True), worse (False), or the samples do not tell (None).

    Takes the two as independent. Orders of the same alerts are not, and go together: this asks for more than it needs.
    """
    if first.auc is None or second.auc is None:
        return None
    margin = Z95 * sqrt(first.error**2 + second.error**2)
    difference = first.auc - second.auc
    return None if abs(difference) <= margin else difference > 0


@dataclass(frozen=True, slots=True)
class Bin:
    """Alerts of about the same probability: the mean of what was said, and how many were accurate."""

    said: float
    accurate: int
    n: int

    @property
    def share(self) -> float:
        """The share that was accurate."""
        return self.accurate / self.n

    @property
    def interval(self) -> Interval:
        """Wilson's interval of the share."""
        return wilson(self.accurate, self.n)


class Told(NamedTuple):
    """Alerts of about the same probability: the mean of what was said, the accurate share, the sample's size.

    `size` is the effective one where alerts have weights.
    """

    said: float
    share: Share
    size: float


def outlier(groups: Sequence[Told]) -> Told | None:
    """The group whose share is the farthest from what was said, of those that chance does not explain.

    Score tests, whose limits are Wilson's, and of so many the ones that `discoveries` keeps: of ten groups that are all
    right, one lies outside its own interval in four of ten cases.
    """
    kept = discoveries([_chance_of(each) for each in groups])
    named = [each for each, is_kept in zip(groups, kept, strict=True) if is_kept]
    return max(named, key=lambda each: abs(each.said - (each.share.value or 0.0)), default=None)


def _chance_of(told: Told) -> float:
    """How likely a share is at least as far from what was said, where what was said is right."""
    away = abs(told.said - (told.share.value or 0.0))
    error = sqrt(told.said * (1 - told.said) / told.size)
    return float(2 * ndtr(-away / error)) if error else float(away == 0.0)


@dataclass(frozen=True, slots=True)
class Calibration:
    """A reliability diagram. `error`: its expected calibration error; `chance`: what sampling alone makes of it."""

    bins: tuple[Bin, ...]
    error: float
    chance: float
    n: int

    @property
    def outlier(self) -> Told | None:
        """The bin that is wrong for certain and the most, if there is one."""
        return outlier([Told(each.said, proportion(each.accurate, each.n), each.n) for each in self.bins])


def calibration(probabilities: ArrayLike, accurate: ArrayLike, bins: int = 10) -> Calibration:
    """Compare probabilities with shares in bins of equal count (fewer where a bin would hold under 10 alerts).

    Both arguments have shape (n,). Equal counts rather than equal widths: Nguyen and O'Connor (2015),
    https://aclanthology.org/D15-1182. `chance` is the mean absolute error of n draws from the probabilities themselves.
    """
    said: NDArray[np.float64] = np.asarray(probabilities, dtype=float)
    truth = np.asarray(accurate, dtype=bool)
    if said.size == 0:
        return Calibration((), 0.0, 0.0, 0)
    order = np.argsort(said, kind="stable")
    groups = np.array_split(order, max(1, min(bins, said.size // 10)))
    made = tuple(Bin(float(said[group].mean()), int(truth[group].sum()), group.size) for group in groups)
    error = sum(each.n * abs(each.said - each.share) for each in made) / said.size
    chance = sum(sqrt(2 / pi * float((said[group] * (1 - said[group])).sum())) for group in groups) / said.size
    return Calibration(made, error, chance, int(said.size))
