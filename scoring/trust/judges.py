"""How far each judge can be believed, from what they said where others, or the truth, had a say too. Pure.

A judge is two shares: of accurate alerts called accurate, and of false ones called false (Dawid & Skene 1979, for two
answers). Where the truth of an alert is certain it counts as it is; where several people judged, truth and judges are
estimated together by expectation maximisation. Each judge is shrunk to the team by as much as the team is alike
(empirical Bayes). Everything is summed in a fixed order: the same opinions give the same numbers.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, betaln

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ROUNDS: Final = 60
# What is believed of a team before anything is known: it is right .9 of the time, as after so many answers.
TEAM_MEAN, TEAM_STRENGTH = 0.9, 6.0
# How alike a team may be: the pseudo-answers with which each judge leans on it, and their weights before anything is
# known (few judges say little about how alike they are).
ALIKE: Final = tuple(2.0**power for power in range(1, 11))
LEAST_WEIGHT: Final = 0.05


@dataclass(frozen=True, slots=True)
class Opinion:
    """One judge's standing verdict on one alert: `accurate` or a false positive. "Not sure" is no opinion."""

    item: Hashable
    judge: Hashable
    accurate: bool


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its 95 % interval. `seen`: the answers it rests on, those of uncertain truth counted in part."""

    mean: float
    low: float
    high: float
    seen: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far a judge can be believed.

    `accurate`: of the accurate alerts, the share they call accurate; `false`: of the false ones, the share they call
    false; `right`: the mean of both, so that a judge who says one thing always is right half of the time.
    """

    accurate: Rate
    false: Rate
    right: Rate

    @property
    def seen(self) -> float:
        """The answers that could be compared."""
        return self.accurate.seen + self.false.seen


@dataclass(frozen=True, slots=True)
class Team:
    """What all judges have in common, and each judge. `truth`: the probability that each compared alert is accurate."""

    usual: Reliability
    judges: Mapping[Hashable, Reliability]
    truth: Mapping[Hashable, float]

    def of(self, judge: Hashable) -> Reliability:
        """A judge's reliability; the team's, with its interval, for one of whom nothing is known."""
        return self.judges.get(judge, self.usual)

    def weight(self, judge: Hashable) -> float:
        """What the judge's word is worth to a learner, in (0, 1]: the log-odds of being right, relative to the team's.

        Log-odds are what independent votes should be weighed by (Nitzan & Paroush 1982).
        """
        usual = _log_odds(max(self.usual.right.mean, 0.55))
        return min(1.0, max(LEAST_WEIGHT, _log_odds(self.of(judge).right.mean) / usual))


@dataclass(frozen=True, slots=True)
class _Prior:
    """What one side of all judges has in common.

    `likely`: the probability of each strength in `ALIKE`. `voices`: how many judges speak in the mean.
    """

    mean: float
    strength: float
    likely: tuple[float, ...] = ()
    voices: float = TEAM_STRENGTH / 10.0

    @property
    def shape(self) -> tuple[float, float]:
        return self.mean * self.strength, (1 - self.mean) * self.strength


_UNKNOWN: Final = _Prior(TEAM_MEAN, 8.0)


@dataclass(slots=True)
class _Coded:
    """Opinions as arrays: item and judge by number, what was said, and what is known of each item (NaN: nothing)."""

    items: list[Hashable]
    judges: list[Hashable]
    item: Ints
    judge: Ints
    said: Floats
    known: Floats


def reliability(opinions: Iterable[Opinion], known: Mapping[Hashable, bool]) -> Team:
    """What the opinions say about those who gave them.

    `known`: alerts whose truth is certain. 1. Keep what can be compared: alerts that are known, or that two judges had.
    2. Begin with the majority. 3. In turns: the judges given the truth, shrunk to the team; the truth given the judges.
    """
    coded = _code(opinions, known)
    truth, priors = _majority(coded), (_UNKNOWN, _UNKNOWN)
    if not coded.items:
        unknown = _rate(_UNKNOWN, 0.0, 0.0)
        return Team(_reliability(unknown, unknown), {}, {})
    for _ in range(ROUNDS):
        hits, misses = _counts(coded, truth)
        priors = (_prior(hits[0], misses[0]), _prior(hits[1], misses[1]))
        rates = [_posterior(hits[side], misses[side], priors[side]) for side in (0, 1)]
        before, truth = truth, _truth(coded, rates[0], rates[1], truth)
        if float(np.max(np.abs(truth - before), initial=0.0)) < 1e-6:
            break
    return _team(coded, truth, priors)


def _code(opinions: Iterable[Opinion], known: Mapping[Hashable, bool]) -> _Coded:
    last = {(one.item, one.judge): one.accurate for one in opinions}
    times: dict[Hashable, int] = {}
    for item, _judge in last:
        times[item] = times.get(item, 0) + 1
    rows = [(item, judge, said) for (item, judge), said in last.items() if item in known or times[item] > 1]
    items = list(dict.fromkeys(item for item, _, _ in rows))
    judges = sorted({judge for _, judge, _ in rows}, key=str)
    item_of, judge_of = ({name: number for number, name in enumerate(names)} for names in (items, judges))
    return _Coded(
        items, judges,
        np.array([item_of[item] for item, _, _ in rows], np.int64),
        np.array([judge_of[judge] for _, judge, _ in rows], np.int64),
        np.array([float(said) for _, _, said in rows]),
        np.array([float(known[item]) if item in known else math.nan for item in items]),
    )  # fmt: skip


def _majority(coded: _Coded) -> Floats:
    votes = np.bincount(coded.item, minlength=len(coded.items))
    for_it = np.bincount(coded.item, coded.said, minlength=len(coded.items))
    return np.where(np.isnan(coded.known), (for_it + 0.5) / (votes + 1.0), coded.known)


def _counts(coded: _Coded, truth: Floats) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """(right on accurate, right on false), (wrong on accurate, wrong on false): expected answers of each judge."""
    accurate, size = truth[coded.item], len(coded.judges)

    def add(weights: Floats) -> Floats:
        return np.asarray(np.bincount(coded.judge, weights, minlength=size), np.float64)

    said, denied = coded.said, 1 - coded.said
    hits = add(accurate * said), add((1 - accurate) * denied)
    return hits, (add(accurate * denied), add((1 - accurate) * said))


def _prior(hits: Floats, misses: Floats) -> _Prior:
    """The team's mean, in which nobody counts for much more than once, and how alike they are (marginal likelihood)."""
    seen = hits + misses
    voice, own = seen / (seen + 10.0), (hits + TEAM_MEAN) / (seen + 1.0)
    before = TEAM_STRENGTH / 10.0
    voices = before + float(np.sum(voice))
    mean = min(0.99, max(0.5, (TEAM_MEAN * before + float(np.sum(voice * own))) / voices))
    alike = np.array([_likelihood(hits, misses, mean, strength) for strength in ALIKE])
    likely = np.exp(alike - alike.max())
    return _Prior(mean, ALIKE[int(np.argmax(alike))], tuple((likely / likely.sum()).tolist()), voices)


def _likelihood(hits: Floats, misses: Floats, mean: float, strength: float) -> float:
    """Log marginal likelihood of the answers, and of a team of its kind: more often alike by some 16 answers."""
    a, b = mean * strength, (1 - mean) * strength
    answers = float(np.sum(betaln(a + hits, b + misses) - betaln(a, b)))
    return answers - 0.5 * ((math.log2(strength) - 4) / 1.5) ** 2


def _posterior(hits: Floats, misses: Floats, prior: _Prior) -> Floats:
    a, b = prior.shape
    return np.clip((a + hits) / (a + b + hits + misses), 0.01, 0.99)


def _truth(coded: _Coded, on_accurate: Floats, on_false: Floats, before: Floats) -> Floats:
    """The probability that each item is accurate, given the judges and how many are."""
    prevalence = min(0.98, max(0.02, float(np.mean(before))))
    said = coded.said > 0.5
    if_accurate = np.where(said, on_accurate[coded.judge], 1 - on_accurate[coded.judge])
    if_false = np.where(said, 1 - on_false[coded.judge], on_false[coded.judge])
    votes = np.bincount(coded.item, np.log(if_accurate) - np.log(if_false), minlength=len(before))
    estimated = 1 / (1 + np.exp(-np.clip(votes + _log_odds(prevalence), -30, 30)))
    return np.where(np.isnan(coded.known), estimated, coded.known)


def _team(coded: _Coded, truth: Floats, priors: tuple[_Prior, _Prior]) -> Team:
    hits, misses = _counts(coded, truth)
    accurate = [_effective(coded, truth, hits[0], misses[0], priors[0], on=1)]
    false = [_effective(coded, truth, hits[1], misses[1], priors[1], on=0)]
    judges = {
        judge: _reliability(_rate(priors[0], *(part[n] for part in accurate[0])),
                            _rate(priors[1], *(part[n] for part in false[0])))
        for n, judge in enumerate(coded.judges)
    }  # fmt: skip
    usual = _reliability(_rate(priors[0], 0.0, 0.0), _rate(priors[1], 0.0, 0.0))
    return Team(usual, judges, dict(zip(coded.items, truth.tolist(), strict=True)))


def _effective(
    coded: _Coded, truth: Floats, hits: Floats, misses: Floats, prior: _Prior, on: int
) -> tuple[Floats, Floats]:
    """Right and wrong answers, counted for less where the truth is only estimated.

    The information that is missing with the truth is taken off (Louis 1982, JRSS B 44): once for the judge's own share,
    once for the colleagues' shares, which are estimated from the same answers.
    """
    rate = _posterior(hits, misses, prior)
    likely = truth[coded.item] if on else 1 - truth[coded.item]
    right = coded.said if on else 1 - coded.said
    each = rate[coded.judge]
    lost = 2 * likely * (1 - likely) * (right - each) ** 2 / (each * (1 - each))
    lost = np.where(np.isnan(coded.known[coded.item]), lost, 0.0)
    seen = hits + misses
    kept = np.maximum(0.05 * seen, seen - np.bincount(coded.judge, lost, minlength=len(seen)))
    share = np.divide(kept, seen, out=np.ones_like(seen), where=seen > 0)
    return hits * share, misses * share


def _rate(prior: _Prior, hits: float, misses: float) -> Rate:
    """The share with an interval that knows that the team's mean, and how alike it is, are estimates themselves.

    Mean and variance are those of the mixture over `ALIKE`; the interval is of the beta distribution that has them.
    """
    seen, chances = hits + misses, prior.likely or tuple(float(each == prior.strength) for each in ALIKE)
    means, variances = [], []
    for strength in ALIKE:
        mean = (prior.mean * strength + hits) / (strength + seen)
        spread = prior.mean * (1 - prior.mean) / (strength + 1) / prior.voices
        means.append(mean)
        variances.append(mean * (1 - mean) / (strength + seen + 1) + spread * (strength / (strength + seen)) ** 2)
    mean = math.fsum(map(operator.mul, chances, means))
    variance = math.fsum(c * (v + (m - mean) ** 2) for c, v, m in zip(chances, variances, means, strict=True))
    size = max(1e-3, mean * (1 - mean) / variance - 1)
    low, high = (float(betaincinv(mean * size, (1 - mean) * size, limit)) for limit in (0.025, 0.975))
    return Rate(mean, low, high, seen)


def _reliability(accurate: Rate, false: Rate) -> Reliability:
    """Both rates, and their mean with an interval from the sum of their variances."""
    mean = (accurate.mean + false.mean) / 2
    half = math.hypot(accurate.high - accurate.low, false.high - false.low) / 4
    right = Rate(mean, max(0.0, mean - half), min(1.0, mean + half), accurate.seen + false.seen)
    return Reliability(accurate, false, right)


def _log_odds(share: float) -> float:
    return math.log(share / (1 - share))


def surely_below(rate: Rate, usual: Rate) -> bool:
    """Whether a judge is below the team beyond doubt: their interval ends below its mean."""
    return rate.high < usual.mean


def agreeing(truth: Mapping[Hashable, float], opinions: Sequence[Opinion]) -> float:
    """The share of opinions that say what is more likely true; 0 without any."""
    said = [one.accurate == (truth[one.item] > 0.5) for one in opinions if one.item in truth]
    return sum(said) / len(said) if said else 0.0
