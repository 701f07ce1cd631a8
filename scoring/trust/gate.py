"""Noticing at once that somebody's verdicts have stopped meaning what they say. Pure.

Each verdict is compared with how likely it was: from the truth where that is known, else from what the rest of the team
says of alerts to which the model gave that probability. Four ways of judging are followed side by side: as ever, and
marking everything false, everything accurate, or everything the wrong way round. Of the last three each has a sum of
log-likelihood ratios that starts again whenever it falls below 0 (CUSUM, Page 1954, Biometrika 41): it says how
sure one can be, and since when.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Way = Literal["false", "accurate", "flipped"]
WAYS: Final[tuple[Way, ...]] = ("false", "accurate", "flipped")

# Log-likelihood ratio from which a judge is held back: by chance about once in e^12, some 160,000, verdicts.
THRESHOLD: Final = 12.0
# Whoever marks everything one way still does otherwise now and then; and anybody slips.
STRAY, SLIP = 0.01, 0.06
# Who is right less often than this on what is known is not taken as the measure of themselves.
LEAST_RIGHT: Final = 0.75
# What a judge is known to do otherwise than the team, in log-odds: believed as after so much information, and no
# further than this. It is not learnt while a suspicion grows.
HABIT_PRIOR, HABIT_LIMIT, HABIT_FROZEN = 8.0, 1.5, 3.0
# Haste alone is no offence: all of it together speaks no louder than this.
HASTE_LIMIT, HASTE_EACH, HASTE_FACTOR = 3.0, 0.3, 4.0
LONGEST_GAP_SECONDS: Final = 900.0
ENOUGH_GAPS: Final = 20  # before there is an own pace to compare with
# What a model says that has learnt so few ledger rows is the scorer's own score, or a first guess after this very judge
# alone. By that nobody is measured before others have given so many verdicts on what a model as young has said.
ENOUGH_OTHERS, YOUNG = 20, 300


@dataclass(frozen=True, slots=True)
class Sighting:
    """One verdict as the gate sees it.

    `probability`: what the model gave the alert before it was judged, when it had learnt as many ledger rows as
    `learnt` (None: enough). `truth`: where it is certain, however late.
    `gap_seconds`: since the judge's verdict before, None where that is long ago. `check`: asked to see how far the
    judge can be believed; it is followed like any other.
    """

    position: int
    judge: Hashable
    accurate: bool
    probability: float
    truth: bool | None = None
    gap_seconds: float | None = None
    check: bool = False
    learnt: int | None = None


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What a judge seems to do, by verdicts after position `since`; `at` is where it became sure.

    `score`: the log-likelihood ratio. Of `verdicts` a share of `accurate` was called accurate, where `expected` was to
    be expected; `known` of them could be compared with a certain truth, and `wrong` were wrong.
    """

    way: Way
    since: int
    at: int
    score: float
    verdicts: int
    accurate: float
    expected: float
    known: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Look:
    """How much speaks against a judge by now, as a log-likelihood ratio from 0 on; the suspicion where it is sure."""

    doubt: float
    suspicion: Suspicion | None


@dataclass(frozen=True, slots=True)
class Expectation:
    """The log-odds that the team calls an alert accurate: `level` + `slope` * the model's log-odds."""

    level: float = 0.0
    slope: float = 1.0

    def of(self, probability: float) -> float:
        """In log-odds, kept between -5 and 5."""
        return max(-5.0, min(5.0, self.level + self.slope * _log_odds(probability)))


@dataclass(slots=True)
class _Watch:
    """What is known of one judge while their verdicts pass."""

    habit: float = 0.0
    information: float = HABIT_PRIOR
    pace: float = 0.0
    paces: float = 0.0
    haste: dict[Way, float] = field(default_factory=lambda: dict.fromkeys(WAYS, 0.0))
    score: dict[Way, float] = field(default_factory=lambda: dict.fromkeys(WAYS, 0.0))
    since: dict[Way, int] = field(default_factory=lambda: dict.fromkeys(WAYS, 0))


def looks(sightings: Sequence[Sighting], right: Mapping[Hashable, tuple[float, float]]) -> dict[Hashable, Look]:
    """What is thought of each judge after their last verdict.

    `sightings`: a queue's last verdicts in order of position. `right`: of each judge, the shares of accurate and of
    false alerts that they get right where the truth is known.
    """
    by_judge = _by_judge(sightings)
    fits = _Fits(by_judge)
    return {
        judge: _follow(_measured(mine, by_judge), fits.without(judge), right.get(judge, (0.9, 0.9)))
        for judge, mine in by_judge.items()
    }


def expectations(sightings: Sequence[Sighting]) -> dict[Hashable, float]:
    """Of each judge's alerts, the share that the rest of the team would call accurate."""
    by_judge = _by_judge(sightings)
    fits = _Fits(by_judge)
    return {judge: _expected(mine, fits.without(judge)) for judge, mine in by_judge.items()}


def _measured(mine: Sequence[Sighting], by_judge: Mapping[Hashable, Sequence[Sighting]]) -> list[Sighting]:
    """The verdicts of one judge that can be held against the truth, a model that knows enough, or others."""
    others = (one for judge, rows in by_judge.items() if judge != mine[0].judge for one in rows)
    ages = sorted(_age(one) for one in others)
    return [
        one
        for one in mine
        if one.truth is not None or _age(one) >= YOUNG or bisect_right(ages, _age(one)) >= ENOUGH_OTHERS
    ]


def _age(one: Sighting) -> int:
    return YOUNG if one.learnt is None else one.learnt


def _by_judge(sightings: Sequence[Sighting]) -> dict[Hashable, list[Sighting]]:
    grouped: dict[Hashable, list[Sighting]] = {}
    for one in sightings:
        grouped.setdefault(one.judge, []).append(one)
    return grouped


def _expected(sightings: Sequence[Sighting], expectation: Expectation) -> float:
    return sum(1 / (1 + math.exp(-expectation.of(one.probability))) for one in sightings) / len(sightings)


def _follow(mine: Sequence[Sighting], expectation: Expectation, right: tuple[float, float]) -> Look:
    """Follow one judge from verdict to verdict, to the first at which a suspicion is sure."""
    watch, before = _Watch(), 0
    right = (max(LEAST_RIGHT, right[0]), max(LEAST_RIGHT, right[1]))
    for one in mine:
        usual = expectation.of(one.probability) + watch.habit
        chance = _chance(one, usual, right)
        _learn_habit(watch, one, usual)
        _add(watch, one, chance, _haste(watch, one), before)
        before = one.position
        way = max(WAYS, key=lambda way: watch.score[way])
        if watch.score[way] >= THRESHOLD:
            return Look(watch.score[way], _suspicion(mine, way, watch, one.position, expectation))
    return Look(max(0.0, *watch.score.values()), None)


def _chance(one: Sighting, usual: float, right: tuple[float, float]) -> float:
    """How likely it was that this judge, judging as ever, calls the alert accurate."""
    if one.truth is not None:
        return right[0] if one.truth else 1 - right[1]
    return SLIP / 2 + (1 - SLIP) / (1 + math.exp(-usual))


def _add(watch: _Watch, one: Sighting, chance: float, haste: float, before: int) -> None:
    others: dict[Way, float] = {"false": STRAY, "accurate": 1 - STRAY, "flipped": 1 - chance}
    for way, other in others.items():
        if watch.score[way] <= 0:
            watch.score[way], watch.since[way], watch.haste[way] = 0.0, before, 0.0
        spoken = math.log(other / chance) if one.accurate else math.log((1 - other) / (1 - chance))
        hurried = max(0.0, min(HASTE_LIMIT, watch.haste[way] + haste)) - watch.haste[way]
        watch.haste[way] += hurried
        watch.score[way] += spoken + hurried


def _learn_habit(watch: _Watch, one: Sighting, usual: float) -> None:
    """One step towards what the judge does otherwise than the team, unless a suspicion is growing."""
    if one.truth is not None or max(watch.score.values()) > HABIT_FROZEN:
        return
    likely = 1 / (1 + math.exp(-usual))
    watch.information += likely * (1 - likely)
    watch.habit += (one.accurate - likely) / watch.information
    watch.habit = max(-HABIT_LIMIT, min(HABIT_LIMIT, watch.habit))


def _haste(watch: _Watch, one: Sighting) -> float:
    """How much more likely the gap is at `HASTE_FACTOR` times the judge's own pace (log-normal, a factor e wide)."""
    if one.gap_seconds is None or not 0 <= one.gap_seconds < LONGEST_GAP_SECONDS:
        return 0.0
    gap, faster = math.log(max(0.5, one.gap_seconds)), math.log(HASTE_FACTOR)
    own = watch.paces >= ENOUGH_GAPS
    ratio = ((gap - watch.pace) ** 2 - (gap - watch.pace + faster) ** 2) / 2 if own else 0.0
    if max(watch.score.values()) <= HABIT_FROZEN:
        watch.paces += 1
        watch.pace += (gap - watch.pace) / watch.paces
    return max(-HASTE_EACH, min(HASTE_EACH, ratio))


def _suspicion(mine: Sequence[Sighting], way: Way, watch: _Watch, at: int, expectation: Expectation) -> Suspicion:
    during = [one for one in mine if watch.since[way] < one.position <= at]
    known = [one for one in during if one.truth is not None]
    return Suspicion(
        way, watch.since[way], at, watch.score[way], len(during),
        sum(one.accurate for one in during) / len(during), _expected(during, expectation),
        len(known), sum(one.accurate != one.truth for one in known),
    )  # fmt: skip


class _Fits:
    """What the team says at a probability of the model, seen without one judge at a time.

    A logistic regression on the model's log-odds in which each judge counts the same, however much they say: so a few
    who flood the queue neither become the measure nor spoil it, even where the model has learnt from them.
    """

    def __init__(self, by_judge: Mapping[Hashable, Sequence[Sighting]]) -> None:
        self._parts = {judge: _arrays(mine) for judge, mine in by_judge.items()}
        sizes = sorted(len(said) for _, said in self._parts.values())
        self._full = max(10, sizes[len(sizes) // 2]) if sizes else 1

    def without(self, judge: Hashable) -> Expectation:
        """What the others would say."""
        others = [part for name, part in self._parts.items() if name != judge]
        if not others:
            return Expectation()
        odds, said = (np.concatenate([part[side] for part in others]) for side in (0, 1))
        weight = np.concatenate([np.full(len(part[1]), min(1.0, self._full / len(part[1]))) for part in others])
        return _fit(odds, said, weight)


def _arrays(mine: Iterable[Sighting]) -> tuple[Floats, Floats]:
    rows = list(mine)
    return np.array([_log_odds(one.probability) for one in rows]), np.array([float(one.accurate) for one in rows])


def _fit(odds: Floats, said: Floats, weight: Floats) -> Expectation:
    """Level and slope by Newton's method, from priors around 0 and 1 with standard deviations 2 and 1."""
    state = np.array([0.0, 1.0])
    prior = np.array([0.25, 1.0])
    for _ in range(12):
        likely = 1 / (1 + np.exp(-np.clip(state[0] + state[1] * odds, -30, 30)))
        error, bend = weight * (said - likely), weight * likely * (1 - likely)
        slope = np.array([error.sum(), (error * odds).sum()]) - prior * (state - np.array([0.0, 1.0]))
        cross = float((bend * odds).sum())
        curve = np.array([[bend.sum() + prior[0], cross], [cross, (bend * odds * odds).sum() + prior[1]]])
        step = np.clip(np.linalg.solve(curve, slope), -2.0, 2.0)
        state = state + step
        if float(np.abs(step).max()) < 1e-9:
            break
    return Expectation(float(state[0]), float(state[1]))


def _log_odds(probability: float) -> float:
    kept = min(0.995, max(0.005, probability))
    return math.log(kept / (1 - kept))
