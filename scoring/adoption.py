"""A generation takes effect: what is remembered is seen through it, and the dense weights are learnt afresh. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from scoring.covariance import prior_covariance
from scoring.generation import Generation
from scoring.registry import SLOW
from scoring.stance import ALONE, STANCES
from scoring.state import Lesson

if TYPE_CHECKING:
    from scoring.online_model import OnlineModel

TRIED: Final = 600  # newest lessons on which stances are compared


def adopt(model: OnlineModel, generation: Generation) -> None:
    """Let a model lean on a generation.

    1. Remembered lessons get its cross-fitted log-odds, or plain ones where they came after its training. 2. The dense
    weights are learnt afresh from the newest lessons under each stance. 3. The one that foretold them best, each before
    it was learnt, is taken, and all that is remembered is learnt under it.
    """
    encoder, lessons = model.encoder, model.memory.in_order(model.learnt)
    encoder.generation = generation
    for position, lesson in enumerate(lessons, start=model.learnt - len(lessons)):
        crossed = generation.crossed_at(position)
        lesson.row.beliefs[0] = encoder.slow(lesson.row) if crossed is None else crossed
    losses: list[float] = []
    stances = STANCES if len(generation.trees.leaves) else (ALONE,)  # without trees it says the same of every alert
    for encoder.stance in stances:
        losses.append(learn_afresh(model, lessons[-TRIED:]))
    encoder.stance = stances[losses.index(min(losses))]
    learn_afresh(model, lessons)


def learn_afresh(model: OnlineModel, lessons: Sequence[Lesson]) -> float:
    """Learn the dense weights afresh from lessons, oldest first; returns the sum of their log losses on the way."""
    loss, weights = 0.0, model.weights
    model.optimizer.covariance.set(prior_covariance(model.encoder))
    weights.dense[:] = 0.0
    weights.dense[SLOW] = model.encoder.stance.trust
    weights.usual[:] = 0.0
    for count, lesson in enumerate(lessons, start=1):
        example = model.example(lesson)
        example.moves_sparse = False
        example.raw = raw = weights.dot(example.vector) + example.offset
        weights.notice(example.vector, count)
        if lesson.teaches_weights:
            loss += lesson.weight * math.log1p(math.exp(min(30.0, -raw if lesson.label else raw)))
            model.river.learn_one(example, lesson.label, lesson.weight)
    return loss
