"""What passes through the learning loop: a row as a vector, the slope of its loss, log-odds as probabilities. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.learner.model_config import ModelConfig
from scoring.learner.state import Floats, Vector

FIRST_CUT: Final = 25  # bins are first cut after this many labels, then each time that there are twice as many
FURTHEST_LOG_ODDS: Final = 30.0  # keeps probabilities off 0 and 1


@dataclass(slots=True)
class Example:
    """A row as River's learning loop carries it: vector, prior log-odds, and which weights may move.

    ``raw``: its log-odds, where they have just been computed.
    """

    vector: Vector
    offset: float
    moves_dense: bool = True
    moves_sparse: bool = True
    raw: float | None = None


@dataclass(slots=True)
class Slope:
    """First and second derivative of an example's weighted loss by its log-odds."""

    example: Example
    slope: float
    curvature: float


def sound(weight: float) -> float:
    """The weight of a lesson. Raises ValueError: one that is none."""
    if not (math.isfinite(weight) and weight >= 0):
        raise ValueError(f"a weight must be a number from 0 upwards, not {weight!r}")
    return float(weight)


def probability_of(log_odds: float) -> float:
    """The probability of log-odds, kept off 0 and 1 by cutting at 30."""
    return 1.0 / (1.0 + math.exp(-min(FURTHEST_LOG_ODDS, max(-FURTHEST_LOG_ODDS, log_odds))))


def probabilities_of(log_odds: Floats) -> Floats:
    """``probability_of`` each."""
    probabilities: Floats = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -FURTHEST_LOG_ODDS, FURTHEST_LOG_ODDS)))
    return probabilities


def replays_after(config: ModelConfig, learnt: int) -> int:
    """Old labels to learn again after this verdict: many while few are known."""
    return max(config.replay, config.early_replay * config.early_verdicts // max(learnt, config.early_verdicts))


def is_cut(learnt: int) -> bool:
    """Whether bins are cut anew after this many verdicts: at 25, 50, 100, 200 ..."""
    return learnt % FIRST_CUT == 0 and (learnt // FIRST_CUT).bit_count() == 1
