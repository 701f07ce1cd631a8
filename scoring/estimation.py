"""Shares with their intervals, from samples that a policy drew. Pure: numbers in, numbers out.

Every interval is at 95 %. Shares lie in [0, 1].
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

from scipy.stats import beta

Z95 = 1.959963984540054  # the normal quantile at .975


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


UNKNOWN = Share(None, 0.0, 1.0, 0)


@dataclass(frozen=True, slots=True)
class Stratum:
    """Counts of the alerts that were sure to be shown, or of those shown by a draw.

    `raised` counts all of them, `shown` those a human could see, `judged` the shown ones that have a label and
    `accurate` the judged ones that were right. The weights are sums of 1 / propensity over the judged ones, squared or
    not, over all or over the accurate ones only.
    """

    raised: int = 0
    shown: int = 0
    judged: int = 0
    accurate: int = 0
    weight: float = 0.0
    weight_accurate: float = 0.0
    weight_squared: float = 0.0
    weight_squared_accurate: float = 0.0

    def __add__(self, other: Stratum) -> Stratum:
        """Counts of both together."""
        return Stratum(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    @property
    def weighted_share(self) -> float:
        """The accurate share by weight; needs a judged alert."""
        return min(1.0, self.weight_accurate / self.weight)

    @property
    def effective_sample(self) -> float:
        """The size of the simple sample that would tell as much; needs a judged alert.

        From the linearised variance of the ratio, or Kish's where that is 0; never above the number of judged alerts.
        """
        share, square = self.weighted_share, self.weight * self.weight
        residuals = self.weight_squared_accurate * (1 - 2 * share) + share * share * self.weight_squared
        plain = 0 < share < 1 and residuals > 0
        return min(
            float(self.judged), share * (1 - share) * square / residuals if plain else square / self.weight_squared
        )

    @property
    def hidden(self) -> int:
        """Alerts that no human could see."""
        return self.raised - self.shown


@dataclass(frozen=True, slots=True)
class Sample:
    """What is known of a set of alerts: those sure to be shown, and those that a policy shows by a draw."""

    certain: Stratum = Stratum()
    drawn: Stratum = Stratum()

    def __add__(self, other: Sample) -> Sample:
        return Sample(self.certain + other.certain, self.drawn + other.drawn)

    @property
    def total(self) -> Stratum:
        """Both strata as one."""
        return self.certain + self.drawn


def together(samples: Iterable[Sample]) -> Sample:
    """The samples as one."""
    return sum(samples, Sample())


def wilson(successes: float, n: float) -> Interval:
    """The score interval of a share; `n` may be an effective sample size. [0, 1] for an empty sample.

    Wilson (1927); recommended for small samples by Brown, Cai and DasGupta (2001), https://doi.org/10.1214/ss/1009213286.
    """
    if n <= 0:
        return Interval(0.0, 1.0)
    share, square = successes / n, Z95 * Z95
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = Z95 / (1 + square / n) * sqrt(share * (1 - share) / n + square / (4 * n * n))
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


def clopper_pearson(successes: float, n: float) -> Interval:
    """The interval that holds at least as often as it says, whatever the share; `n` may be an effective sample size.

    Clopper and Pearson (1934), https://doi.org/10.1093/biomet/26.4.404. [0, 1] for an empty sample.
    """
    low = float(beta.ppf(0.025, successes, n - successes + 1)) if successes > 0 else 0.0
    high = float(beta.ppf(0.975, successes + 1, n - successes)) if successes < n else 1.0
    return Interval(low, high)


def proportion(successes: int, n: int) -> Share:
    """A plain share of a sample with Wilson's interval."""
    return Share(successes / n, *wilson(successes, n), n) if n else UNKNOWN


def naive_precision(sample: Sample) -> Share:
    """The accurate share of what was shown and judged, every alert counting once: what a dashboard would say."""
    return proportion(sample.total.accurate, sample.total.judged)


def hajek(stratum: Stratum) -> Share:
    """The accurate share of all alerts of a stratum, each judged one standing for 1 / propensity of them.

    The ratio estimator of Hájek (1971). Its interval is Wilson's at the effective sample size that the linearised
    variance implies (Kish's where that variance is 0), never above the sample's own: at equal propensities it is
    exactly the binomial one.
    """
    if stratum.judged == 0:
        return UNKNOWN
    share, effective = stratum.weighted_share, stratum.effective_sample
    return Share(share, *wilson(share * effective, effective), stratum.judged)


def hidden_share(stratum: Stratum) -> Share:
    """The accurate share of the alerts of a stratum that stayed hidden, predicted from those the draw showed.

    The interval is Korn and Graubard's (1998): Clopper and Pearson's at the effective sample size, for it has to hold
    where a dozen audits look for one alert in fifty. That size is n · h / (n + h) for h hidden alerts, because they are
    themselves so many draws.
    """
    if stratum.judged == 0:
        return UNKNOWN
    share, n = stratum.weighted_share, stratum.effective_sample
    n = n * stratum.hidden / (n + stratum.hidden)
    return Share(share, *clopper_pearson(share * n, n), stratum.judged)


def weighted_precision(sample: Sample) -> Share:
    """The accurate share of all alerts raised, hidden ones included: what reps would see if nothing were hidden.

    1. Each stratum gives its Hájek share. 2. They are mixed by how many alerts were raised in each, which is known, so
    audits that are judged more or less often than others do not tilt the figure. 3. The limits are mixed by the method
    of variance estimates recovery (Zou and Donner 2008, https://doi.org/10.1002/sim.3170), which keeps their skew.
    Within a stratum, alerts without a verdict are taken to be like those with one.
    Unknown where alerts were raised in a stratum of which none is judged.
    """
    parts = [(stratum.raised, hajek(stratum)) for stratum in (sample.certain, sample.drawn) if stratum.raised]
    if not parts or any(share.value is None for _, share in parts):
        return UNKNOWN
    raised = sum(count for count, _ in parts)
    value = sum(count / raised * (share.value or 0.0) for count, share in parts)
    below = sqrt(sum((count / raised * ((share.value or 0.0) - share.low)) ** 2 for count, share in parts))
    above = sqrt(sum((count / raised * (share.high - (share.value or 0.0))) ** 2 for count, share in parts))
    return Share(value, max(0.0, value - below), min(1.0, value + above), sum(share.n for _, share in parts))


def missed_share(sample: Sample) -> Share:
    """Of all accurate alerts, the share that was hidden. `n` is the number of audited alerts it rests on.

    hidden · q / (hidden · q + rest), where q is the `hidden_share` of the drawn alerts and `rest` what is accurate
    among the shown ones. The ratio rises with q and falls with the certain stratum's share, so its limits are
    recovered from theirs (Zou and Donner 2008, as above). Zero where nothing was hidden.
    """
    hidden, drawn, certain = sample.drawn.hidden, hidden_share(sample.drawn), hajek(sample.certain)
    if hidden == 0:
        return Share(0.0, 0.0, 0.0, sample.drawn.judged) if sample.total.shown else UNKNOWN
    if drawn.value is None or (sample.certain.raised and certain.value is None):
        return UNKNOWN

    def share_at(q: float, p: float) -> float:
        found = sample.certain.raised * p + sample.drawn.shown * q
        return hidden * q / (hidden * q + found) if hidden * q + found else 0.0

    p = certain.value or 0.0
    value = share_at(drawn.value, p)
    below = sqrt((value - share_at(drawn.low, p)) ** 2 + (value - share_at(drawn.value, certain.high)) ** 2)
    above = sqrt((share_at(drawn.high, p) - value) ** 2 + (share_at(drawn.value, certain.low) - value) ** 2)
    return Share(value, max(0.0, value - below), min(1.0, value + above), drawn.n)


def spared(sample: Sample) -> Interval | None:
    """How many false alerts reps were spared: those hidden, times the false share of the drawn ones (its limits)."""
    share = hidden_share(sample.drawn)
    if share.value is None:
        return None if sample.drawn.hidden else Interval(0.0, 0.0)
    return Interval(sample.drawn.hidden * (1 - share.high), sample.drawn.hidden * (1 - share.low))


class Trend(NamedTuple):
    """A change between two shares: its direction is "rose", "fell", "steady" or "unclear"."""

    direction: str
    before: Share
    after: Share


def trend(before: Share, after: Share, steady_within: float = 0.03) -> Trend:
    """What may be said of the change between two independent shares.

    The interval of the difference is Newcombe's (1998, method 10): "rose" and "fell" where it excludes 0, "steady"
    where it lies within ± `steady_within`, else "unclear".
    """
    if before.value is None or after.value is None:
        return Trend("unclear", before, after)
    change = after.value - before.value
    low = change - sqrt((after.value - after.low) ** 2 + (before.high - before.value) ** 2)
    high = change + sqrt((after.high - after.value) ** 2 + (before.value - before.low) ** 2)
    if low > 0 or high < 0:
        return Trend("rose" if low > 0 else "fell", before, after)
    return Trend("steady" if -steady_within <= low and high <= steady_within else "unclear", before, after)
