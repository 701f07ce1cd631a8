"""Estimated shares with their intervals, and what may be said of a change. Pure: numbers in, numbers out.

Every interval is at 95 %. Shares lie in [0, 1].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import numpy as np
from scipy.special import betaincinv

Z95 = 1.959963984540054  # the normal quantile at .975
FALSE_DISCOVERIES = 0.05  # of what is named, the share that chance alone may have named


class Interval(NamedTuple):
    """From `low` to `high`, both included."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Share:
    """An estimated share: `value` with its interval, from a sample of `n`. `value` is None where nothing is known."""

    value: float | None
    low: float
    high: float
    n: int

    @property
    def known(self) -> bool:
        """Whether there is anything to show."""
        return self.value is not None

    @property
    def rest(self) -> Share:
        """The share of the others."""
        return Share(None if self.value is None else 1 - self.value, 1 - self.high, 1 - self.low, self.n)


UNKNOWN = Share(None, 0.0, 1.0, 0)


def wilson(successes: float, n: float) -> Interval:
    """The score interval of a share; `n` may be an effective sample size. [0, 1] for an empty sample.

    Wilson (1927); recommended for small samples by Brown, Cai and DasGupta (2001), https://doi.org/10.1214/ss/1009213286.
    """
    if n <= 0:
        return Interval(0.0, 1.0)
    share, square = successes / n, Z95 * Z95
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = Z95 / (1 + square / n) * sqrt(max(0.0, share * (1 - share)) / n + square / (4 * n * n))
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


def clopper_pearson(successes: float, n: float) -> Interval:
    """The interval that holds at least as often as it says, whatever the share; `n` may be an effective sample size.

    Clopper and Pearson (1934), https://doi.org/10.1093/biomet/26.4.404. [0, 1] for an empty sample.
    """
    low = float(betaincinv(successes, n - successes + 1, 0.025)) if successes > 0 else 0.0
    high = float(betaincinv(successes + 1, n - successes, 0.975)) if successes < n else 1.0
    return Interval(low, high)


def proportion(successes: int, n: int) -> Share:
    """A plain share of a sample with Wilson's interval."""
    return Share(successes / n, *wilson(successes, n), n) if n else UNKNOWN


class Trend(NamedTuple):
    """A change between two shares: its direction is "rose", "fell", "steady" or "unclear"."""

    direction: str
    before: Share
    after: Share


def difference(after: Share, before: Share) -> Interval:
    """The interval of `after` less `before`, two independent shares that are known: Newcombe's (1998), method 10."""
    one, two = before.value or 0.0, after.value or 0.0
    low = two - one - sqrt((two - after.low) ** 2 + (before.high - one) ** 2)
    high = two - one + sqrt((after.high - two) ** 2 + (one - before.low) ** 2)
    return Interval(max(-1.0, low), min(1.0, high))


def trend(before: Share, after: Share, steady_within: float = 0.03) -> Trend:
    """What may be said of the change between two independent shares.

    "rose" and "fell" where the interval of the `difference` excludes 0, "steady" where it lies within
    ± `steady_within`, else "unclear".
    """
    if before.value is None or after.value is None:
        return Trend("unclear", before, after)
    low, high = difference(after, before)
    if low > 0 or high < 0:
        return Trend("rose" if low > 0 else "fell", before, after)
    return Trend("steady" if -steady_within <= low and high <= steady_within else "unclear", before, after)


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
