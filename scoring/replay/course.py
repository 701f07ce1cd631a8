"""A policy's course in a replay that may end in *suppress*: it ranks, and hides as soon as its condition is met.

The same pure rules as in the product, at the same turns: in the product a lead presses the button and a worker moves
the threshold, here both are done in the turn after which they would be.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scoring.following import follow, with_threshold
from scoring.policy import Decision, Policy
from scoring.stages import apprentice, conditions
from scoring.thresholds import Evidence, Goal, choose

# Alerts between two turns, and the newest alerts that a turn looks at.
TURN_EVERY, WINDOW = 50, 20_000


class Course:
    """What was decided so far, and the policy that follows from it. `ends` is the stage to reach."""

    def __init__(self, in_force: Policy, goal: Goal) -> None:
        self.goal, self.ends = goal, in_force.stage
        self.policy = replace(in_force, stage="rank") if in_force.stage == "suppress" else in_force
        self._said: list[float] = []
        self._propensity: list[float] = []
        self._shown: list[bool] = []
        self._label: list[float] = []

    def decided(self, probability: float, decision: Decision) -> None:
        """An alert arrived and was decided upon; then, every so often, the turn."""
        self._said.append(probability)
        self._propensity.append(decision.propensity)
        self._shown.append(decision.decision != "hide")
        self._label.append(np.nan)
        if self.ends == "suppress" and len(self._said) % TURN_EVERY == 0:
            self._turn()

    def judged(self, index: int, accurate: bool) -> None:
        """The verdict on an alert arrived."""
        self._label[index] = float(accurate)

    def _turn(self) -> None:
        history = self._history()
        if self.policy.stage == "suppress":
            followed = follow(self.policy, self.goal, history, drift=0.0)
            self.policy = self._next(followed.policy) if followed else self.policy
            return
        choice = choose(history, self.goal, self.policy.audited("yellow"))
        blind = history.sampled
        score = apprentice(history.probability[blind], history.label[blind] == 1)
        if all(one.met for one in conditions("rank", score, choice)):
            self.policy = self._next(replace(with_threshold(self.policy, choice), stage="suppress"))

    def _next(self, policy: Policy) -> Policy:
        return replace(policy, version=self.policy.version + 1)

    def _history(self) -> Evidence:
        columns = (self._said, self._propensity, self._shown, self._label)
        said, propensity, shown, label = (column[-WINDOW:] for column in columns)
        return Evidence(
            np.array(said), np.array(propensity), np.array(shown), np.array(label), np.zeros(len(said), bool)
        )
