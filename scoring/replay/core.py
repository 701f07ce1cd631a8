"""The fast replay: the pure core alone, without database or services. It gives the same scores (a test shows it)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from scoring import policy
from scoring.features import AlertFacts, extract
from scoring.online_model import ModelConfig, OnlineModel
from scoring.replay.course import Course
from scoring.replay.product import Replayed, Score
from scoring.replay.schooling import Schooling
from scoring.replay.stream import Arrival, StreamAlert, in_order
from scoring.thresholds import Goal

CUSTOMER = "replay"  # streams name none; the product has one for all of a stream, and its name changes no score


def replay_core(
    alerts: Sequence[StreamAlert],
    *,
    in_force: policy.Policy,
    scorer: str,
    goal: Goal | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Replayed:
    """Predict each alert before learning its verdict, in the order in which things become known.

    `scorer` is the name of who raises the alerts: scores and audit draws depend on it. A policy in *suppress* ranks
    until its condition for hiding under `goal` is met.
    """
    config = ModelConfig()
    model, replayed, course = OnlineModel(config), Replayed(), Course(in_force, goal or Goal())
    schooling = Schooling(model)
    facts = [AlertFacts(one.text, one.features, one.upstream_score, scorer, "", CUSTOMER) for one in alerts]
    for event in in_order(alerts):
        features = extract(facts[event.index], config)
        if isinstance(event, Arrival):
            score = _score(alerts[event.index], facts[event.index], model.predict(features), course, replayed.verdicts)
            replayed.scores.append(score)
            if on_progress is not None:
                on_progress(len(replayed.scores), len(alerts))
        elif replayed.scores[event.index].decision != "hide":
            schooling.learn(features, alerts[event.index].accurate, key=event.index)
            course.judged(event.index, alerts[event.index].accurate)
            replayed.verdicts += 1
    return replayed


def _score(alert: StreamAlert, facts: AlertFacts, probability: float, course: Course, position: int) -> Score:
    decision = policy.decide(probability, facts, course.policy, f"{facts.scorer}:{alert.seq}")
    course.decided(probability, decision)
    return Score(alert.seq, probability, decision.tier, decision.decision, decision.propensity, position)
