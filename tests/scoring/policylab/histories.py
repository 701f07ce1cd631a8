"""Histories of a queue as arrays, under a truth that the test knows."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

from scoring.thresholds import Bools, Evidence, Floats


def truth(n: int, seed: int, base: float = 0.0, spread: float = 2.0) -> tuple[Floats, Floats]:
    """The true probability of each of `n` alerts, and what came of it (1.0 or 0.0)."""
    rng = np.random.default_rng(seed)
    chance = expit(rng.normal(base, spread, n))
    return chance, (rng.random(n) < chance).astype(float)


def said(chance: Floats, shift: float = 0.0, slope: float = 1.0) -> Floats:
    """What a model says that is off by a logistic line: shift 0 and slope 1 is calibrated."""
    return np.asarray(expit(shift + slope * logit(np.clip(chance, 1e-6, 1 - 1e-6))))


def all_shown(probability: Floats, label: Floats) -> Evidence:
    """A history in which everything was shown and judged."""
    n = len(label)
    return Evidence(probability, np.ones(n), np.ones(n, bool), label, np.zeros(n, bool))


def drawn(probability: Floats, label: Floats, below: float, audit: float, seed: int) -> Evidence:
    """A history in which a policy hid below a threshold, and audited a share."""
    shown: Bools = (probability >= below) | (np.random.default_rng(seed).random(len(label)) < audit)
    propensity = np.where(probability >= below, 1.0, audit)
    return Evidence(probability, propensity, shown, np.where(shown, label, np.nan), np.zeros(len(label), bool))
