"""The online model of a queue: a River logistic regression that learns from every verdict at once.

The model after a sequence of ``learn`` calls is a pure function of the configuration and that sequence, byte for byte,
with any number of ``dump`` and ``load`` between. ``predict`` never changes it. Only this file imports River.
"""

from __future__ import annotations

import hashlib
import math
import platform
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

import numpy as np
from river import linear_model, optim

from scoring.checkpoint_format import Arrays, CheckpointCorrupt, ascending, finite_array, pack, unpack, whole
from scoring.covariance import Covariance, prior_covariance, prior_variances, symmetric
from scoring.features import AlertFacts, Features
from scoring.matrix import OpenMatrix
from scoring.model_config import ConfigInvalid, ModelConfig
from scoring.phrases import Highlight
from scoring.reasons import Reason, highlights, reasons
from scoring.state import Encoder, Floats, Lesson, Memory, Vector, Weights, upstream_of
from scoring.state_io import restore_state, state_arrays

__all__ = [
    "CheckpointCorrupt",
    "ConfigInvalid",
    "Highlight",
    "ModelConfig",
    "OnlineModel",
    "OpenMatrix",
    "Reason",
    "library_versions",
]

FURTHEST_LOG_ODDS: Final = 30.0  # keeps probabilities off 0 and 1
FIRST_CUT: Final = 25  # bins are first cut after this many labels, then each time that there are twice as many


@dataclass(slots=True)
class Example:
    """A row as River's learning loop carries it: vector, prior log-odds, and which weights may move."""

    vector: Vector
    offset: float
    moves_dense: bool = True
    moves_sparse: bool = True


@dataclass(slots=True)
class Slope:
    """First and second derivative of an example's weighted loss by its log-odds."""

    example: Example
    slope: float
    curvature: float


class VerdictOptimizer(optim.base.Optimizer):
    """A River optimizer in two parts: Newton steps for the dense weights, AdaGrad for the sparse ones.

    On sparse weights the steps are those of ``river.optim.AdaGrad`` with ``eps`` = ``smoothing`` (Duchi, Hazan, Singer
    2011, JMLR 12), on an array instead of a dict. Old labels that are learnt again move sparse weights only: the
    covariance of the dense ones has counted them already.
    """

    def __init__(self, config: ModelConfig, sparse_slots: int) -> None:
        super().__init__(config.learning_rate)
        self.config = config
        self.squares: Floats = np.zeros(sparse_slots)
        self.covariance = Covariance()

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
        held = weights[slots]
        gradient = vector.sparse_values * slope + self.config.l2 * held
        squares = self.squares[slots] + gradient * gradient
        self.squares[slots] = squares
        weights[slots] = held - self.learning_rate * gradient / np.sqrt(squares + self.config.smoothing)


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
        return weights.dot(x.vector) + float(x.offset)

    def _eval_gradient_one(self, x: Any, y: float, w: float) -> tuple[Any, float]:
        log_odds = self._raw_dot_one(x)
        slope = w * float(self.loss.gradient(y_true=y, y_pred=log_odds))
        probability = _probability(log_odds)
        return Slope(x, slope, w * probability * (1.0 - probability)), slope


class OnlineModel:
    """One queue's model. Not safe for threads: hold a lock between ``learn`` and the other calls."""

    def __init__(self, config: ModelConfig) -> None:
        self.config = config
        self.encoder = Encoder(config)
        self.memory = Memory(config.memory)
        self.weights = Weights.zero(config)
        self.optimizer = VerdictOptimizer(config, len(self.weights.sparse))
        self.river = VerdictRegression(self.weights, self.optimizer)
        self.learnt = 0

    def predict(self, features: Features) -> float:
        """The probability, in (0, 1), that the alert is accurate. Changes nothing."""
        return _probability(self.log_odds(features))

    def log_odds(self, features: Features) -> float:
        """The log-odds behind ``predict``."""
        row = self.encoder.row(features)
        return self.weights.dot(self.encoder.vector(row)) + self.prior(row.upstream)

    def probability(self, linear: float, upstream: float) -> float:
        """The probability of an alert whose features weigh ``linear`` log-odds in sum (scoring/batch.py sums them)."""
        return _probability(linear + self.prior(upstream))

    def predict_matrix(self, matrix: OpenMatrix) -> Floats:
        """``predict`` for every alert of a matrix at once, in ascending order of key; equal to 1e-9."""
        log_odds = matrix.dot(self.encoder, self.weights) + self._prior_share() * (2.0 * matrix.upstream() - 1.0)
        return 1.0 / (1.0 + np.exp(-np.clip(log_odds, -FURTHEST_LOG_ODDS, FURTHEST_LOG_ODDS)))

    def learn(self, features: Features, label: bool, weight: float = 1.0) -> None:
        """Learn one label, then the text of some old ones again.

        1. Give room to what is new, take the numbers into the statistics. 2. Remember the row. 3. Where it is time, cut
        the bins anew and learn the dense weights afresh from memory. 4. Learn the row. 5. Replay.
        ``weight`` scales the step; 0 teaches statistics only. Raises ValueError where it is negative or not finite.
        """
        if not (math.isfinite(weight) and weight >= 0):
            raise ValueError(f"a weight must be a number from 0 upwards, not {weight!r}")
        lesson = Lesson(self.encoder.learn(features), bool(label), float(weight))
        self._make_room()
        self.memory.keep(lesson, self.learnt)
        self.learnt += 1
        if _is_cut(self.learnt):
            self._cut_bins()
        self._study(lesson)
        for turn in range(self._replays()):
            self._replay(self.memory.draw(self.learnt, turn))

    def _make_room(self) -> None:
        if len(self.optimizer.covariance.matrix) < self.encoder.registry.size:
            self.optimizer.covariance.grow(prior_variances(self.encoder))

    def _cut_bins(self) -> None:
        """Cut the bins at what is remembered, and learn the dense weights afresh from it, oldest first."""
        lessons = self.memory.in_order(self.learnt)[:-1]
        self.encoder.statistics.cut(self.memory.lessons)
        self.optimizer.covariance.set(prior_covariance(self.encoder))
        self.weights.dense[:] = 0.0
        self.weights.usual[:] = 0.0
        for count, lesson in enumerate(lessons, start=1):
            example = self._example(lesson)
            example.moves_sparse = False
            self._notice(example.vector, count)
            self.river.learn_one(example, lesson.label, lesson.weight)

    def _study(self, lesson: Lesson) -> None:
        """Learn a label for the first time."""
        example = self._example(lesson)
        self._notice(example.vector, min(self.learnt, self.config.memory))
        self.river.learn_one(example, lesson.label, lesson.weight)

    def _replay(self, lesson: Lesson) -> None:
        """Learn the text of an old label again."""
        if len(lesson.row.text_ids) or len(lesson.row.hashed):
            example = self._example(lesson)
            example.moves_dense = False
            self.river.learn_one(example, lesson.label, lesson.weight)

    def _example(self, lesson: Lesson) -> Example:
        return Example(self.encoder.vector(lesson.row), self.prior(lesson.row.upstream))

    def _notice(self, vector: Vector, count: int) -> None:
        """Take a vector into the mean of the dense slots, as one of ``count``."""
        usual = self.weights.usual
        usual *= 1.0 - 1.0 / count
        usual[vector.dense] += vector.dense_values / count

    def _replays(self) -> int:
        """Old labels to learn again after this verdict: many while few are known."""
        config = self.config
        early = config.early_replay * config.early_verdicts // max(self.learnt, config.early_verdicts)
        return max(config.replay, early)

    def _prior_share(self) -> float:
        """Log-odds that the upstream score can still add by itself; fades as verdicts come in."""
        config = self.config
        return config.prior_gain * config.prior_verdicts / (config.prior_verdicts + self.learnt)

    def prior(self, upstream: float) -> float:
        """The log-odds that an upstream score in 0..1 adds by itself."""
        return self._prior_share() * (2.0 * upstream - 1.0)

    def reasons(self, facts: AlertFacts, features: Features, top: int = 6) -> list[Reason]:
        """The ``top`` heaviest reasons in log-odds, heaviest first; texts as phrases with their spans.

        A number's or a category's contribution is what it adds beyond what that feature adds to an average alert.
        """
        prior = self.prior(upstream_of(features))
        return reasons(facts, features, self.encoder, self.weights, prior, top)

    def highlights(self, facts: AlertFacts, features: Features) -> list[Highlight]:
        """The spans of the original text that spoke for (positive) and against, in order of place."""
        return highlights(facts, features, self.encoder, self.weights)

    def dump(self) -> bytes:
        """The whole state; the same bytes in every process that learnt the same sequence."""
        optimizer, weights, size = self.optimizer, self.weights, self.encoder.registry.size
        state = {"config": self.config.to_dict(), "learnt": self.learnt, "iterations": optimizer.n_iterations}
        used = np.flatnonzero(optimizer.squares)
        arrays = state_arrays(self.encoder.statistics, self.memory) | {
            "slots": used.astype(np.int32),
            "sparse": weights.sparse[used],
            "squares": optimizer.squares[used],
            "dense": weights.dense[:size],
            "usual": weights.usual[:size],
            "covariance": optimizer.covariance.matrix[np.tril_indices(size)] if self.learnt else np.zeros(0),
        }
        return pack(state | {"registry": self.encoder.registry.names()}, arrays)

    @classmethod
    def load(cls, config: ModelConfig, payload: bytes) -> OnlineModel:
        """The model of ``dump``. Raises ``CheckpointCorrupt`` where the bytes are not a state of this configuration."""
        state, arrays = unpack(payload)
        if state.get("config") != config.to_dict():
            raise CheckpointCorrupt("the state belongs to another configuration")
        model = cls(config)
        try:
            model._restore(state, arrays)
        except (KeyError, ValueError, TypeError, IndexError, OverflowError) as error:
            raise CheckpointCorrupt(f"the state does not fit: {error}") from error
        return model

    def _restore(self, state: dict[str, Any], arrays: Arrays) -> None:
        optimizer, weights = self.optimizer, self.weights
        self.learnt = whole(state["learnt"])
        optimizer.n_iterations = whole(state["iterations"])
        restore_state(self.encoder, self.memory, state["registry"], arrays)
        if len(self.memory.lessons) != min(self.learnt, self.memory.capacity):
            raise CheckpointCorrupt("what is remembered does not fit what was learnt")
        slots = ascending(arrays["slots"], len(weights.sparse))
        weights.sparse[slots] = finite_array(arrays["sparse"], len(slots))
        optimizer.squares[slots] = np.abs(finite_array(arrays["squares"], len(slots)))
        size = self.encoder.registry.size
        weights.dense[:size] = finite_array(arrays["dense"], size)
        weights.usual[:size] = finite_array(arrays["usual"], size)
        if self.learnt:
            optimizer.covariance.set(symmetric(finite_array(arrays["covariance"], size * (size + 1) // 2), size))

    def digest(self) -> str:
        """SHA-256 of the state: equal where, and only where, the models are."""
        return hashlib.sha256(self.dump()).hexdigest()


def library_versions() -> dict[str, str]:
    """Versions of everything that a model's numbers depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in ("river", "numpy")}}


def _probability(log_odds: float) -> float:
    """The probability of log-odds, kept off 0 and 1 by cutting at 30."""
    return 1.0 / (1.0 + math.exp(-min(FURTHEST_LOG_ODDS, max(-FURTHEST_LOG_ODDS, log_odds))))


def _is_cut(learnt: int) -> bool:
    """Whether bins are cut anew after this many verdicts: at 25, 50, 100, 200 ..."""
    return learnt % FIRST_CUT == 0 and (learnt // FIRST_CUT).bit_count() == 1
