"""The slow text model: a logistic regression on all texts so far, with what cross-fitting says of it. Pure.

scikit-learn fits it; what is left of it are n-grams with their weights, which the fast model takes for its own and goes
on learning from. How much the evidence counts against the prior is chosen by cross-fitting: where verdicts contradict
each other, they are believed less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from scoring.features import Features
from scoring.learner.checkpoint_format import CheckpointCorrupt, finite_array
from scoring.learner.model_config import ModelConfig

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

STRENGTHS: Final = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)  # of the evidence against the prior: scikit-learn's C
BOLD: Final = 4.0  # the strength from which on the fast model's steps are as long as without a generation
MANY: Final = 500  # lessons from which on n-grams that stand in one text only are left out: a sixth of the cost
_PRECISION: Final = 1e-3
_LEAST: Final = 0.25  # how freely an n-gram may weigh that is as frequent in accurate alerts as in false ones


@dataclass(frozen=True, slots=True)
class Words:
    """Text slots, ascending, and what each adds to the log-odds, where a text's values have the length 1.

    ``crossed``: the log-odds of the newest lessons' texts by weights that were learnt without them, oldest first.
    ``strength``: the one that cross-fitting chose of ``STRENGTHS``.
    """

    slots: Ints
    weights: Floats
    crossed: Floats
    strength: float = BOLD

    @property
    def boldness(self) -> float:
        """How long the fast model's steps are, 0 to 1: shorter where the verdicts turned out to be contradictory."""
        return min(1.0, self.strength / BOLD)

    @classmethod
    def none(cls) -> Words:
        """Nothing is known of texts."""
        return cls(np.zeros(0, dtype=np.int32), np.zeros(0), np.zeros(0))

    @classmethod
    def restored(cls, slots: Ints, weights: Floats, crossed: Floats, strength: float) -> Words:
        """The model of its arrays. Raises ``CheckpointCorrupt`` where they cannot be."""
        if slots.dtype != np.int32 or (len(slots) and (int(slots[0]) < 0 or bool((np.diff(slots) <= 0).any()))):
            raise CheckpointCorrupt("the text slots of a generation cannot be")
        if strength <= 0:
            raise CheckpointCorrupt("a strength must be above 0")
        return cls(slots, finite_array(weights, len(slots)), finite_array(crossed, len(crossed)), strength)


def train_words(
    many: Sequence[Features], labels: NDArray[np.bool_], weights: Floats, beside: Floats, config: ModelConfig
) -> Words:
    """The text model of these alerts, oldest first; ``beside``: cross-fitted log-odds of everything but the text.

    1. Fit every strength without each fold. 2. Scale what is said of the fold, and choose the strength whose scaled
    log-odds lose least. 3. Fit that one on all, and scale it alike. None where it foretells nothing.
    """
    texts, learnt = _Texts(many, beside), weights > 0
    fold = np.arange(len(many)) % config.slow_folds
    parts = [_Part(texts, learnt & (fold != left_out), labels, weights) for left_out in range(config.slow_folds)]
    best: tuple[float, float, float, Floats] | None = None
    for strength in STRENGTHS:
        crossed = np.zeros(len(many))
        for left_out, part in enumerate(parts):
            own = fold == left_out
            crossed[own] = texts.matrix[own][:, :-1] @ part.fit(strength)[:-1]
        scale, loss = _scale(crossed, labels, weights, beside)
        if best is None or loss < best[0]:
            best = loss, strength, scale, crossed
    assert best is not None
    _, strength, scale, crossed = best
    if not scale:
        return Words.none()
    found = _Part(texts, learnt, labels, weights).fit(strength)[:-1] * scale / config.text_gain
    heard = found != 0.0
    return Words(texts.slots[heard], found[heard], crossed[max(0, len(crossed) - config.memory) :] * scale, strength)


class _Texts:
    """Texts of length 1 as a sparse matrix, a column for each slot in use; what else is known is the last column."""

    def __init__(self, many: Sequence[Features], beside: Floats) -> None:
        from scipy import sparse

        lengths = np.array([len(one.text_ids) for one in many])
        ids = np.concatenate([one.text_ids for one in many])
        slots, columns, counts = np.unique(ids, return_inverse=True, return_counts=True)
        kept = counts >= (1 if len(many) < MANY else 2)
        self.slots = slots[kept]
        values = np.repeat(1.0 / np.sqrt(np.maximum(lengths, 1)), lengths)
        starts = np.concatenate(([0], np.cumsum(lengths)))
        texts = sparse.csr_matrix((values, columns, starts), shape=(len(many), len(slots)))
        self.matrix = sparse.hstack((texts[:, kept], sparse.csr_matrix(beside[:, None])), format="csr")


class _Part:
    """Some of the texts, ready to be learnt from.

    Columns are multiplied by their *freedom*: what is more frequent among accurate alerts than among false ones, or
    less, may weigh more, by the log of the ratio. Wang and Manning (2012), "Baselines and bigrams", ACL.
    """

    def __init__(self, texts: _Texts, rows: NDArray[np.bool_], labels: NDArray[np.bool_], weights: Floats) -> None:
        from scipy import sparse

        self.labels, self.weights = labels[rows], weights[rows]
        own = texts.matrix[rows]
        self.contested = bool(self.labels.any()) and not self.labels.all()
        present = own.copy()
        present.data = np.ones(len(present.data))
        of_accurate, of_false = np.where(self.labels, self.weights, 0.0), np.where(self.labels, 0.0, self.weights)
        accurate, false = float(np.add.reduce(of_accurate)), float(np.add.reduce(of_false))
        share = accurate / (accurate + false) if self.contested else 0.5
        often = (present.T @ of_accurate + 2.0 * share) / (accurate + 2.0)
        seldom = (present.T @ of_false + 2.0 * (1.0 - share)) / (false + 2.0)
        self.freedom: Floats = _LEAST + np.abs(np.log(often / seldom))
        self.freedom[-1] = 1.0
        self.inputs = own @ sparse.diags(self.freedom)

    def fit(self, strength: float) -> Floats:
        """Weights of the columns, for values before they were multiplied; the last one is of what is beside."""
        from sklearn.linear_model import LogisticRegression

        if not self.contested:  # all of one label: nothing to tell apart
            return np.zeros(len(self.freedom))
        fitted = LogisticRegression(C=strength, solver="liblinear", random_state=0, tol=_PRECISION)
        fitted.fit(self.inputs, self.labels, self.weights)
        found: Floats = fitted.coef_[0] * self.freedom
        return found


def _scale(crossed: Floats, labels: NDArray[np.bool_], weights: Floats, beside: Floats) -> tuple[float, float]:
    """By what to multiply cross-fitted log-odds beside what else is known, and the log loss of it. Platt (1999)."""
    from sklearn.linear_model import LogisticRegression

    inputs = np.column_stack((crossed, beside))
    fitted = LogisticRegression(C=1e3).fit(inputs, labels, weights)
    said = fitted.decision_function(inputs)
    loss = float(np.add.reduce(weights * np.logaddexp(0.0, np.where(labels, -said, said))))
    return max(0.0, float(fitted.coef_[0, 0])), loss
