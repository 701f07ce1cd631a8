"""What a policy in force becomes when its queue has moved on: thresholds and audits that follow. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from scoring.policy import Policy
from scoring.thresholds import Choice, Evidence, Goal, choose

# A smaller move is not worth a version: of the threshold itself, in points of probability, and of the drift.
LEAST_MOVE, LEAST_POINTS, LEAST_DRIFT = 0.1, 0.002, 0.1


@dataclass(frozen=True, slots=True)
class Followed:
    """The policy that should be in force instead, why, and what its thresholds were chosen on.

    Its version is still the old one: who stores it gives it the next.
    """

    policy: Policy
    because: Literal["threshold", "drift"]
    choice: Choice


def follow(in_force: Policy, goal: Goal, evidence: Evidence, drift: float) -> Followed | None:
    """The next version of a policy that hides, or None where it may stay as it is.

    1. Audits grow with drift, and shrink when it is over. 2. The threshold is chosen again, within the cap. It comes
    down at once where the evidence asks for it, and down to nothing where no evidence is left.
    """
    if in_force.stage != "suppress":
        return None
    drifted = has_drifted(in_force, drift)
    audits = replace(in_force, drift=drift) if drifted else in_force
    choice = choose(evidence, goal, audits.audited("yellow"))
    moved = abs(choice.hide_below - in_force.hide_below)
    if not drifted and moved < least_move(in_force.hide_below):
        return None
    return Followed(with_threshold(audits, choice), "drift" if drifted else "threshold", choice)


def has_drifted(in_force: Policy, drift: float) -> bool:
    """Whether the queue drifts otherwise than its policy knows, by enough for other audits."""
    return abs(drift - in_force.drift) >= LEAST_DRIFT or (drift == 0) != (in_force.drift == 0)


def least_move(hide_below: float) -> float:
    """By how many points of probability a threshold has to move at least, to be worth a version."""
    return max(LEAST_POINTS, LEAST_MOVE * hide_below)


def with_threshold(policy: Policy, choice: Choice) -> Policy:
    """A policy with chosen thresholds, orange and red in order above the one that hides."""
    red = max(choice.red_from, choice.hide_below)
    orange = min(max(policy.orange_from, choice.hide_below), red)
    return replace(policy, hide_below=choice.hide_below, orange_from=orange, red_from=red)
