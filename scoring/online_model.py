"""The online model of a queue: a River logistic regression that learns from every verdict at once.

The model after a sequence of ``learn`` calls is a pure function of the configuration and that sequence, byte for byte,
with any number of ``dump`` and ``load`` between. ``predict`` never changes it. This is the only file that imports River.
"""

from __future__ import annotations

import hashlib
import math
import platform
from importlib.metadata import version
from typing import Any, Final

import numpy as np
from river import linear_model, optim

from scoring.checkpoint_format import Arrays, CheckpointCorrupt, ascending, finite, finite_array, pack, unpack, whole
from scoring.features import AlertFacts, Features
from scoring.matrix import OpenMatrix
from scoring.model_config import ConfigInvalid, ModelConfig
from scoring.reasons import Highlight, Reason, highlights, reasons
from scoring.state import Encoder, Floats, Ints, Lesson, Memory
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

Vector = tuple[Ints, Floats]
FURTHEST_LOG_ODDS: Final = 30.0  # keeps probabilities off 0 and 1


class ArrayAdaGrad(optim.base.Optimizer):
    """River's AdaGrad over a weight array instead of a dict: the same steps, some ten times faster.

    ``smoothing`` is added to the sum of squared gradients, as ``eps`` in ``river.optim.AdaGrad``.
    Duchi, Hazan, Singer (2011), JMLR 12.
    """

    def __init__(self, size: int, learning_rate: float, smoothing: float) -> None:
        super().__init__(learning_rate)
        self.smoothing = smoothing
        self.squares: Floats = np.zeros(size)

    def _step_with_dict(self, w: Floats, g: Vector) -> Floats:
        slots, gradient = g
        squares = self.squares[slots] + gradient * gradient
        self.squares[slots] = squares
        w[slots] -= self.learning_rate * gradient / np.sqrt(squares + self.smoothing)
        return w


class ArrayLogisticRegression(linear_model.LogisticRegression):
    """River's logistic regression with its weights in one array, on rows given as (slots, values)."""

    def __init__(self, size: int, config: ModelConfig) -> None:
        super().__init__(
            optimizer=ArrayAdaGrad(size, config.learning_rate, config.smoothing),
            l2=config.l2,
            intercept_lr=config.intercept_rate,
        )
        self._weights: Floats = np.zeros(size)
        self.offset = 0.0  # log-odds that are given, not learnt: the prior

    def _enter_learn_mode(self, mask: object = None) -> Floats:
        return self._weights

    @property
    def weights_array(self) -> Floats:
        """All weights, by slot."""
        return self._weights

    def log_odds(self, vector: Vector, offset: float) -> float:
        """The log-odds of a row whose prior is ``offset``."""
        slots, values = vector
        return float(np.add.reduce(self._weights[slots] * values)) + self.intercept + offset

    def _raw_dot_one(self, x: Vector) -> float:
        return self.log_odds(x, self.offset)

    def _eval_gradient_one(self, x: Vector, y: float, w: float) -> tuple[Vector, float]:
        slots, values = x
        slope = w * self.loss.gradient(y_true=y, y_pred=self._raw_dot_one(x))
        gradient = values * slope
        if self.l2:
            gradient += self.l2 * self._weights[slots]
        return (slots, gradient), slope


class OnlineModel:
    """One queue's model. Not safe for threads: hold a lock between ``learn`` and the other calls."""

    def __init__(self, config: ModelConfig) -> None:
        self.config = config
        self.encoder = Encoder(config)
        self.memory = Memory(config.memory)
        self.river = ArrayLogisticRegression(self.encoder.layout.size, config)
        self.learnt = 0

    def predict(self, features: Features) -> float:
        """The probability, in (0, 1), that the alert is accurate. Changes nothing."""
        return _probability(self.log_odds(features))

    def log_odds(self, features: Features) -> float:
        """The log-odds behind ``predict``: the sum of all contributions."""
        row = self.encoder.row(features)
        return self.river.log_odds(self.encoder.vector(row), self.prior(row.upstream))

    def probability(self, linear: float, upstream: float) -> float:
        """The probability of an alert whose features weigh ``linear`` log-odds in sum (scoring/batch.py sums them)."""
        return _probability(linear + self.river.intercept + self.prior(upstream))

    def predict_matrix(self, matrix: OpenMatrix) -> Floats:
        """``predict`` for every alert of a matrix at once, in ascending order of key; equal to 1e-9."""
        linear = matrix.dot(self.encoder, self.river.weights_array)
        log_odds = linear + self.river.intercept + self._prior_share() * (2.0 * matrix.upstream() - 1.0)
        return 1.0 / (1.0 + np.exp(-np.clip(log_odds, -FURTHEST_LOG_ODDS, FURTHEST_LOG_ODDS)))

    def learn(self, features: Features, label: bool, weight: float = 1.0) -> None:
        """Learn one label, then some old ones again.

        1. Take the numbers into the statistics. 2. Remember the row. 3. Learn it. 4. Replay.
        ``weight`` scales the step; 0 learns nothing from the label. Raises ValueError where it is negative or not finite.
        """
        if not (math.isfinite(weight) and weight >= 0):
            raise ValueError(f"a weight must be a number from 0 upwards, not {weight!r}")
        self.encoder.register(features)
        row = self.encoder.row(features)
        self.encoder.columns.learn(row.columns, row.numbers)
        lesson = Lesson(row, bool(label), float(weight))
        self.memory.keep(lesson, self.learnt)
        self.learnt += 1
        if _is_cut(self.learnt):
            self.memory.cut_bins(self.encoder.columns)
        self._study(lesson)
        for turn in range(self._replays()):
            self._study(self.memory.draw(self.learnt, turn))

    def _study(self, lesson: Lesson) -> None:
        self.river.offset = self.prior(lesson.row.upstream)
        self.river.learn_one(self.encoder.vector(lesson.row), lesson.label, lesson.weight)

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
        """The ``top`` heaviest contributions in log-odds, heaviest first; texts as phrases with their spans."""
        row = self.encoder.row(features)
        return reasons(facts, features, self.encoder, self.river.weights_array, self.prior(row.upstream), top)

    def highlights(self, facts: AlertFacts, features: Features) -> list[Highlight]:
        """The spans of the original text that spoke for (positive) and against, in order of place."""
        return highlights(facts, features, self.encoder, self.river.weights_array)

    def dump(self) -> bytes:
        """The whole state; the same bytes in every process that learnt the same sequence."""
        river = self.river
        state = {"config": self.config.to_dict(), "learnt": self.learnt, "intercept": river.intercept}
        state |= {"iterations": river.optimizer.n_iterations, "columns": list(self.encoder.columns.index)}
        arrays = state_arrays(self.encoder.columns, self.memory)
        used = np.flatnonzero(river.optimizer.squares)
        arrays |= {"slots": used.astype(np.int32), "weights": river.weights_array[used]}
        return pack(state, arrays | {"squares": river.optimizer.squares[used]})

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
        river = self.river
        self.learnt = whole(state["learnt"])
        river.intercept = finite(state["intercept"])
        river.optimizer.n_iterations = whole(state["iterations"])
        restore_state(self.encoder, self.memory, state["columns"], arrays)
        slots = ascending(arrays["slots"], river.weights_array.size)
        river.weights_array[slots] = finite_array(arrays["weights"], len(slots))
        river.optimizer.squares[slots] = finite_array(arrays["squares"], len(slots))

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
    return learnt % 25 == 0 and (learnt // 25).bit_count() == 1
