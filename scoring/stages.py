"""When a queue may take its next step: the apprentice's score on blind verdicts, and evidence for the cap. Pure.

A model is an apprentice until it agrees with people who did not see what it thinks. Verdicts given with its score on
the screen lean towards it and prove nothing, so only blind ones count (Personalizer's apprentice mode compares a
model with the policy in use in the same way).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from scoring.evaluation import Ordering, ordering
from scoring.policy import Stage
from scoring.shares import UNKNOWN, Share, proportion
from scoring.thresholds import LEAST_ACCURATE, LEAST_JUDGED, Bools, Choice, Floats

STAGES: Final[tuple[Stage, ...]] = ("observe", "rank", "suppress")
BLIND_TO_RANK, AUC_TO_RANK = 50, 0.55
BLIND_TO_SUPPRESS, AUC_TO_SUPPRESS = 100, 0.6
NO_ORDER: Final = Ordering()
Asked = Literal["blind", "order", "judged", "accurate", "cap"]


@dataclass(frozen=True, slots=True)
class Apprentice:
    """How well the model agrees with blind verdicts.

    `agreement`: how often it was on the judge's side of one half. `order`: how well its probabilities order the
    verdicts; the conditions ask for this one, because where nine of ten alerts are false, agreeing is no art.
    """

    n: int = 0
    agreement: Share = UNKNOWN
    order: Ordering = NO_ORDER


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that a step asks for: how much there is (`found`), and how much it takes (`needed`)."""

    asked: Asked
    found: float
    needed: float
    met: bool


def apprentice(probability: Floats, accurate: Bools) -> Apprentice:
    """The apprentice's score from blind verdicts, newest or oldest first; both arrays have shape (n,)."""
    if not len(probability):
        return Apprentice()
    right = int(((probability >= 0.5) == accurate).sum())
    return Apprentice(len(probability), proportion(right, len(probability)), ordering(probability, accurate))


def conditions(stage: Stage, score: Apprentice, choice: Choice) -> list[Condition]:
    """What the step from a stage to the next one asks for; nothing after the last."""
    if stage == "suppress":
        return []
    enough, auc = (BLIND_TO_RANK, AUC_TO_RANK) if stage == "observe" else (BLIND_TO_SUPPRESS, AUC_TO_SUPPRESS)
    low = score.order.interval.low if score.order.auc is not None else 0.0
    asked = [_at_least("blind", score.n, enough), _at_least("order", low, auc)]
    if stage == "observe":
        return asked
    return [
        *asked,
        _at_least("judged", choice.judged, LEAST_JUDGED),
        _at_least("accurate", choice.accurate, LEAST_ACCURATE),
        Condition("cap", choice.hide_below, 0.0, choice.hide_below > 0),
    ]


def after(stage: Stage) -> Stage | None:
    """The next stage; None after the last."""
    place = STAGES.index(stage) + 1
    return STAGES[place] if place < len(STAGES) else None


def is_step_up(before: Stage, wanted: Stage) -> bool:
    """Whether a change lets the model do more than it may now."""
    return STAGES.index(wanted) > STAGES.index(before)


def _at_least(asked: Asked, found: float, needed: float) -> Condition:
    return Condition(asked, found, needed, bool(np.greater_equal(found, needed)))
