"""What a policy's samples tell of all alerts: precision, recall, and the accurate alerts that were hidden. Pure.

Reps judge red alerts first and last week's not yet, so a verdict is missing more often in one cell of a sample than in
another; within a cell, alerts without a verdict are taken to be like those with one. Cells are joined with their
neighbours into strata that hold enough judged alerts, each stratum gives its share of accurate ones, and the shares are
mixed by how many alerts each stratum holds, which is known. Drawn alerts of a tier of which no audit is judged may be
anything, and the intervals say so. Every interval is at 95 %; they are simulated in bench/estimation.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from math import hypot, sqrt

import numpy as np
from numpy.typing import NDArray

from scoring.sample import Cell, Counts, Sample
from scoring.shares import UNKNOWN, Share, clopper_pearson, proportion, wilson

FEW = 0.05  # of all alerts raised; the share that may be unknown in a figure of them all
STRATUM = 20  # judged alerts that a stratum holds at least, if there are so many
STRATA = 12  # and about so many strata at most on each level
SMOOTHING = 5.0  # judged alerts' worth of the common share in each stratum's, where its variance is concerned


@dataclass(frozen=True, slots=True)
class Strata:
    """Strata of one sample, as arrays of shape (strata,): known counts, the accurate share, and the sample behind it.

    `size` is Kish's effective number of judged alerts, below `judged` where propensities differ within a stratum.
    """

    raised: NDArray[np.float64]
    shown: NDArray[np.float64]
    judged: NDArray[np.float64]
    share: NDArray[np.float64]
    size: NDArray[np.float64]

    @property
    def hidden(self) -> NDArray[np.float64]:
        """Alerts that no human could see."""
        return self.raised - self.shown


_Row = tuple[Cell, Counts]


def strata_of(sample: Sample, *, drawn: bool) -> Strata | None:
    """The strata of the drawn or of the certain alerts; None where none of these is judged.

    1. Cells of one tier and band are joined with the next ones up until each group holds enough judged alerts. 2. A
    group that holds many is parted by propensity and week. 3. A judged alert stands for 1 / propensity of its stratum
    (Hájek 1971).
    """
    rows = sorted(row for row in sample.cells.items() if (row[0].propensity < 1) is drawn)
    judged = sum(counts.judged for _, counts in rows)
    if not judged:
        return None
    rows.sort(key=lambda row: row[0][1:])
    least = max(STRATUM, judged / STRATA)
    groups = _joined(rows, least, lambda cell: (cell.tier, cell.band))
    parts = (
        part
        for group in groups
        for part in _joined(sorted(group, key=_moment), least, lambda cell: (cell.propensity, cell.week))
    )
    return Strata(*np.array([_stratum(part) for part in parts], dtype=float).T)


def _moment(row: _Row) -> tuple[float, int]:
    return row[0].propensity, row[0].week


def _joined(rows: Iterable[_Row], least: float, key: Callable[[Cell], object]) -> Iterator[list[_Row]]:
    """Runs of rows of one key, neighbours joined until they hold `least` judged alerts; a remainder joins the last."""
    done: list[_Row] = []
    growing: list[_Row] = []
    for _, run in groupby(rows, key=lambda row: key(row[0])):
        growing += run
        if sum(counts.judged for _, counts in growing) >= least:
            if done:
                yield done
            done, growing = growing, []
    yield done + growing


def _stratum(rows: Iterable[_Row]) -> tuple[float, float, float, float, float]:
    raised = shown = judged = weight = accurate = square = 0.0
    for cell, counts in rows:
        raised, shown, judged = raised + counts.raised, shown + counts.shown, judged + counts.judged
        weight += counts.judged / cell.propensity
        accurate += counts.accurate / cell.propensity
        square += counts.judged / cell.propensity**2
    return raised, shown, judged, accurate / weight, weight * weight / square


def mixed_share(strata: Strata, counts: NDArray[np.float64], *, exact: bool, beyond: float = 0.0) -> Share:
    """The accurate share of strata that are mixed by `counts`, of shape (strata,).

    The interval is that of a plain share at the effective sample size (Korn and Graubard 1998), which comes from the
    variance of the mixture. Shares of a few alerts are 0 too easily, so each stratum's is smoothed towards the common
    one there (Franco et al. 2019, https://doi.org/10.1093/jssam/smy019). Never above the number of judged alerts.
    `exact`: by Clopper and Pearson, which holds where a dozen audits look for one alert in fifty; else by Wilson.
    `beyond`: the share is that of so many further alerts, themselves as many draws.
    """
    mix = counts / counts.sum()
    value = min(1.0, float(mix @ strata.share))
    smooth = (strata.share * strata.size + SMOOTHING * value) / (strata.size + SMOOTHING)
    rate = float(mix * mix @ ((smooth * (1 - smooth) if 0 < value < 1 else 1.0) / strata.size))
    n = min(float(strata.judged.sum()), (value * (1 - value) if 0 < value < 1 else 1.0) / rate)
    n = n * beyond / (n + beyond) if beyond else n
    limits = clopper_pearson(value * n, n) if exact else wilson(value * n, n)
    return Share(value, *limits, int(strata.judged.sum()))


def naive_precision(sample: Sample) -> Share:
    """The accurate share of what was shown and judged, every alert counting once: what a dashboard would say."""
    return proportion(sample.total.accurate, sample.total.judged)


def weighted_precision(sample: Sample) -> Share:
    """The accurate share of all alerts raised, hidden ones included: what reps would see if nothing were hidden."""
    return _precision(sample, lambda strata: strata.raised)


def shown_precision(sample: Sample) -> Share:
    """The accurate share of all alerts shown, those not judged yet included."""
    return _precision(sample, lambda strata: strata.shown)


def _precision(sample: Sample, counts_of: Callable[[Strata], NDArray[np.float64]]) -> Share:
    """Certain and drawn strata mixed by a count. Unknown where one of the two holds alerts of which none is judged.

    A few drawn ones beside many others may be anything, and take nothing from what is known but as many alerts.
    """
    parts: list[tuple[float, Share]] = []
    for drawn, counts in ((False, sample.certain), (True, sample.drawn)):
        if counts.raised:
            strata = strata_of(sample, drawn=drawn)
            if strata is None and drawn and parts and counts.raised <= FEW * sample.total.raised:
                return _beside(parts[0][1], counts.raised / sample.total.raised)
            if strata is None:
                return UNKNOWN
            share = mixed_share(strata, counts_of(strata), exact=drawn)
            dark = _in_the_dark(sample, lambda one: one.raised) if drawn else 0.0
            parts.append((float(counts_of(strata).sum()), _beside(share, dark)))
    return _mixture(parts) if parts else UNKNOWN


def _mixture(parts: list[tuple[float, Share]]) -> Share:
    """Independent known shares, mixed by counts; limits by the method of variance estimates recovery.

    It keeps their skew: Zou and Donner (2008), https://doi.org/10.1002/sim.3170.
    """
    total = sum(count for count, _ in parts)
    value = sum(count / total * (share.value or 0.0) for count, share in parts)
    below = sqrt(sum((count / total * ((share.value or 0.0) - share.low)) ** 2 for count, share in parts))
    above = sqrt(sum((count / total * (share.high - (share.value or 0.0))) ** 2 for count, share in parts))
    return Share(value, max(0.0, value - below), min(1.0, value + above), sum(share.n for _, share in parts))


def hidden_share(sample: Sample) -> Share:
    """The accurate share of the hidden alerts, predicted from those that the draw showed. `n`: judged audits."""
    strata = strata_of(sample, drawn=True)
    if strata is None or not sample.drawn.hidden:
        return UNKNOWN
    share = mixed_share(strata, strata.hidden, exact=True, beyond=float(sample.drawn.hidden))
    return _beside(share, _in_the_dark(sample, lambda one: one.hidden))


def _in_the_dark(sample: Sample, count_of: Callable[[Counts], int]) -> float:
    """Of the drawn alerts, the share that is of a tier of which no audit is judged, by a count.

    Audits of alerts that the model hides say nothing of red ones that a person has quieted.
    """
    by_tier: dict[int, Counts] = {}
    for cell, counts in sample.cells.items():
        if cell.propensity < 1:
            by_tier[cell.tier] = by_tier.get(cell.tier, Counts()) + counts
    dark = sum(count_of(counts) for counts in by_tier.values() if not counts.judged)
    return dark / max(1, sum(count_of(counts) for counts in by_tier.values()))


def _beside(share: Share, dark: float) -> Share:
    """A share of alerts of which this part may be anything: the limits are those of none and of all of it."""
    return replace(share, low=share.low * (1.0 - dark), high=share.high * (1.0 - dark) + dark)


@dataclass(frozen=True, slots=True)
class Number:
    """An estimated count of alerts: `value` with its interval; None where nothing is known. `of`: all it is out of."""

    value: float | None
    low: float
    high: float
    of: int


def hidden_accurate(sample: Sample) -> Number:
    """How many accurate alerts were hidden. Where no audit is judged, anything from none to all of the hidden ones."""
    hidden, share = sample.drawn.hidden, hidden_share(sample)
    if hidden == 0:
        return Number(0.0, 0.0, 0.0, 0)
    value = None if share.value is None else hidden * share.value
    return Number(value, hidden * share.low, hidden * share.high, hidden)


def spared(sample: Sample) -> Number:
    """How many false alerts reps were spared: the hidden ones that were not accurate."""
    lost = hidden_accurate(sample)
    value = None if lost.value is None else lost.of - lost.value
    return Number(value, lost.of - lost.high, lost.of - lost.low, lost.of)


def missed_share(sample: Sample) -> Share:
    """Of all accurate alerts, the share that was hidden. `n` is the number of audited alerts it rests on.

    hidden · q / (hidden · q + found), where q is the `hidden_share` and `found` what is accurate among the shown ones:
    known of the judged, predicted for the others. The ratio rises with q and falls with what else may be found, so its
    limits are recovered from theirs (Zou and Donner 2008, as above). Zero where nothing was hidden.
    """
    hidden, q = sample.drawn.hidden, hidden_share(sample)
    if hidden == 0:
        return Share(0.0, 0.0, 0.0, sample.drawn.judged) if sample.total.shown else UNKNOWN
    open_drawn, others = sample.drawn.shown - sample.drawn.judged, _not_judged(sample)
    if q.value is None or others is None:
        return UNKNOWN

    def share_at(q: float, others: float) -> float:
        found = sample.total.accurate + others + open_drawn * q
        return hidden * q / (hidden * q + found) if hidden * q + found else 0.0

    value = share_at(q.value, others.value or 0.0)
    below = hypot(value - share_at(q.low, others.value or 0.0), value - share_at(q.value, others.high))
    above = hypot(share_at(q.high, others.value or 0.0) - value, share_at(q.value, others.low) - value)
    return Share(value, max(0.0, value - below), min(1.0, value + above), q.n)


def _not_judged(sample: Sample) -> Number | None:
    """The accurate ones among the certain alerts without a verdict; None where there are such and none is judged."""
    count = sample.certain.shown - sample.certain.judged
    strata = strata_of(sample, drawn=False)
    if count == 0:
        return Number(0.0, 0.0, 0.0, 0)
    if strata is None:
        return None
    share = mixed_share(strata, strata.shown - strata.judged, exact=False, beyond=float(count))
    return Number(count * (share.value or 0.0), count * share.low, count * share.high, count)


def recall(sample: Sample) -> Share:
    """Of all accurate alerts, the share that was shown."""
    return missed_share(sample).rest
