"""What a queue does with a probability: tier, order, and what is shown, hidden or audited.

Pure: the same alert under the same policy version is always decided the same way, so a replay repeats every draw. The
audit draw is a hash of the alert's key and the policy's version, hence independent of the probability, the text and of
everything that happened before; that is what makes propensities honest.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from scoring.features import AlertFacts
from scoring.hashing import mixed
from scoring.quiet import Quiet, cause_of
from scoring.text import contains_phrase, fold

Stage = Literal["observe", "rank", "suppress"]
Tier = Literal["yellow", "orange", "red"]
Verb = Literal["show", "hide", "audit"]

TIERS: Final[tuple[Tier, ...]] = ("yellow", "orange", "red")  # by urgency: the index is feedback.models.Tier
MOST_AUDITED: Final = 0.5  # what an audit share grows to under the strongest drift
UNKNOWN_UPSTREAM: Final = 0.5  # where a scorer gave no score, observe puts the alert in the middle


class RuleInvalid(ValueError):
    """A hard rule's data is not a phrase rule or a feature rule."""


@dataclass(frozen=True, slots=True)
class PhraseRule:
    """Never hide an alert whose text contains the phrase (folded; whole words where the phrase is not Chinese)."""

    name: str
    phrase: str

    def applies_to(self, facts: AlertFacts) -> bool:
        """Whether this alert falls under the rule."""
        return contains_phrase(fold(facts.text), fold(self.phrase))


@dataclass(frozen=True, slots=True)
class FeatureRule:
    """Never hide an alert whose numeric feature is at least a value."""

    name: str
    feature: str
    at_least: float

    def applies_to(self, facts: AlertFacts) -> bool:
        """Whether this alert falls under the rule; a missing or non-numeric value does not."""
        value = facts.features.get(self.feature)
        return isinstance(value, int | float) and not isinstance(value, bool) and value >= self.at_least


HardRule = PhraseRule | FeatureRule


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of a queue's policy.

    Probabilities at or above ``red_from`` are red, at or above ``orange_from`` orange, the rest yellow. In the stage
    *suppress*, below ``hide_below`` an alert is hidden, except for a random share of them (``audited``).
    ``drift`` in 0..1 says how much the queue has changed of late: audits grow with it.
    ``blind_share``: of the alerts that are shown, the share whose score stays off the screen. ``secret``: part of every
    draw, so that nobody who knows an alert's id foresees what becomes of it.
    Raises ValueError where the thresholds are not in order.
    """

    version: int
    stage: Stage = "observe"
    red_from: float = 0.8
    orange_from: float = 0.5
    hide_below: float = 0.1
    audit_share: float = 0.1
    hard_rules: tuple[HardRule, ...] = ()
    audit_share_orange: float = 0.2
    audit_share_red: float = 0.3
    drift: float = 0.0
    blind_share: float = 0.0
    secret: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.hide_below <= self.orange_from <= self.red_from <= 1:
            raise ValueError("thresholds must be in order: 0 <= hide_below <= orange_from <= red_from <= 1")
        if not all(0 < share <= 1 for share in (self.audit_share, self.audit_share_orange, self.audit_share_red)):
            raise ValueError("audit shares must be above 0 and at most 1")
        if not (0 <= self.drift <= 1 and 0 <= self.blind_share <= 1):
            raise ValueError("drift and blind_share must be between 0 and 1")

    def audited(self, tier: Tier) -> float:
        """Of what would be hidden in a tier, the share that is shown all the same: more while the queue drifts."""
        share = {"yellow": self.audit_share, "orange": self.audit_share_orange, "red": self.audit_share_red}[tier]
        return self.grown(share)

    def grown(self, share: float) -> float:
        """An audit share under the drift of this version."""
        return share + max(0.0, MOST_AUDITED - share) * self.drift


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done with one alert.

    ``propensity``: the probability with which the alert could have been shown under this policy; the same number
    whether the audit draw showed it or hid it. ``rule``: the hard rule that kept it from being hidden, if one did.
    ``cause``: the suppression under which it fell. ``blind``: its score stays off the screen until it is judged.
    ``worse``: the suppressions that it ends.
    """

    decision: Verb
    propensity: float
    tier: Tier
    rule: str | None = None
    cause: str = ""
    blind: bool = False
    worse: tuple[int, ...] = ()


def rules_from(data: Sequence[Mapping[str, Any]]) -> tuple[HardRule, ...]:
    """Hard rules from stored data. Raises ``RuleInvalid`` with a sentence that says which entry is wrong and why.

    >>> rules_from([{"name": "leaving", "phrase": "cancel"}, {"name": "big", "feature": "value", "at_least": 9000}])
    (PhraseRule(name='leaving', phrase='cancel'), FeatureRule(name='big', feature='value', at_least=9000.0))
    """
    return tuple(_rule(number, entry) for number, entry in enumerate(data, start=1))


def _rule(number: int, entry: Mapping[str, Any]) -> HardRule:
    name, phrase, feature, at_least = (entry.get(key) for key in ("name", "phrase", "feature", "at_least"))
    if not isinstance(name, str) or not name:
        raise RuleInvalid(f"Rule {number} has no name.")
    if isinstance(phrase, str) and fold(phrase).strip():
        return PhraseRule(name, phrase)
    if isinstance(feature, str) and feature and _is_number(at_least):
        return FeatureRule(name, feature, float(at_least or 0))
    raise RuleInvalid(f"Rule {number} ({name}) needs a phrase, or a feature and at_least.")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def decide(
    probability: float,
    facts: AlertFacts,
    policy: Policy,
    alert_key: str,
    quiet: Sequence[Quiet] = (),
    now: datetime | None = None,
) -> Decision:
    """What the policy does with an alert that is accurate with this probability.

    1. A hard rule shows it, in red; one that is worse by its own scores ends a quiet all the same. 2. A suppression
    that covers it ``now`` and whose bar it does not pass hides it, at any stage, except for a drawn share. 3. Before
    *suppress*, or at ``hide_below`` and above, it is shown; of those a drawn share without their score. 4. Otherwise
    the draw for ``alert_key`` shows it as an audit or hides it; the propensity is the audit share either way.
    """
    tier = TIERS[int(tiers(np.array([probability]), policy)[0])]
    covering = [one for one in quiet if now is not None and now < one.until and one.covers(facts)]
    at = (TIERS.index(tier), probability, facts.upstream_score)
    worse = tuple(one.id for one in covering if one.bar is not None and one.bar.is_passed_by(*at))
    rule = next((rule.name for rule in policy.hard_rules if rule.applies_to(facts)), None)
    if rule is not None:
        return Decision("show", 1.0, "red", rule, worse=worse)
    held = next((one for one in covering if one.id not in worse), None)
    if held is not None:
        share = policy.grown(held.audit_share)
        verb = _drawn(f"quiet:{held.id}:{alert_key}", policy, share)
        return Decision(verb, share, tier, cause=cause_of(held.id), worse=worse)
    if policy.stage != "suppress" or probability >= policy.hide_below:
        blind = draw(f"blind:{alert_key}", policy.version, policy.secret) < policy.blind_share
        return Decision("show", 1.0, tier, blind=blind, worse=worse)
    share = policy.audited(tier)
    return Decision(_drawn(alert_key, policy, share), share, tier, worse=worse)


def _drawn(key: str, policy: Policy, share: float) -> Verb:
    return "audit" if draw(key, policy.version, policy.secret) < share else "hide"


def draw(alert_key: str, version: int, secret: str = "") -> float:
    """A number in [0, 1), uniform over alerts, fixed for an alert and a policy version; ``secret``: up to 64 bytes."""
    text = f"{version}\x1f{alert_key}".encode(errors="surrogatepass")
    digest = hashlib.blake2b(text, digest_size=8, key=secret.encode()).digest()
    return (int.from_bytes(digest) >> 11) / 2.0**53


def tiers(probability: NDArray[np.float64], policy: Policy) -> NDArray[np.int64]:
    """The index in ``TIERS`` of each probability."""
    return np.searchsorted([policy.orange_from, policy.red_from], probability, side="right").astype(np.int64)


def urgency(stage: Stage, tier: Tier, probability: float, upstream_score: float | None) -> float:
    """The sort key of one alert, largest first. See ``urgencies``."""
    upstream = math.nan if upstream_score is None else upstream_score
    one = urgencies(stage, np.array([TIERS.index(tier)]), np.array([probability]), np.array([upstream]))
    return float(one[0])


def urgencies(
    stage: Stage, tier: NDArray[np.int64], probability: NDArray[np.float64], upstream_score: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sort keys, largest first: tier, then probability; in *observe* the upstream score: the model has no say there.

    ``upstream_score`` is NaN where the scorer gave none.
    """
    if stage == "observe":
        return np.where(np.isnan(upstream_score), UNKNOWN_UPSTREAM, upstream_score)
    return tier + probability


def blind_urgencies(
    policy: Policy, alert_id: NDArray[np.int64], upstream_score: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sort keys of alerts that are judged without their score: as if their probability were a number drawn for them.

    The draw is of the alert's id alone, over all probabilities that the policy shows: a place among the others, which
    stays while the policy does and says nothing of what the model thinks.
    """
    least = policy.hide_below if policy.stage == "suppress" else 0.0
    share = (mixed(alert_id.astype(np.uint64)) >> np.uint64(11)) / 2.0**53  # in [0, 1)
    drawn = least + (1 - least) * share
    return urgencies(policy.stage, tiers(drawn, policy), drawn, upstream_score)


def place(
    policy: Policy, alert_id: int, blind: bool, tier: Tier, probability: float, upstream_score: float | None
) -> float:
    """The sort key of one alert, as a re-ranking has it: drawn where it is judged without its score."""
    if not blind:
        return urgency(policy.stage, tier, probability, upstream_score)
    upstream = math.nan if upstream_score is None else upstream_score
    return float(blind_urgencies(policy, np.array([alert_id]), np.array([upstream]))[0])
