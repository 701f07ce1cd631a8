"""The online model of a queue: a River logistic regression that learns from every verdict at once.

The model after a sequence of ``learn`` calls is a pure function of the configuration and that sequence, byte for byte,
with any number of ``dump`` and ``load`` between. ``predict`` never changes it. Only this file imports River.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
from river import linear_model, optim

from scoring.features import AlertFacts, Features
from scoring.learner.adoption import adopt, learn_afresh, meet, notice_afresh, seen_through
from scoring.learner.ahead import Ahead
from scoring.learner.calibration import Calibrator, Reliability
from scoring.learner.chain import START, extend
from scoring.learner.checkpoint_format import CheckpointCorrupt, pack, unpack
from scoring.learner.covariance import Covariance, prior_variances
from scoring.learner.example import Example, Slope, is_cut, probabilities_of, probability_of, replays_after, sound
from scoring.learner.generation import Generation, is_due
from scoring.learner.matrix import OpenMatrix
from scoring.learner.model_config import ConfigInvalid, ModelConfig
from scoring.learner.phrases import Highlight
from scoring.learner.prior import share_left, terms
from scoring.learner.reasons import Reason, highlights, reasons
from scoring.learner.state import Encoder, Floats, Lesson, Memory, Row, Vector, Weights, upstream_of
from scoring.learner.state_io import model_arrays, restore_model

__all__ = [
    "CheckpointCorrupt",
    "ConfigInvalid",
    "Highlight",
    "ModelConfig",
    "OnlineModel",
    "OpenMatrix",
    "Reason",
    "Reliability",
    "library_versions",
]


Told = tuple[Features, bool, float, int, bool]  # what `OnlineModel.learn` is given, in its order


class VerdictOptimizer(optim.base.Optimizer):
    """A River optimizer in two parts: Newton steps for the dense weights, AdaGrad for the sparse ones.

    On sparse weights the steps are those of ``river.optim.AdaGrad`` with ``eps`` = ``smoothing`` (Duchi, Hazan, Singer
    2011, JMLR 12), on an array instead of a dict. Old labels that are learnt again move sparse weights only: the
    covariance of the dense ones has counted them already. ``boldness``: by how much the steps are shortened, where a
    generation found that verdicts contradict each other (scoring/learner/words.py).
    """

    def __init__(self, config: ModelConfig, sparse_slots: int) -> None:
        super().__init__(config.learning_rate)
        self.config = config
        self.squares: Floats = np.zeros(sparse_slots)
        self.covariance = Covariance()
        self.boldness = 1.0

    def _step_with_dict(self, w: Any, g: Any) -> Any:
        weights: Weights = w
        example: Example = g.example
        if example.moves_dense:
            change = self.covariance.step(example.vector, g.slope, g.curvature, self.config.drift_variance)
            weights.dense[: len(change)] += change
        if example.moves_sparse and len(example.vector.sparse):
            self._step_sparse(weights.sparse, example.vector, g.slope)
        return weights

    def _step_sparse(self, weights: Floats, vector: Vector, slope: float) -> None:
        slots = vector.sparse
        held = weights.take(slots)
        gradient = vector.sparse_values * slope
        gradient += self.config.l2 * held
        squares = self.squares.take(slots)
        squares += gradient * gradient
        self.squares[slots] = squares
        weights[slots] = held - self.boldness * self.learning_rate * gradient / np.sqrt(squares + self.config.smoothing)


class VerdictRegression(linear_model.LogisticRegression):
    """River's logistic regression, its loop and its loss, with weights in arrays. The intercept is a dense weight."""

    _weights: Any  # Weights, where River has a VectorDict

    def __init__(self, weights: Weights, optimizer: VerdictOptimizer) -> None:
        super().__init__(optimizer=optimizer, intercept_lr=0.0)
        self._weights = weights

    def _enter_learn_mode(self, mask: object = None) -> Any:
        return self._weights

    def _raw_dot_one(self, x: Any) -> float:
        weights: Weights = self._weights
        return weights.dot(x.vector) + float(x.offset) if x.raw is None else float(x.raw)

    def _eval_gradient_one(self, x: Any, y: float, w: float) -> tuple[Any, float]:
        log_odds = self._raw_dot_one(x)
        slope = w * float(self.loss.gradient(y_true=y, y_pred=log_odds))
        probability = probability_of(log_odds)
        return Slope(x, slope, w * probability * (1.0 - probability)), slope


class OnlineModel:
    """One queue's model. Not safe for threads: hold a lock between ``learn`` and the other calls.

    ``chain`` digests all lessons in their order (scoring.learner.chain); ``milestones``: what it was after each number
    of lessons at which a generation is trained.
    """

    def __init__(self, config: ModelConfig) -> None:
        self.config = config
        self.encoder = Encoder(config)
        self.calibrator = Calibrator(config)
        self.memory = Memory(config.memory)
        self.weights = Weights.zero(config)
        self.optimizer = VerdictOptimizer(config, len(self.weights.sparse))
        self.river = VerdictRegression(self.weights, self.optimizer)
        self.learnt, self.chain = 0, START
        self._ahead = Ahead(self.encoder, ())
        self.milestones: dict[int, str] = {}

    def predict(self, features: Features) -> float:
        """The probability, in (0, 1), that the alert is accurate. Changes nothing."""
        return probability_of(self.log_odds(features))

    def log_odds(self, features: Features) -> float:
        """The log-odds behind ``predict``."""
        return self.calibrator.log_odds(self.uncalibrated(features))

    def uncalibrated(self, features: Features) -> float:
        """The log-odds that the reasons add up to, before calibration."""
        row = self.encoder.row(features)
        return self.weights.dot(self.encoder.vector(row)) + self.prior(row.upstream)

    def probability(self, linear: float, upstream: float) -> float:
        """The probability of an alert whose features weigh ``linear`` log-odds in sum (scoring/batch.py sums them)."""
        return probability_of(self.calibrator.log_odds(linear + self.prior(upstream)))

    def predict_matrix(self, matrix: OpenMatrix) -> Floats:
        """``predict`` for every alert of a matrix at once, in ascending order of key; equal to 1e-9."""
        intercept, gain = terms(self.config, self.learnt)
        raw = matrix.dot(self.encoder, self.weights) + intercept + gain * (2.0 * matrix.upstream() - 1.0)
        return probabilities_of(self.calibrator.log_odds_many(raw))

    def learn(self, features: Features, label: bool, weight: float = 1.0, key: int = 0, text: bool = True) -> None:
        """Learn one label, then the text of some old ones again.

        1. Give room to what is new, take the numbers into the statistics. 2. Learn from the score that the alert would
        have got what scores mean. 3. Count and remember. 4. Where it is time, cut the bins anew and learn the dense
        weights afresh from memory. 5. Learn the row. 6. Replay.
        ``weight`` scales the step; 0 teaches statistics only. ``key``: the alert's id. Where a label does not speak of
        the alert's text, only counts and calibration learn (0066). Raises ValueError: a weight that is none.
        """
        weight = sound(weight)
        row, vector = self._ahead.take(features) or self._met(features)
        lesson = Lesson(row, bool(label), weight, bool(text))
        example = Example(vector, self.prior(row.upstream))
        example.raw = self.weights.dot(example.vector) + example.offset
        self.calibrator.learn(example.raw, lesson.label, lesson.weight)
        self.encoder.counts.learn(features, lesson.label, lesson.weight)
        self.remember(lesson, key)
        if is_cut(self.learnt):
            self.encoder.statistics.cut((one.row.columns, one.row.numbers) for one in self.memory.lessons)
            seen = seen_through(self, self.memory.in_order(self.learnt)[:-1], self.learnt - 1)
            learn_afresh(self, seen)
            notice_afresh(self, seen)
            self._ahead.forget()
            example = self.example(lesson)
        self._study(example, lesson)
        for turn in range(replays_after(self.config, self.learnt)):
            self.replay(self.memory.draw(self.learnt, turn))

    @property
    def generation(self) -> Generation | None:
        """The generation in force, or None."""
        return self.encoder.generation

    def adopt(self, generation: Generation) -> None:
        """From now on lean on this generation's log-odds.

        What is remembered gets the cross-fitted ones (plain ones where it came after the training), the generation's
        words take the place of the text's weights, and the dense ones are learnt afresh from what is remembered.
        Raises ValueError where the generation knows more than the model.
        """
        if generation.learnt > self.learnt:
            raise ValueError(f"a generation of {generation.learnt} lessons is ahead of a model of {self.learnt}")
        adopt(self, generation)
        self._ahead.forget()

    def leap(self, told: Iterable[Told], generation: Generation) -> None:
        """``learn`` each lesson, then ``adopt``: to the same bit, without learning what the adoption makes anew."""
        for lesson in told:
            if self.config.afresh:
                meet(self, *lesson)
            else:
                self.learn(*lesson)
        self.adopt(generation)

    def foresee(self, coming: Sequence[Features]) -> None:
        """Say which lessons come next, in order: the same objects. They are learnt faster, to the same bit."""
        self._ahead = Ahead(self.encoder, coming)

    def _met(self, features: Features) -> tuple[Row, Vector]:
        row = self.encoder.learn(features)
        if self.optimizer.covariance.size < self.encoder.registry.size:
            self.optimizer.covariance.grow(prior_variances(self.encoder))
        return row, self.encoder.vector(row)

    def remember(self, lesson: Lesson, key: int) -> None:
        """Keep a lesson, as the next one, and say so in the chain."""
        self.memory.keep(lesson, self.learnt)
        self.learnt += 1
        self.chain = extend(self.chain, key, lesson.label, lesson.weight, lesson.text)
        if is_due(self.learnt):
            self.milestones[self.learnt] = self.chain

    def _study(self, example: Example, lesson: Lesson) -> None:
        self.weights.notice(example.vector, min(self.learnt, self.config.memory))
        if lesson.teaches_weights:
            self.river.learn_one(example, lesson.label, lesson.weight)

    def replay(self, lesson: Lesson) -> None:
        """Learn the text of an old label again."""
        if lesson.text and (len(lesson.row.text_ids) or len(lesson.row.hashed)):
            example = self.example(lesson)
            example.moves_dense = False
            self.river.learn_one(example, lesson.label, lesson.weight)

    def example(self, lesson: Lesson) -> Example:
        """A lesson as the learning loop takes it, under the statistics of the moment."""
        return Example(self.encoder.vector(lesson.row), self.prior(lesson.row.upstream))

    def prior(self, upstream: float) -> float:
        """The log-odds that an upstream score in 0..1 adds by itself, and what other queues make likely."""
        intercept, gain = terms(self.config, self.learnt)
        return intercept + gain * (2.0 * upstream - 1.0)

    def passport(self) -> dict[str, Any]:
        """What the model has learnt so far, as JSON values.

        ``learnt``; ``generation`` (lessons and digest) or None; ``calibration``: slopes above and below even odds, and
        shift; ``prior_share``: how much of the prior is left, 0..1; ``experience_verdicts`` of other queues behind it.
        """
        generation, left = self.encoder.generation, share_left(self.config, self.learnt)
        return {
            "learnt": self.learnt,
            "generation": generation and {"learnt": generation.learnt, "digest": generation.digest()},
            "calibration": dict(zip(("above", "below", "shift"), self.calibrator.parameters, strict=True)),
        } | {"chain": self.chain, "prior_share": left, "experience_verdicts": self.config.experience_verdicts}

    def calibration_at(self, probability: float) -> Reliability:
        """How true recent probabilities near this one were: how many verdicts, mean probability, share accurate."""
        return self.calibrator.at(probability)

    def reasons(self, facts: AlertFacts, features: Features, top: int = 6) -> list[Reason]:
        """The ``top`` heaviest reasons in log-odds, heaviest first; texts as phrases with their spans.

        A number's or a category's contribution is what it adds beyond what that feature adds to an average alert.
        """
        return reasons(facts, features, self.encoder, self.weights, self.prior(upstream_of(features)), top)

    def highlights(self, facts: AlertFacts, features: Features) -> list[Highlight]:
        """The spans of the original text that spoke for (positive) and against, in order of place."""
        return highlights(facts, features, self.encoder, self.weights)

    def dump(self) -> bytes:
        """The whole state; the same bytes in every process that learnt the same sequence."""
        return pack(*model_arrays(self))

    @classmethod
    def load(cls, config: ModelConfig, payload: bytes) -> OnlineModel:
        """The model of ``dump``. Raises ``CheckpointCorrupt`` where the bytes are not a state of this configuration."""
        state, arrays = unpack(payload)
        if state.get("config") != config.to_dict():
            raise CheckpointCorrupt("the state belongs to another configuration")
        model = cls(config)
        try:
            restore_model(model, state, arrays)
        except (KeyError, ValueError, TypeError, IndexError, OverflowError) as error:
            raise CheckpointCorrupt(f"the state does not fit: {error}") from error
        return model

    def digest(self) -> str:
        """SHA-256 of the state: equal where, and only where, the models are."""
        return hashlib.sha256(self.dump()).hexdigest()


def library_versions() -> dict[str, str]:
    """Versions of everything that a model's numbers depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in ("river", "numpy", "scikit-learn")}}
