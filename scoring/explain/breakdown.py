"""A probability taken apart: what each part adds to the average alert's log-odds, to the last digit. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from scoring.features import AlertFacts, Features
from scoring.learner.phrases import LEAST
from scoring.learner.reasons import every_reason, text_reasons
from scoring.learner.registry import categories_of
from scoring.learner.state import Weights
from scoring.online_model import OnlineModel, Reason

FAINT: Final = "faint"
ABSENT: Final = "absent"
CALIBRATION: Final = "calibration"


@dataclass(frozen=True, slots=True)
class Breakdown:
    """``baseline`` (log-odds of the average alert) and the contributions of ``parts`` add up to ``log_odds``.

    The parts are those of ``OnlineModel.reasons``, every one of them, heaviest first, and three kinds more; a scorer
    without a version is one part. Faint: words too weak to name, in sum. Absent: what it means that an alert lacks a
    feature that others have. Calibration: from what the weights add up to, to what such sums have turned out to mean.
    """

    probability: float
    log_odds: float
    baseline: float
    parts: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """How far a part's contribution moved between two models; ``reason`` names it, with the contribution of now."""

    reason: Reason
    by: float


def breakdown_of(model: OnlineModel, facts: AlertFacts, features: Features) -> Breakdown:
    """The model's probability for an alert, taken apart."""
    weights, row = model.weights, model.encoder.row(features)
    raw = weights.dot(model.encoder.vector(row)) + model.prior(row.upstream)
    log_odds = model.calibrator.log_odds(raw)
    named = every_reason(facts, features, model.encoder, weights, model.prior(row.upstream))
    value = model.config.text_gain * features.text_value
    words = float(np.add.reduce(weights.sparse[features.text_ids] * value))
    faint = words - sum(one.contribution for one in named if one.kind == "text")
    parts = [*_told_once(named), Reason("faint", "text", None, faint), *_absent(model, features)]
    parts.append(Reason("calibration", "calibration", None, log_odds - raw))
    return Breakdown(model.predict(features), log_odds, baseline_of(model), tuple(sorted(parts, key=_order)))


def baseline_of(model: OnlineModel) -> float:
    """Log-odds of the average alert before calibration: the intercept, and what each feature adds on average."""
    dense, usual = model.weights.dense, model.weights.usual
    return float(dense[0]) + float(np.add.reduce(dense[1:] * usual[1:]))


def heard(parts: Iterable[Reason]) -> list[Reason]:
    """The parts that weigh something."""
    return [one for one in parts if abs(one.contribution) > LEAST]


def moves(
    facts: AlertFacts, features: Features, then: tuple[OnlineModel, Breakdown], now: tuple[OnlineModel, Breakdown]
) -> list[Move]:
    """What moved an alert's log-odds from one model to another, the largest move first.

    Words are cut into phrases by how much their weights moved, so that a phrase is not missed because it
    was cut otherwise before. The moves, the baseline's among them, add up to the difference of the log-odds.
    """
    (old, before), (new, after) = then, now
    changed = Weights(new.weights.dense, new.weights.sparse - old.weights.sparse, new.weights.usual)
    words = text_reasons(facts, features, new.encoder, changed)
    found = [Move(one, one.contribution) for one in words]
    texts = _words(after.parts) - _words(before.parts)
    found.append(Move(Reason("faint", "text", None, 0.0), texts - sum(one.by for one in found)))
    earlier = {_key(one): one for one in before.parts if one.kind not in ("text", FAINT)}
    for one in after.parts:
        if one.kind not in ("text", FAINT):
            gone = earlier.pop(_key(one), None)
            found.append(Move(one, one.contribution - (gone.contribution if gone else 0.0)))
    found += [Move(replace(one, contribution=0.0), -one.contribution) for one in earlier.values()]
    found.append(Move(Reason("baseline", "baseline", None, after.baseline), after.baseline - before.baseline))
    return sorted((one for one in found if abs(one.by) > LEAST), key=lambda one: -abs(one.by))


def _told_once(named: list[Reason]) -> list[Reason]:
    """The reasons with a version that is empty put to its scorer: both say who raised the alert."""
    told = {one.name: one for one in named if one.kind == "scorer"}
    scorer, version = told.get("scorer"), told.get("scorer_version")
    if scorer is None or version is None or scorer.value != version.value:
        return named
    both = replace(scorer, contribution=scorer.contribution + version.contribution)
    return [both if one is scorer else one for one in named if one is not version]


def _absent(model: OnlineModel, features: Features) -> list[Reason]:
    """What the average alert has from features that this one lacks, with its sign turned."""
    own = {name for name, _ in features.numbers} | {name for name, _ in categories_of(features)}
    usual = model.encoder.usual(model.weights)
    return [Reason("absent", name, None, -part) for name, part in usual.items() if name not in own]


def _words(parts: Iterable[Reason]) -> float:
    return sum(one.contribution for one in parts if one.kind in ("text", FAINT))


def _key(reason: Reason) -> tuple[str, str, str]:
    return reason.kind, reason.name, str(reason.value)


def _order(reason: Reason) -> tuple[float, str, str, str]:
    return (-abs(reason.contribution), *_key(reason))
