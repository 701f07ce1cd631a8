"""Which alerts to ask people about. Pure; the only file that imports modAL.

modAL's `ActiveLearner` stands around the queue's River model and answers `query()` only: its `teach()` and `fit()` fail
on current scikit-learn, and River does the learning. Three more things about modAL 0.4.2 shape this file:

- `query()` swallows an exception of the strategy and calls it again, so a strategy here has no side effects and returns
  (indices, metrics), which makes the first call the only one;
- its strategies break ties by whatever order `argpartition` leaves; ours by alert id, so that a replay asks the same;
- its ranked batch measures every distance anew at each pick, and seeks outliers: ours covers instead (`_cover`).

It costs 56 MB to import: workers import it inside the task, web processes never.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from modAL.models import ActiveLearner
from modAL.uncertainty import classifier_uncertainty
from sklearn.base import BaseEstimator

from labeling.nearness import Floats, Rows, as_rows
from scoring.features import Features

# Fewer labels than this say nothing about what the model is unsure of.
COLD_BELOW = 20
# Batches are drawn from this share of the pool, the less certain one.
DOUBTFUL_SHARE = 0.5
# A cosine this close says the same thing twice.
NEAR_DUPLICATE = 0.97


class Believer(Protocol):
    """What is asked of the model: the probability that an alert is accurate."""

    def predict(self, features: Features) -> float: ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """An alert that could be asked about.

    `hint` says why it deserves a second look ("rep_unsure", "disagreement"). `drawn`: it is here by chance and not for
    what the model thinks of it, so it can be a random check.
    """

    alert_id: int
    features: Features
    hint: str = ""
    drawn: bool = True


@dataclass(frozen=True, slots=True)
class Wish:
    """How many questions are wanted, and of which kind. `learnt` counts the labels behind the model."""

    count: int
    strategy: str = "mixed"
    random_share: float = 0.25
    second_look_share: float = 0.2
    learnt: int = 0
    seed: str = ""


@dataclass(frozen=True, slots=True)
class Pick:
    """One question to ask: why, how useful it is (larger is asked first), and what the model says of it now."""

    alert_id: int
    because: str
    utility: float
    uncertainty: float
    probability: float


class _RiverBehindModal(BaseEstimator):  # type: ignore[misc]
    """Our model as modAL sees it. It answers for the pool it was made for, row by row; the model is asked once."""

    def __init__(self, chances: Floats | None = None) -> None:
        self.chances = np.zeros(0) if chances is None else chances

    def predict_proba(self, rows: Any) -> Floats:
        """(n, 2): the probabilities of false positive and accurate. Raises `ValueError` for another pool's rows."""
        if rows.shape[0] != len(self.chances):
            raise ValueError(f"{rows.shape[0]} rows for a pool of {len(self.chances)}")
        return np.column_stack([1.0 - self.chances, self.chances])


@dataclass
class _Draw:
    """The pool while questions are drawn from it: one row a candidate, in order of alert id."""

    pool: list[Candidate]
    matrix: Any
    probability: Floats
    uncertainty: Floats
    free: npt.NDArray[np.bool_]
    taken: list[tuple[int, str]] = field(default_factory=list)

    def take(self, row: int, because: str) -> None:
        """Choose a row, and close its near-duplicates."""
        self.taken.append((row, because))
        self.free &= (self.matrix @ self.matrix[row].T).toarray().ravel() < NEAR_DUPLICATE
        self.free[row] = False


def choose(pool: Iterable[Candidate], model: Believer, wish: Wish, seen: Sequence[Features] = ()) -> list[Pick]:
    """The questions to ask next, most useful first; the same pool, model and wish give the same questions.

    `seen` are alerts that are asked about or were judged already: none of the questions says what one of them says.

    1. Alerts that deserve a second look. 2. Random checks. 3. The rest by the strategy. None repeats another one.
    """
    draw = _draw(sorted(pool, key=lambda candidate: candidate.alert_id), model, seen)
    second = _second_looks(draw, int(wish.count * wish.second_look_share))
    first = len(second)
    checks = _at_random(draw, round((wish.count - first) * wish.random_share), wish.seed)
    rest = _by_strategy(draw, wish.count - first - len(checks), wish)
    return _picks(draw, second, rest, checks)


def _draw(pool: list[Candidate], model: Believer, seen: Sequence[Features]) -> _Draw:
    matrix = as_rows([candidate.features for candidate in pool] + list(seen))
    mine, chances = matrix[: len(pool)], np.array([model.predict(candidate.features) for candidate in pool], np.float64)
    uncertainty = classifier_uncertainty(_RiverBehindModal(chances), mine)
    draw = _Draw(pool, mine, chances, uncertainty, np.ones(len(pool), np.bool_))
    if len(seen) and pool:
        draw.free &= (mine @ matrix[len(pool) :].T).max(axis=1).toarray().ravel() < NEAR_DUPLICATE
    return draw


def _second_looks(draw: _Draw, count: int) -> list[int]:
    """Alerts with a hint: what a rep was unsure of, and where the model is surest that a verdict is wrong."""
    hinted = [row for row, candidate in enumerate(draw.pool) if candidate.hint]
    draw.free[hinted] = True  # they were judged, so they are their own duplicates
    sureness = {row: (draw.pool[row].hint != "rep_unsure") - 0.5 for row in hinted}
    ordered = sorted(hinted, key=lambda row: (draw.uncertainty[row] * sureness[row], row))
    chosen = _take_free(draw, ordered, count, "")
    draw.free[hinted] = False
    return chosen


def _at_random(draw: _Draw, count: int, seed: str) -> list[int]:
    """A draw that does not depend on what the model believes."""
    by_chance = [row for row in np.flatnonzero(draw.free).tolist() if draw.pool[row].drawn]
    return _take_free(draw, sorted(by_chance, key=partial(_lot, draw, seed)), count, "random")


def _by_strategy(draw: _Draw, count: int, wish: Wish) -> list[int]:
    """What the strategy asks, best first. A model that has learnt next to nothing has no doubts worth asking about."""
    if wish.strategy == "random":
        return _at_random(draw, count, wish.seed + "more")
    if wish.strategy == "diverse" or wish.learnt < COLD_BELOW:
        because = "diverse" if wish.learnt >= COLD_BELOW else "cold"
        return _take_free(draw, _query(draw, 2 * count, _stand_for_all), count, because)
    strategy = _least_sure if wish.strategy == "uncertain" else _stand_for_the_doubtful
    return _take_free(draw, _query(draw, 2 * count, strategy), count, "uncertain")


def _query(draw: _Draw, count: int, strategy: Any) -> list[int]:
    """Ask modAL for `count` of the rows that are free, best first."""
    rows = np.flatnonzero(draw.free)
    if not len(rows) or count <= 0:
        return []
    learner = ActiveLearner(_RiverBehindModal(draw.probability[rows]), query_strategy=strategy)
    found, _chosen = learner.query(draw.matrix[rows], n_instances=min(count, len(rows)))
    return [int(row) for row in rows[np.asarray(found)]]


def _least_sure(learner: ActiveLearner, rows: Any, n_instances: int) -> tuple[Rows, Floats]:
    """The rows with the least certain prediction; ties in order of the rows (modAL leaves them to `argpartition`)."""
    uncertainty = classifier_uncertainty(learner, rows)
    order = np.argsort(-uncertainty, kind="stable")[:n_instances]
    return order, uncertainty[order]


def _stand_for_the_doubtful(learner: ActiveLearner, rows: Any, n_instances: int) -> tuple[Rows, Floats]:
    """A batch that stands for what the model is unsure of, without repeating itself and without seeking outliers.

    Wei, Iyer, Bilmes (2015), Submodularity in data subset selection and active learning, ICML: keep the less certain
    part of the pool, then cover it (facility location), here each alert weighing as much as it is uncertain.
    """
    uncertainty = classifier_uncertainty(learner, rows)
    kept = max(n_instances, int(len(uncertainty) * DOUBTFUL_SHARE))
    doubtful = np.sort(np.argsort(-uncertainty, kind="stable")[:kept])
    found = doubtful[_cover(rows[doubtful], uncertainty[doubtful], n_instances)]
    return found, uncertainty[found]


def _stand_for_all(learner: ActiveLearner, rows: Any, n_instances: int) -> tuple[Rows, Floats]:
    """A batch that stands for the whole pool, whatever the model thinks of it."""
    uncertainty = classifier_uncertainty(learner, rows)
    found = _cover(rows, np.ones(len(uncertainty)), n_instances)
    return found, uncertainty[found]


def _cover(rows: Any, weight: Floats, count: int) -> Rows:
    """Greedy facility location: each row taken is the one that most improves how near everything is to a taken row.

    `rows` (n, columns) of length 1, `weight` (n,). Memory n² floats: 2 MB for a pool of 500.
    """
    nearness = (rows @ rows.T).toarray()
    covered = np.zeros(len(weight))
    chosen: list[int] = []
    for _turn in range(count):
        gain = weight @ np.maximum(nearness - covered[:, None], 0.0)
        gain[chosen] = -1.0
        chosen.append(int(np.argmax(gain)))
        covered = np.maximum(covered, nearness[:, chosen[-1]])
    return np.array(chosen, np.int64)


def _take_free(draw: _Draw, rows: Iterable[int], count: int, because: str) -> list[int]:
    """Take rows in order while they are free; the near-duplicates of each are free no more."""
    chosen: list[int] = []
    for row in rows:
        if len(chosen) >= count:
            break
        if draw.free[row]:
            draw.take(row, because or draw.pool[row].hint)
            chosen.append(row)
    return chosen


def _lot(draw: _Draw, seed: str, row: int) -> bytes:
    """A row's lot in a draw by the seed and the alert's id: the same in every process."""
    return hashlib.blake2b(f"{seed}:{draw.pool[row].alert_id}".encode(), digest_size=8).digest()


def _picks(draw: _Draw, second: list[int], rest: list[int], checks: list[int]) -> list[Pick]:
    """The questions with their utility: second looks first, then random checks spread evenly among the rest."""
    places = [(-1.0, row) for row in second]
    places += [((place + 0.5) / len(rest), row) for place, row in enumerate(rest)]
    places += [((place + 0.5) / len(checks), row) for place, row in enumerate(checks)]
    order = [row for _place, row in sorted(places)]
    because = dict(draw.taken)
    return [
        Pick(
            alert_id=draw.pool[row].alert_id,
            because=because[row],
            utility=1.0 - place / len(order),
            uncertainty=float(draw.uncertainty[row]),
            probability=float(draw.probability[row]),
        )
        for place, row in enumerate(order)
    ]
