"""The fast replay: the pure core alone, without database or services. It gives the same scores (a test shows it)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from scoring import policy
from scoring.features import AlertFacts, extract
from scoring.online_model import ModelConfig, OnlineModel
from scoring.replay.product import Replayed, Score
from scoring.replay.schooling import Schooling
from scoring.replay.stream import Arrival, StreamAlert, in_order

CUSTOMER = "replay"  # streams name none; the product has one for all of a stream, and its name changes no score


def replay_core(
    alerts: Sequence[StreamAlert],
    *,
    in_force: policy.Policy,
    scorer: str,
    on_progress: Callable[[int, int], None] | None = None,
) -> Replayed:
    """Predict each alert before learning its verdict, in the order in which things become known.

    `scorer` is the name of who raises the alerts: scores and audit draws depend on it.
    """
    config = ModelConfig()
    model, replayed = OnlineModel(config), Replayed()
    schooling = Schooling(model)
    facts = [AlertFacts(one.text, one.features, one.upstream_score, scorer, "", CUSTOMER) for one in alerts]
    for event in in_order(alerts):
        features = extract(facts[event.index], config)
        if isinstance(event, Arrival):
            score = _score(
                alerts[event.index], facts[event.index], model.predict(features), in_force, replayed.verdicts
            )
            replayed.scores.append(score)
            if on_progress is not None:
                on_progress(len(replayed.scores), len(alerts))
        elif replayed.scores[event.index].decision != "hide":
            schooling.learn(features, alerts[event.index].accurate, key=event.index)
            replayed.verdicts += 1
    return replayed


def _score(alert: StreamAlert, facts: AlertFacts, probability: float, in_force: policy.Policy, position: int) -> Score:
    decision = policy.decide(probability, facts, in_force, f"{facts.scorer}:{alert.seq}")
    return Score(alert.seq, probability, decision.tier, decision.decision, decision.propensity, position)
