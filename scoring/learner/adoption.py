"""A generation takes effect: what is remembered is seen through it, and the dense weights are learnt afresh. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from scoring.learner.covariance import prior_covariance
from scoring.learner.example import Example
from scoring.learner.generation import Generation
from scoring.learner.layout import vectors
from scoring.learner.registry import SLOW
from scoring.learner.stance import ALONE, STANCES
from scoring.learner.state import Lesson, Vector
from scoring.learner.words import Words

if TYPE_CHECKING:
    from scoring.online_model import OnlineModel

TRIED: Final = 600  # newest lessons on which stances are compared


class Seen(NamedTuple):
    """A remembered lesson as the model sees it now.

    ``place`` in the sequence; ``vector``: without its text where ``crossed`` says, cross-fitted, what that is worth.
    """

    place: int
    lesson: Lesson
    vector: Vector
    crossed: float | None
    prior: float


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
    seen = seen_through(model, lessons, model.learnt)
    losses: list[float] = []
    stances = STANCES if len(generation.trees.leaves) else (ALONE,)  # without trees it says the same of every alert
    for encoder.stance in stances:
        losses.append(learn_afresh(model, seen[-TRIED:]))
    encoder.stance = stances[losses.index(min(losses))]
    learn_afresh(model, seen, generation.learnt if len(generation.words.slots) else None)
    notice_afresh(model, seen)


def _take_words(model: OnlineModel, words: Words) -> None:
    """Take words for the fast model's own, where there are some."""
    model.optimizer.boldness = words.boldness
    if len(words.slots):
        model.weights.sparse[: 1 << model.config.text_bits] = 0.0
        model.weights.sparse[words.slots] = words.weights


def seen_through(model: OnlineModel, lessons: Sequence[Lesson], end: int) -> list[Seen]:
    """Lessons, oldest first, as the model sees them now; ``end``: the place in the sequence after the last one.

    A text that the words of the generation in force have seen counts as it does cross-fitted.
    """
    generation, found = model.encoder.generation, []
    laid_out = vectors(model.encoder, [lesson.row for lesson in lessons])
    for place, lesson, vector in zip(range(end - len(lessons), end), lessons, laid_out, strict=True):
        crossed = None if generation is None else generation.words_at(place)
        rest = vector if crossed is None else _without_text(vector, len(lesson.row.text_ids))
        found.append(Seen(place, lesson, rest, crossed, model.prior(lesson.row.upstream)))
    return found


def learn_afresh(model: OnlineModel, seen: Sequence[Seen], texts_from: int | None = None) -> float:
    """Learn the dense weights afresh from lessons, oldest first; returns the sum of their log losses on the way.

    Of those from ``texts_from`` on (None: of none) the text is learnt as well.
    """
    loss, weights = 0.0, model.weights
    model.optimizer.covariance.set(prior_covariance(model.encoder))
    weights.dense[:] = 0.0
    weights.dense[SLOW] = model.encoder.stance.trust
    for place, lesson, vector, crossed, prior in seen:
        raw = weights.dot(vector)
        if crossed is not None:
            raw += crossed
        raw += prior
        if lesson.teaches_weights:
            loss += lesson.weight * math.log1p(math.exp(min(30.0, -raw if lesson.label else raw)))
            example = Example(vector, prior, moves_sparse=texts_from is not None and place >= texts_from, raw=raw)
            model.river.learn_one(example, lesson.label, lesson.weight)
    return loss


def notice_afresh(model: OnlineModel, seen: Sequence[Seen]) -> None:
    """Work out afresh, from lessons, what an average alert looks like."""
    model.weights.usual[:] = 0.0
    for count, one in enumerate(seen, start=1):
        model.weights.notice(one.vector, count)


def _without_text(vector: Vector, texts: int) -> Vector:
    """The vector without its text, whose ids come first among the sparse slots."""
    return Vector(vector.dense, vector.dense_values, vector.sparse[texts:], vector.sparse_values[texts:])
