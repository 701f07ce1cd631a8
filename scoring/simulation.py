"""What a policy would have done with a queue's history: shown, precision, accurate ones hidden, with intervals. Pure.

Every alert is decided again by the policy in question, with the probability it had on arrival. Each alert that was
shown and judged stands for 1 / propensity alerts, so what an earlier policy hid is part of the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from scoring.policy import TIERS, Policy, tiers
from scoring.shares import UNKNOWN, Z95, Interval, Share, wilson
from scoring.thresholds import Evidence, Floats


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a policy makes of a history of `raised` alerts, `judged` of which have a verdict that counts.

    `shown` and `hidden`: alerts, the audited part of the latter taken off it, as expected over the draws. `precision`:
    of the shown ones. `lost`: of the accurate ones, the share that is hidden; `lost_count` the same as alerts.
    `spared`: false alerts hidden, which are the hidden ones less the lost ones; None where nothing tells them apart.
    `below`: judged alerts that the policy would hide, which is what all of that rests on; `audited`: those of them that
    were to be hidden when they came, and were drawn to be shown.
    """

    raised: int
    judged: int
    shown: float
    hidden: float
    precision: Share
    lost: Share
    lost_count: Interval
    lost_expected: float
    spared: float | None
    below: int
    audited: int

    @property
    def spared_count(self) -> Interval:
        """The limits of `spared`: those of what is lost, mirrored."""
        return Interval(self.hidden - self.lost_count.high, self.hidden - self.lost_count.low)

    @property
    def shown_share(self) -> float | None:
        """Of what was raised, the share that is shown."""
        return self.shown / self.raised if self.raised else None


def simulate(evidence: Evidence, policy: Policy) -> Outlook:
    """Decide a history again."""
    chance = shown_with(evidence, policy)
    sampled = evidence.sampled
    weight, label = evidence.weight[sampled], evidence.label[sampled]
    kept, gone = weight * chance[sampled], weight * (1 - chance[sampled])
    hidden = float((1 - chance).sum())
    lost, limits = _lost(gone, kept, label)
    # Weights add up to what was hidden on average only: what is lost of it is never more than all of it.
    count = Interval(min(limits.low, hidden), min(limits.high, hidden)) if sampled.any() else Interval(0.0, hidden)
    expected = min(float((gone * label).sum()), hidden)
    return Outlook(
        raised=len(evidence),
        judged=int(sampled.sum()),
        shown=len(evidence) - hidden,
        hidden=hidden,
        precision=_precision(kept, label),
        lost=lost,
        lost_count=count,
        lost_expected=expected,
        spared=hidden - expected if sampled.any() or not hidden else None,
        below=int((gone > 0).sum()),
        audited=int(((gone > 0) & (evidence.propensity[sampled] < 1)).sum()),
    )


def shown_with(evidence: Evidence, policy: Policy) -> Floats:
    """The probability with which the policy shows each alert of a history."""
    below = (evidence.probability < policy.hide_below) & ~evidence.hard
    if policy.stage != "suppress":
        below = np.zeros(len(evidence), bool)
    shares = np.array([policy.audited(tier) for tier in TIERS])
    return np.where(below, shares[tiers(evidence.probability, policy)], 1.0)


def _precision(weight: Floats, label: Floats) -> Share:
    """The Hájek share with Wilson's interval at the effective sample size of its linearised variance."""
    total = float(weight.sum())
    if total <= 0:
        return UNKNOWN
    share = min(1.0, float((weight * label).sum()) / total)
    spread = float((weight**2 * (label - share) ** 2).sum())
    kish = total**2 / float((weight**2).sum())
    effective = min(float(len(weight)), share * (1 - share) * total**2 / spread if spread > 0 else kish)
    return Share(share, *wilson(share * effective, effective), len(weight))


def _lost(gone: Floats, kept: Floats, label: Floats) -> tuple[Share, Interval]:
    """The share of the accurate alerts that is hidden, and their number, with 95 % intervals.

    The number is a weighted count of rare alerts: Fay and Feuer's gamma interval (1997,
    https://doi.org/10.1002/(SICI)1097-0258(19970415)16:7<791::AID-SIM500>3.0.CO;2-#), which holds where none was
    found. The share's limits are recovered from those of the two counts (Zou and Donner 2008).
    """
    below, above = float((gone * label).sum()), float((kept * label).sum())
    count = rare_count(gone, label) if gone.any() else Interval(0.0, 0.0)
    if below + above <= 0:
        return UNKNOWN, count
    if not gone.any():
        return Share(0.0, 0.0, 0.0, len(label)), count
    half = Z95 * sqrt(float((kept**2 * label).sum()))

    def share(found: float, rest: float) -> float:
        return found / (found + rest) if found + rest > 0 else 0.0

    value, least, most = share(below, above), max(above - half, 0.0), above + half
    down = sqrt((value - share(count.low, above)) ** 2 + (value - share(below, most)) ** 2)
    up = sqrt((share(count.high, above) - value) ** 2 + (share(below, least) - value) ** 2)
    return Share(value, max(0.0, value - down), min(1.0, value + up), int((gone > 0).sum())), count


def rare_count(weight: Floats, label: NDArray[np.float64]) -> Interval:
    """Fay and Feuer's 95 % limits of the weighted number of accurate alerts."""
    x, v = float((weight * label).sum()), float((weight**2 * label).sum())
    largest = float(weight.max())
    low = v / (2 * x) * float(chi2.ppf(0.025, 2 * x * x / v)) if x > 0 else 0.0
    spread = v + largest**2
    mean = x + largest
    return Interval(low, spread / (2 * mean) * float(chi2.ppf(0.975, 2 * mean * mean / spread)))
