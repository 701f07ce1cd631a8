"""The slow model: gradient boosting on everything but the text, weights for the text (scoring/learner/words.py). Pure.

It is trained now and then on all labels so far. A generation is plain arrays, made once by scikit-learn and from then
on evaluated here. Beside the trees it carries what *cross-fitted* trees say of the newest lessons it was trained on:
each of those log-odds comes from trees that have not seen the row, as its log-odds for tomorrow's alerts do.
Wolpert (1992), "Stacked generalization".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from scoring.features import Features
from scoring.learner.checkpoint_format import Arrays, CheckpointCorrupt, finite, finite_array, pack, unpack, whole
from scoring.learner.model_config import ModelConfig
from scoring.learner.trees import FURTHEST, LEAVES, NEVER, QUESTIONS, Floats, Table, Trees
from scoring.learner.words import Words, train_words

FIRST: Final = 50  # lessons before the first generation
GROWTH: Final = 1.15  # each later one has this many times the lessons of the one before
_FEWEST: Final = 20  # of each label; trees grown on fewer rank worse than none (decision 0055)
_FURTHEST_COUNT: Final = 10**12


@dataclass(frozen=True, slots=True)
class TrainingLesson:
    """What a generation is trained on: an alert, its label, how much that weighs, and whether it is about the text."""

    features: Features
    label: bool
    weight: float = 1.0
    text: bool = True


@cache
def _due() -> frozenset[int]:
    return frozenset(_schedule())


def _schedule() -> Iterator[int]:
    count = float(FIRST)
    while count < _FURTHEST_COUNT:
        yield int(count)
        count *= GROWTH


def milestones(learnt: int) -> list[int]:
    """The counts of lessons, up to ``learnt``, after which a generation is trained: 50, 57, 66, 76, 87 ..."""
    return sorted(count for count in _due() if count <= learnt)


def next_due(learnt: int) -> int:
    """The count of lessons after which the next generation is trained."""
    return min(count for count in _due() if count > learnt)


def is_due(learnt: int) -> bool:
    """Whether a generation is trained after exactly this many lessons."""
    return learnt in _due()


class Generation:
    """One slow model. ``learnt``: how many lessons it was trained on; ``report``: what cross-fitting says of it.

    ``crossed``: cross-fitted log-odds of its newest lessons, oldest first, by the trees; ``words``: the text model.
    """

    def __init__(
        self, learnt: int, table: Table, trees: Trees, crossed: Floats, report: dict[str, Any], words: Words
    ) -> None:
        self.learnt, self.table, self.trees, self.crossed, self.report = learnt, table, trees, crossed, report
        self.words = words

    def log_odds(self, features: Features) -> float:
        """What it says of an alert, in log-odds between -8 and 8."""
        return self.trees.log_odds(*self.table.known(features))

    def log_odds_many(self, many: Sequence[Features]) -> Floats:
        """What it says of many alerts, shape (alerts,)."""
        return self.trees.log_odds_many(self.table.matrix(many))

    def parts(self, features: Features) -> dict[str, float]:
        """What each feature adds to its log-odds beyond an average alert, by name."""
        parts: dict[str, float] = {}
        for name, part in zip(self.table.names, self.trees.parts(*self.table.known(features)).tolist(), strict=True):
            parts[name] = parts.get(name, 0.0) + part
        return parts

    def crossed_at(self, position: int) -> float | None:
        """The cross-fitted log-odds of the lesson at this place in the sequence, from 0; None where it has none."""
        return _at(self.crossed, self.learnt, position)

    def words_at(self, position: int) -> float | None:
        """The same for what its words say of that lesson's text."""
        return _at(self.words.crossed, self.learnt, position)

    @cached_property
    def _payload(self) -> bytes:
        state: dict[str, Any] = {"learnt": self.learnt, "report": self.report, "base": self.trees.base}
        state |= {"numbers": self.table.numbers, "categories": self.table.categories, "trees": len(self.trees.leaves)}
        state["strength"] = self.words.strength
        arrays: Arrays = self.trees.arrays() | {"crossed": self.crossed}
        arrays |= {"slots": self.words.slots, "words": self.words.weights, "crossed_words": self.words.crossed}
        return pack(state, arrays)

    def dump(self) -> bytes:
        """The whole generation; the same bytes wherever it was trained on the same lessons."""
        return self._payload

    def digest(self) -> str:
        """SHA-256 of ``dump``."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        return hashlib.sha256(self._payload).hexdigest()

    @classmethod
    def load(cls, payload: bytes) -> Generation:
        """The generation of ``dump``. Raises ``CheckpointCorrupt`` for any other bytes."""
        state, arrays = unpack(payload)
        try:
            table = Table(_names(state["numbers"]), _categories(state["categories"]))
            trees = Trees.restored(table.width, finite(state["base"]), whole(state["trees"]), arrays)
            learnt, crossed = whole(state["learnt"]), finite_array(arrays["crossed"], len(arrays["crossed"]))
            strength = finite(state["strength"])
            words = Words.restored(arrays["slots"], arrays["words"], arrays["crossed_words"], strength)
            if max(len(crossed), len(words.crossed)) > learnt or not isinstance(state["report"], dict):
                raise CheckpointCorrupt("a generation knows more lessons than it was trained on")
            return cls(learnt, table, trees, np.clip(crossed, -FURTHEST, FURTHEST), state["report"], words)
        except (KeyError, ValueError, TypeError, OverflowError) as error:
            raise CheckpointCorrupt(f"not a generation: {error}") from error


def _at(crossed: Floats, learnt: int, position: int) -> float | None:
    place = position - (learnt - len(crossed))
    return float(crossed[place]) if 0 <= place < len(crossed) else None


def _names(found: object) -> list[str]:
    names = [name for name in found if isinstance(name, str)] if isinstance(found, list) else []
    if names != found or len(set(names)) != len(names):
        raise CheckpointCorrupt("the columns of a generation cannot be")
    return names


def _categories(found: object) -> list[tuple[str, str]]:
    match found:
        case list() if all(isinstance(one, list) and len(one) == 2 for one in found):
            keys = [(name, value) for name, value in found if isinstance(name, str) and isinstance(value, str)]
            if len(keys) == len(found) == len(set(keys)):
                return keys
    raise CheckpointCorrupt("the categories of a generation cannot be")


def train(lessons: Sequence[TrainingLesson], config: ModelConfig) -> Generation:
    """A generation of these lessons, oldest first: the same on any number of threads and processors.

    1. Lay the features out as a table. 2. Train on all rows that weigh anything. 3. Train once more for each fold
    without it, and keep what those trees say of the newest ``config.memory`` rows. 4. Train on the texts alike.
    """
    table = Table.of(lesson.features for lesson in lessons)
    rows = table.matrix([lesson.features for lesson in lessons])
    labels = np.array([lesson.label for lesson in lessons], dtype=np.bool_)
    weights = np.array([lesson.weight for lesson in lessons], dtype=np.float64)
    _ensemble()  # the limit holds for what is loaded already
    with threadpool_limits(1):
        trees = _boost(rows, labels, weights, config)
        crossed = _cross(rows, labels, weights, config)
        words = _words(lessons, labels, weights, crossed, config)
    newest = crossed[max(0, len(crossed) - config.memory) :]
    return Generation(len(lessons), table, trees, newest, _report(crossed, labels, weights), words)


def _words(
    lessons: Sequence[TrainingLesson], labels: NDArray[np.bool_], weights: Floats, crossed: Floats, config: ModelConfig
) -> Words:
    """The text model; none where there are too few texts of either label."""
    many = [lesson.features for lesson in lessons]
    speak = np.array([lesson.text and len(lesson.features.text_ids) > 0 for lesson in lessons])
    weights = np.where(speak, weights, 0.0)
    if min(int((labels & (weights > 0)).sum()), int((~labels & (weights > 0)).sum())) < _FEWEST:
        return Words.none()
    return train_words(many, labels, weights, crossed, config)


def _ensemble() -> Any:
    """scikit-learn's module, imported late: only who trains pays for it."""
    from sklearn import ensemble

    return ensemble


def _cross(rows: Floats, labels: NDArray[np.bool_], weights: Floats, config: ModelConfig) -> Floats:
    """For each row the log-odds of trees that were trained without its fold."""
    crossed = np.zeros(len(rows))
    fold = np.arange(len(rows)) % config.slow_folds
    for left_out in range(config.slow_folds):
        rest, own = fold != left_out, fold == left_out
        crossed[own] = _boost(rows[rest], labels[rest], weights[rest], config).log_odds_many(rows[own])
    return crossed


def _boost(rows: Floats, labels: NDArray[np.bool_], weights: Floats, config: ModelConfig) -> Trees:
    """Boosted trees; none, but the base rate, where there is too little of either label."""
    rows, labels, weights = rows[weights > 0], labels[weights > 0], weights[weights > 0]
    width = rows.shape[1]
    accurate, false = float(weights[labels].sum()), float(weights[~labels].sum())
    base = float(np.log((accurate + 1.0) / (false + 1.0)))
    if not width or min(int(labels.sum()), int((~labels).sum())) < _FEWEST:
        return _trees([], width, base)
    boosting = _ensemble().HistGradientBoostingClassifier(
        max_iter=config.slow_trees,
        learning_rate=config.slow_rate,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=config.slow_leaf,
        l2_regularization=config.slow_l2,
        max_features=min(1.0, max(config.slow_columns, config.slow_least_columns / width)),
        early_stopping=False,
        random_state=0,
    )
    boosting.fit(_without_gaps(rows), labels, weights)
    grown = [predictors[0].nodes for predictors in boosting._predictors]
    return _trees(grown, width, float(boosting._baseline_prediction[0, 0]))


def _without_gaps(rows: Floats) -> Floats:
    """The rows, with a column that no row has a value of as a constant: scikit-learn 1.9 cannot cut an empty one."""
    return np.where(np.isnan(rows).all(axis=0), 0.0, rows)


def _trees(grown: Sequence[NDArray[Any]], width: int, base: float) -> Trees:
    """The arrays of scikit-learn's trees."""
    shape = (QUESTIONS, len(grown))
    made = Trees(
        width,
        base,
        np.zeros(shape, dtype=np.int64),
        np.full(shape, NEVER),
        np.zeros(shape, dtype=np.uint16),
        np.zeros(shape, dtype=np.uint16),
        np.zeros((len(grown), LEAVES)),
        np.zeros((len(grown), LEAVES)),
    )
    for tree, nodes in enumerate(grown):
        _Planting(made, tree, nodes).plant(0)
    return made


class _Planting:
    """Writes one of scikit-learn's trees into the arrays, questions and leaves numbered from left to right."""

    def __init__(self, made: Trees, tree: int, nodes: NDArray[Any]) -> None:
        self.made, self.tree, self.nodes = made, tree, nodes
        self.questions = self.leaves = 0

    def plant(self, number: int) -> int:
        """Write a node and all below it; returns the leaves below it as bits."""
        node = self.nodes[number]
        if node["is_leaf"]:
            self.made.leaves[self.tree, self.leaves] = node["value"]
            self.made.covers[self.tree, self.leaves] = node["count"]
            self.leaves += 1
            return 1 << (self.leaves - 1)
        question = (self.questions, self.tree)
        self.questions += 1
        left = self.plant(int(node["left"]))
        reach = left | self.plant(int(node["right"]))
        to_the_right = 0 if node["missing_go_to_left"] else self.made.width
        self.made.asked[question] = int(node["feature_idx"]) + to_the_right
        self.made.thresholds[question] = min(NEVER, float(node["num_threshold"]))
        self.made.left[question], self.made.reach[question] = left, reach
        return reach


def _report(crossed: Floats, labels: NDArray[np.bool_], weights: Floats) -> dict[str, Any]:
    """Rows, and the cross-fitted log loss and AUC (None where there is one label only)."""
    total = float(np.add.reduce(weights))
    losses = np.logaddexp(0.0, np.where(labels, -crossed, crossed))
    loss = float(np.add.reduce(weights * losses)) / total if total else None
    return {"rows": len(labels), "log_loss": loss, "auc": _auc(crossed, labels)}


def _auc(scores: Floats, labels: NDArray[np.bool_]) -> float | None:
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0)[places]
    accurate, false = int(labels.sum()), int((~labels).sum())
    if not accurate or not false:
        return None
    return float((np.add.reduce(ranks[labels]) - accurate * (accurate + 1) / 2) / (accurate * false))
