"""A generation takes effect: what is remembered is seen through it, and the dense weights are learnt afresh. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from scoring.covariance import prior_covariance
from scoring.generation import Generation
from scoring.registry import SLOW
from scoring.stance import ALONE, STANCES
from scoring.state import Lesson, Vector
from scoring.words import Words

if TYPE_CHECKING:
    from scoring.online_model import OnlineModel

TRIED: Final = 600  # newest lessons on which stances are compared


def adopt(model: OnlineModel, generation: Generation) -> None:
    """Let a model lean on a generation.

    1. Remembered lessons get the cross-fitted log-odds of its trees, or plain ones where they came after its training.
    2. Its words take the place of the fast model's. 3. The dense weights are learnt afresh from the newest lessons
    under each stance. 4. The one that foretold them best, each before it was learnt, is taken, and all that is
    remembered is learnt under it; of what came after the training the texts too.
    """
    encoder, lessons = model.encoder, model.memory.in_order(model.learnt)
    encoder.generation = generation
    for position, lesson in enumerate(lessons, start=model.learnt - len(lessons)):
        crossed = generation.crossed_at(position)
        lesson.row.beliefs[0] = encoder.slow(lesson.row) if crossed is None else crossed
    _take_words(model, generation.words)
    losses: list[float] = []
    stances = STANCES if len(generation.trees.leaves) else (ALONE,)  # without trees it says the same of every alert
    for encoder.stance in stances:
        losses.append(learn_afresh(model, lessons[-TRIED:], model.learnt))
    encoder.stance = stances[losses.index(min(losses))]
    learn_afresh(model, lessons, model.learnt, generation.learnt if len(generation.words.slots) else None)


def _take_words(model: OnlineModel, words: Words) -> None:
    """Take words for the fast model's own, where there are some."""
    model.optimizer.boldness = words.boldness
    if len(words.slots):
        model.weights.sparse[: 1 << model.config.text_bits] = 0.0
        model.weights.sparse[words.slots] = words.weights


def learn_afresh(model: OnlineModel, lessons: Sequence[Lesson], end: int, texts_from: int | None = None) -> float:
    """Learn the dense weights afresh from lessons, oldest first; returns the sum of their log losses on the way.

    ``end``: the place in the sequence after the last one. Of those from ``texts_from`` on (None: of none) the text is
    learnt as well. A text that the words of the generation in force have seen counts as it does cross-fitted.
    """
    loss, weights, generation = 0.0, model.weights, model.encoder.generation
    model.optimizer.covariance.set(prior_covariance(model.encoder))
    weights.dense[:] = 0.0
    weights.dense[SLOW] = model.encoder.stance.trust
    weights.usual[:] = 0.0
    for count, (place, lesson) in enumerate(enumerate(lessons, start=end - len(lessons)), start=1):
        crossed = None if generation is None else generation.words_at(place)
        example = model.example(lesson)
        example.moves_sparse = texts_from is not None and place >= texts_from
        if crossed is None:
            raw = weights.dot(example.vector) + example.offset
        else:
            raw = weights.dot(_without_text(example.vector, len(lesson.row.text_ids))) + crossed + example.offset
        example.raw = raw
        weights.notice(example.vector, count)
        if lesson.teaches_weights:
            loss += lesson.weight * math.log1p(math.exp(min(30.0, -raw if lesson.label else raw)))
            model.river.learn_one(example, lesson.label, lesson.weight)
    return loss


def _without_text(vector: Vector, texts: int) -> Vector:
    """The vector without its text, whose ids come first among the sparse slots."""
    return Vector(vector.dense, vector.dense_values, vector.sparse[texts:], vector.sparse_values[texts:])
