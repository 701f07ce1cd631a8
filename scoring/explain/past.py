"""Scores of the past, made again: the model at a position, with the amendments that were known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from feedback.models import Alert, Exposure
from scoring.amended import amendments_of
from scoring.explain.breakdown import Breakdown, breakdown_of
from scoring.facts import facts_of_alert
from scoring.features import extract
from scoring.fold import Belief, model_at
from scoring.learner.model_config import ConfigInvalid
from scoring.models import ModelConfiguration
from scoring.online_model import Highlight


class NotReproduced(Exception):
    """No configuration of the queue gives the stored probability again; the message says what they give."""


@dataclass(frozen=True, slots=True)
class Score:
    """What the model at a position thinks of an alert, under which configuration (its version) and amendment.

    `reproduced`: it equals the stored probability of an exposure bit for bit; None where nothing was stored there.
    """

    alert: Alert
    belief: Belief
    configuration: int
    breakdown: Breakdown
    highlights: tuple[Highlight, ...]
    reproduced: bool | None = None


def score_at(alert: Alert, position: int | None = None) -> Score:
    """The score of an alert at a position; by default at that of its first exposure, which must come out again.

    An exposure at the position says which amendments were known; at another position today's are. Reads
    `alert.scorer` and `alert.customer`. Raises `NotReproduced`.
    """
    exposures = Exposure.objects.filter(alert=alert).order_by("pk")
    exposure = exposures.first() if position is None else exposures.filter(position=position).first()
    if exposure is not None:
        return reproduced(alert, exposure)
    configuration = ModelConfiguration.objects.filter(queue=alert.queue_id).order_by("-version").first()
    if configuration is None or position is None:
        raise NotReproduced(f"alert {alert.pk} was never scored")
    return _score(alert, model_at(configuration, position), configuration)


def reproduced(alert: Alert, exposure: Exposure, limit: int | None = None) -> Score:
    """The stored score of an exposure made again, bit for bit. The newest configuration that gives it is the one.

    Raises `NotReproduced`; `TooLong` where that is more than `limit` ledger rows to learn.
    """
    given: list[str] = []
    for configuration, belief in _beliefs(alert.queue_id, exposure, limit):
        score = _score(alert, belief, configuration, reproduced=True)
        if score.breakdown.probability == exposure.probability:
            return score
        given.append(f"{score.breakdown.probability!r} under configuration {configuration.version}")
    raise NotReproduced(
        f"alert {alert.pk} was scored {exposure.probability!r} at position {exposure.position} with amendment "
        f"{exposure.amendment}; the ledger gives {', '.join(given) or 'no model'}"
    )


def _beliefs(queue_id: int, exposure: Exposure, limit: int | None) -> Iterator[tuple[ModelConfiguration, Belief]]:
    """The model of an exposure under each configuration, the newest first; unreadable ones are left out."""
    known = amendments_of(queue_id, exposure.amendment)
    for configuration in ModelConfiguration.objects.filter(queue=queue_id).order_by("-version"):
        try:
            yield configuration, model_at(configuration, exposure.position, limit=limit, amendments=known)
        except ConfigInvalid:
            continue


def _score(alert: Alert, belief: Belief, configuration: ModelConfiguration, reproduced: bool | None = None) -> Score:
    facts = facts_of_alert(alert)
    features = extract(facts, belief.config)
    breakdown = breakdown_of(belief.model, facts, features)
    marked = tuple(belief.model.highlights(facts, features))
    return Score(alert, belief, configuration.version, breakdown, marked, reproduced)
