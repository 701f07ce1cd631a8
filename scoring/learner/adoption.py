"""A generation takes effect: what is remembered is seen through it, and the dense weights are learnt afresh. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from scoring.features import Features
from scoring.learner.calibration import Calibrator
from scoring.learner.covariance import prior_covariance
from scoring.learner.example import Example, is_cut, probability_of, replays_after, sound
from scoring.learner.generation import Generation
from scoring.learner.layout import vectors
from scoring.learner.registry import SLOW
from scoring.learner.stance import ALONE, BETWEEN, STANCES, Stance, mean_stance
from scoring.learner.state import Floats, Lesson, Vector
from scoring.learner.words import Words

if TYPE_CHECKING:
    from scoring.online_model import OnlineModel

TRIED: Final = 600  # newest lessons on which stances are compared
_EARLY: Final = 0.6  # so much of what is remembered is scored by weights that know little: no calibration


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
    under each stance. 4. The mean of the stances, by how well each foretold them before they were learnt, is taken, and
    all that is remembered is learnt under it; of what came after the training the texts too.
    """
    encoder, lessons = model.encoder, model.memory.in_order(model.learnt)
    encoder.generation = generation
    for position, lesson in enumerate(lessons, start=model.learnt - len(lessons)):
        crossed = generation.crossed_at(position)
        lesson.row.beliefs[0] = encoder.slow(lesson.row) if crossed is None else crossed
    _take_words(model, generation.words)
    seen = seen_through(model, lessons, model.learnt)
    stances: Sequence[Stance] = BETWEEN if model.config.stance_temper else STANCES
    if not len(generation.trees.leaves):  # it says the same of every alert
        stances = (ALONE,)
    encoder.stance = _stance(model, seen[-TRIED:], stances)
    if model.config.afresh:
        _begin_anew(model, seen)
    else:
        learn_afresh(model, seen, generation.learnt if len(generation.words.slots) else None)
    notice_afresh(model, seen)


def meet(model: OnlineModel, features: Features, label: bool, weight: float, key: int, text: bool) -> None:
    """What outlives an adoption with which a model begins anew, of ``OnlineModel.learn``. Until then it knows nothing.

    Slots, statistics, bins, counts and memory. Whatever a generation says of the row, the adopted one says otherwise.
    """
    weight = sound(weight)
    row = model.encoder.learn(features, slow=0.0)
    model.encoder.counts.learn(features, label, weight)
    model.remember(Lesson(row, label, weight, text), key)
    if is_cut(model.learnt):
        model.encoder.statistics.cut((one.row.columns, one.row.numbers) for one in model.memory.lessons)


def _stance(model: OnlineModel, seen: Sequence[Seen], stances: Sequence[Stance]) -> Stance:
    """How far to lean on the generation, by what it would have said of these lessons under each stance."""
    temper, losses = model.config.stance_temper, list[float]()
    for model.encoder.stance in stances:
        losses.append(_loss(seen, learn_afresh(model, seen)))
    return mean_stance(stances, losses, temper) if temper else stances[losses.index(min(losses))]


def _take_words(model: OnlineModel, words: Words) -> None:
    """Take words for the fast model's own, where there are some."""
    model.optimizer.boldness = words.boldness
    if model.config.afresh:
        model.weights.sparse[:] = 0.0
    if len(words.slots):
        model.weights.sparse[: 1 << model.config.text_bits] = 0.0
        model.weights.sparse[words.slots] = words.weights


def _begin_anew(model: OnlineModel, seen: Sequence[Seen]) -> None:
    """Make everything that lessons have taught anew from what is remembered and the words of the generation.

    1. Learn what the words were trained on, seen through their cross-fitted log-odds. 2. Take its texts into the sums
    that shorten AdaGrad's steps, for as many lessons as there have been. 3. Learn what came later, texts too; where the
    generation has no words, these are all, and their texts are learnt as often as one by one. 4. Learn what scores mean
    from the later part of all these.
    """
    optimizer = model.optimizer
    optimizer.squares[:] = 0.0
    optimizer.n_iterations = 0
    trained = sum(one.crossed is not None for one in seen)  # the oldest: the words know their texts
    said = learn_afresh(model, seen[:trained], 0)
    if trained:
        optimizer.squares += _squares(model, seen[:trained], said) * (model.learnt / len(seen))
    said += _learn(model, seen[trained:], 0)
    if not trained:
        _replay(model, len(seen))
    model.calibrator = Calibrator(model.config)
    for one, raw in list(zip(seen, said, strict=True))[int(len(seen) * _EARLY) :]:
        model.calibrator.learn(raw, one.lesson.label, one.lesson.weight)


def _replay(model: OnlineModel, learnt: int) -> None:
    """Learn as many texts again as after so many lessons, one by one, had been."""
    for turn in range(sum(replays_after(model.config, place) for place in range(1, learnt + 1))):
        model.replay(model.memory.draw(model.learnt, turn))


def _squares(model: OnlineModel, seen: Sequence[Seen], said: Sequence[float]) -> Floats:
    """By sparse slot: the sum of the squared gradients of these lessons' texts, at the log-odds that they had."""
    pairs = [(one.lesson, raw) for one, raw in zip(seen, said, strict=True) if one.lesson.teaches_weights]
    ids = [lesson.row.text_ids for lesson, _raw in pairs]
    slopes = [lesson.weight * (probability_of(raw) - lesson.label) for lesson, raw in pairs]
    each = [(slope * model.encoder.text_value(len(one))) ** 2 for slope, one in zip(slopes, ids, strict=True)]
    slots = np.concatenate([np.zeros(0, dtype=np.int32), *ids])
    amounts = np.repeat(np.array(each), [len(one) for one in ids])
    return np.bincount(slots, amounts, len(model.weights.sparse)).astype(np.float64)


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


def learn_afresh(model: OnlineModel, seen: Sequence[Seen], texts_from: int | None = None) -> list[float]:
    """Learn the dense weights afresh from lessons, oldest first; returns the log-odds that each had before.

    Of those from ``texts_from`` on (None: of none) the sparse weights are learnt as well.
    """
    model.optimizer.covariance.set(prior_covariance(model.encoder))
    model.weights.dense[:] = 0.0
    model.weights.dense[SLOW] = model.encoder.stance.trust
    return _learn(model, seen, texts_from)


def _learn(model: OnlineModel, seen: Sequence[Seen], texts_from: int | None) -> list[float]:
    said: list[float] = []
    for place, lesson, vector, crossed, prior in seen:
        raw = model.weights.dot(vector)
        if crossed is not None:
            raw += crossed
        raw += prior
        said.append(raw)
        if lesson.teaches_weights:
            example = Example(vector, prior, moves_sparse=texts_from is not None and place >= texts_from, raw=raw)
            model.river.learn_one(example, lesson.label, lesson.weight)
    return said


def _loss(seen: Sequence[Seen], said: Sequence[float]) -> float:
    """The sum of the log losses of lessons that had these log-odds."""
    loss = 0.0
    for one, raw in zip(seen, said, strict=True):
        if one.lesson.teaches_weights:
            loss += one.lesson.weight * math.log1p(math.exp(min(30.0, -raw if one.lesson.label else raw)))
    return loss


def notice_afresh(model: OnlineModel, seen: Sequence[Seen]) -> None:
    """Work out afresh, from lessons, what an average alert looks like."""
    model.weights.usual[:] = 0.0
    for count, one in enumerate(seen, start=1):
        model.weights.notice(one.vector, count)


def _without_text(vector: Vector, texts: int) -> Vector:
    """The vector without its text, whose ids come first among the sparse slots."""
    return Vector(vector.dense, vector.dense_values, vector.sparse[texts:], vector.sparse_values[texts:])
