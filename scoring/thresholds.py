"""Below which probability a queue may hide: from its own history, for a precision target, under a cap. Pure.

The history is prequential: each probability is the one its alert got on arrival, before its verdict, so what is chosen
on it holds for alerts to come as far as they are like the last ones. Hidden alerts have no verdict; the audited ones
stand for them, each for 1 / propensity (Horvitz and Thompson 1952). Accurate alerts far down are rare, and counting
them alone would either hide nothing or trust a zero. So the count is shrunk to what recalibrated probabilities expect:

1. Recalibrate (Platt 1999) on the judged alerts, newer ones counting more. 2. Expect, for each candidate threshold, the
accurate alerts below it: by the recalibrated probabilities or the model's own, whichever are gloomier. 3. Correct the
expectation by what was counted there: a gamma prior worth `PRIOR` accurate alerts around it, and take the upper
`CONFIDENCE` limit. 4. The highest threshold whose limit keeps the cap, after what was hidden before within the history
has been charged to it, as gloomily.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import gamma

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

CONFIDENCE: Final = 0.9
PRIOR: Final = 50.0  # accurate alerts that the recalibrated probabilities are worth
HALF_LIFE: Final = 1_500  # verdicts after which one counts half
COLD: Final = 150  # the first alerts of a queue were scored by a model that knew nothing
LEAST_JUDGED, LEAST_ACCURATE = 300, 20  # below these no threshold is chosen
HIGHEST: Final = 0.5  # never hide what is more likely accurate than not
MOST_OVERDRAWN: Final = (0.25, 1.6)  # how far the charge for the past may lower or raise the cap
_EDGE: Final = 1e-4
_RIDGE: Final = 10.0  # verdicts that the identity is worth in the recalibration
_STEPS: Final = 8


@dataclass(frozen=True, slots=True)
class Evidence:
    """A queue's history, oldest first; each array has one entry an alert.

    `probability`: on arrival. `propensity`: with which it could be shown. `shown`: whether it was. `label`: 1 accurate,
    0 false, NaN where nobody has decided. `hard`: whether a hard rule shows it whatever its probability.
    """

    probability: Floats
    propensity: Floats
    shown: Bools
    label: Floats
    hard: Bools

    def __len__(self) -> int:
        return len(self.probability)

    @property
    def sampled(self) -> Bools:
        """The alerts whose verdict stands for others: shown, and judged."""
        return self.shown & ~np.isnan(self.label)

    @property
    def weight(self) -> Floats:
        """How many alerts each sampled one stands for; 0 for the others.

        1 / propensity, scaled so that certain and drawn alerts add up to as many as were raised of each in each third
        of the probabilities: reps judge the urgent ones first, and what waits is not like what was judged.
        """
        weight = np.where(self.sampled, 1 / self.propensity, 0.0)
        third = np.searchsorted(np.quantile(self.probability, [1 / 3, 2 / 3]), self.probability) if len(self) else 0
        group = third + 3 * (self.propensity < 1)
        raised = np.bincount(group, minlength=6).astype(float)
        standing = np.bincount(group, weights=weight, minlength=6)
        scale = np.divide(raised, standing, out=np.ones(6), where=standing > 0)
        return np.asarray(weight * scale[group])

    def newest(self, n: int) -> Evidence:
        """The last `n` alerts."""
        return self if len(self) <= n else Evidence(*(getattr(self, name)[-n:] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Goal:
    """What a lead asks for: the share of real alerts among shown ones, and how many real ones may be lost for it.

    `target`: precision, 0..1. `cap`: the most of all accurate alerts that may be hidden, 0..1.
    """

    target: float = 0.85
    cap: float = 0.01

    def __post_init__(self) -> None:
        if not (0 < self.target <= 1 and 0 < self.cap <= 0.2):
            raise ValueError("target must be in (0, 1] and cap in (0, 0.2]")


@dataclass(frozen=True, slots=True)
class Choice:
    """Thresholds, and what they were chosen on.

    `bound`: what stopped hiding more: "cap", "target" (reached with less), "highest", or "evidence" (too little of it:
    `hide_below` is 0 then). `expected`, `upper`: share of the accurate alerts hidden from now on, and its limit.
    `cap`: of all accurate ones, over the history and what comes; `allowed`: of those to come, to end up there.
    """

    hide_below: float
    red_from: float
    bound: str
    expected: float
    upper: float
    judged: int
    accurate: int
    cap: float = 0.0
    allowed: float = 0.0

    def promised(self) -> dict[str, float | int | str]:
        """What a policy version keeps of it."""
        lost, limit = round(self.expected, 5), round(self.upper, 5)
        return {"bound": self.bound, "lost": lost, "lost_limit": limit, "judged": self.judged}


def choose(evidence: Evidence, goal: Goal, audit_share: float) -> Choice:
    """The thresholds that a queue's history supports.

    `audit_share`: of what falls below, the share that is shown all the same.
    """
    sampled = evidence.sampled
    judged, accurate = int(sampled.sum()), int(np.nansum(evidence.label[sampled]))
    red_from = _red_from(evidence, goal.target)
    if judged < LEAST_JUDGED or accurate < LEAST_ACCURATE:
        return Choice(0.0, red_from, "evidence", 0.0, 0.0, judged, accurate)
    tail = _Tail.of(evidence)
    allowed = _allowance(evidence, tail, goal.cap)
    within = np.flatnonzero(tail.upper <= allowed / (1 - audit_share) * tail.accurate)
    enough = _reaches(tail, goal.target, audit_share)
    last = int(within[-1]) if len(within) else -1
    if last < 0:
        return Choice(0.0, red_from, "cap", 0.0, 0.0, judged, accurate, goal.cap, allowed)
    bound = "cap"
    if enough is not None and enough <= last:
        last, bound = enough, "target"
    threshold = _round_down(float(tail.probability[last]))
    if threshold > HIGHEST:
        threshold, bound, last = HIGHEST, "highest", int(np.searchsorted(tail.probability, HIGHEST)) - 1
    share = (1 - audit_share) / max(tail.accurate, 1e-9)
    found = (float(tail.expected[last]) * share, float(tail.upper[last]) * share) if last >= 0 else (0.0, 0.0)
    return Choice(threshold, max(red_from, threshold), bound, *found, judged, accurate, goal.cap, allowed)


@dataclass(frozen=True, slots=True)
class _Tail:
    """The sampled alerts in order of probability, with sums over all at or below each.

    `expected`, `upper`: accurate alerts. `stands`: alerts. `accurate`: of all. `calibrate`: the fitted line.
    """

    probability: Floats
    expected: Floats
    upper: Floats
    stands: Floats
    accurate: float
    line: tuple[float, float]

    @classmethod
    def of(cls, evidence: Evidence) -> _Tail:
        warm = np.arange(len(evidence)) >= min(COLD, len(evidence) // 4)
        chosen = np.flatnonzero(evidence.sampled & warm & ~evidence.hard)
        recency = _recency(len(chosen))
        weight = evidence.weight[chosen] * recency
        weight *= len(chosen) / weight.sum()
        p, label = evidence.probability[chosen], evidence.label[chosen]
        line = recalibrate(p, label, recency)
        order = np.argsort(p, kind="stable")
        p, label, weight = p[order], label[order], weight[order]
        likely = np.maximum(p, _on_line(p, line))
        said, found = np.cumsum(weight * likely), np.cumsum(weight * label)
        unit = np.cumsum(weight * weight * likely) / said
        k, e = found / unit + PRIOR, said / unit + PRIOR
        return cls(p, k / e * said, gamma.ppf(CONFIDENCE, k) / e * said, np.cumsum(weight), float(found[-1]), line)


def recalibrate(probability: Floats, label: Floats, weight: Floats) -> tuple[float, float]:
    """Intercept and slope of the logistic line that turns log-odds into what was observed.

    Newton's method on the weighted likelihood, held to the identity by a ridge worth `_RIDGE` verdicts. Platt (1999);
    the slope is kept positive, so the order of the alerts stays what it was.
    """
    x = _log_odds(probability)
    line = np.array([0.0, 1.0])
    for _ in range(_STEPS):
        said = expit(line[0] + line[1] * x)
        pull, v = weight * (label - said), weight * said * (1 - said)
        slope = np.array([pull.sum() - _RIDGE / 4 * line[0], (pull * x).sum() - _RIDGE * (line[1] - 1)])
        mixed = float((v * x).sum())
        curve = np.array([[v.sum() + _RIDGE / 4, mixed], [mixed, (v * x * x).sum() + _RIDGE]])
        line = line + np.clip(np.linalg.solve(curve, slope), -2.0, 2.0)
    return float(line[0]), float(max(line[1], 0.2))


def _allowance(evidence: Evidence, tail: _Tail, cap: float) -> float:
    """The cap for what comes next: lower where the history has hidden more than the cap, higher where less.

    What was hidden is expected by the gloomier of both probabilities and corrected by the audits among them, as above.
    """
    hidden, audited = ~evidence.shown, evidence.sampled & (evidence.propensity < 1)
    if not hidden.any():
        return cap
    q = np.maximum(evidence.probability, _on_line(evidence.probability, tail.line))
    counted = float(evidence.label[audited].sum()) + PRIOR
    lost = float(q[hidden].sum()) * counted / (float(q[audited].sum()) + PRIOR)
    total = max(float(np.nansum(evidence.weight * np.nan_to_num(evidence.label))), 1.0)
    low, high = MOST_OVERDRAWN
    return float(np.clip(2 * cap - lost / total, low * cap, high * cap))


def _reaches(tail: _Tail, target: float, audit_share: float) -> int | None:
    """The first place in the tail at which hiding it lifts the precision of the shown ones to the target."""
    kept_accurate = tail.accurate - (1 - audit_share) * tail.expected
    kept = tail.stands[-1] - (1 - audit_share) * tail.stands
    reached = np.flatnonzero(kept_accurate >= target * kept)
    return int(reached[0]) if len(reached) else None


def _red_from(evidence: Evidence, target: float) -> float:
    """The lowest probability from which on the judged alerts are accurate as often as the target asks; 0.8 unknown."""
    sampled = evidence.sampled
    if int(sampled.sum()) < LEAST_JUDGED:
        return 0.8
    order = np.argsort(-evidence.probability[sampled], kind="stable")
    p, weight = evidence.probability[sampled][order], evidence.weight[sampled][order]
    share = np.cumsum(weight * evidence.label[sampled][order]) / np.cumsum(weight)
    good = np.flatnonzero(share >= target)
    return round(float(np.clip(p[good[-1]] if len(good) else 0.95, 0.05, 0.95)), 3)


def _recency(n: int) -> Floats:
    return np.asarray(0.5 ** (np.arange(n)[::-1] / HALF_LIFE))


def _log_odds(probability: Floats) -> Floats:
    return np.asarray(logit(np.clip(probability, _EDGE, 1 - _EDGE)))


def _on_line(probability: Floats, line: tuple[float, float]) -> Floats:
    return np.asarray(expit(line[0] + line[1] * _log_odds(probability)))


def _round_down(threshold: float) -> float:
    return float(np.floor(threshold * 1e4) / 1e4)
