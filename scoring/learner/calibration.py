"""What a log-odds means as a probability, learnt on line; and how true recent probabilities were. Pure.

Beta calibration (Kull, Silva Filho, Flach 2017, AISTATS) with three parameters: calibrated log-odds =
``above * -log(1 - p) + below * log(p) + shift``. Both slopes stay positive, so the order of alerts never changes. They
are learnt before each lesson is, from the score the alert would have got, by the same recursion as the dense weights;
each parameter may drift, so what is long ago is forgotten. River has no calibration module.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.learner.checkpoint_format import Arrays, CheckpointCorrupt, finite_array
from scoring.learner.model_config import ModelConfig

Floats = NDArray[np.float64]

BANDS: Final = 10
FURTHEST: Final = 30.0
_FLATTEST, _STEEPEST = 0.05, 5.0
_FURTHEST_SHIFT: Final = 10.0


class Reliability(NamedTuple):
    """Of recent verdicts on alerts with about this score: how many (decayed), mean probability, share accurate."""

    n: float
    predicted: float
    observed: float


class Calibrator:
    """Slopes above and below even odds, and a shift; and the reliability of ten bands of probability."""

    def __init__(self, config: ModelConfig) -> None:
        self.config = config
        self.parameters = [1.0, 1.0, 0.0]
        slope, shift = config.calibration_slope_variance, config.calibration_shift_variance
        self.covariance = [[slope, 0.0, 0.0], [0.0, slope, 0.0], [0.0, 0.0, shift]]
        self.bands = [[0.0, 0.0, 0.0] for _ in range(BANDS)]

    def log_odds(self, raw: float) -> float:
        """Calibrated log-odds. Rises with ``raw``."""
        above, below, shift = self.parameters
        high, low = _parts(raw)
        return above * high + below * low + shift

    def log_odds_many(
        self, raw: np.ndarray[tuple[int], np.dtype[np.float64]]
    ) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """``log_odds`` of each."""
        above, below, shift = self.parameters
        raw = np.clip(raw, -FURTHEST, FURTHEST)
        high = np.log1p(np.exp(-np.abs(raw))) + np.maximum(raw, 0.0)
        calibrated: Floats = above * high + below * (raw - high) + shift
        return calibrated

    def learn(self, raw: float, label: bool, weight: float) -> None:
        """Learn what became of an alert that scored ``raw`` log-odds."""
        above, below, shift = self.parameters
        high, low = _parts(raw)
        log_odds = above * high + below * low + shift
        probability = 1.0 / (1.0 + math.exp(-min(FURTHEST, max(-FURTHEST, log_odds))))
        self._record(probability, label, weight)
        self._step(high, low, weight * (probability - label), weight * probability * (1.0 - probability))

    def _step(self, high: float, low: float, slope: float, curvature: float) -> None:
        covariance, config = self.covariance, self.config
        reach = [a * high + b * low + c for a, b, c in covariance]
        first, second, third = reach
        doubt = first * high + second * low + third
        shrink = 1.0 / (1.0 + curvature * max(0.0, doubt))
        for row, far in zip(covariance, reach, strict=True):
            scale = curvature * shrink * far
            row[0] -= scale * first
            row[1] -= scale * second
            row[2] -= scale * third
        drift, wide, wide_shift = (
            config.calibration_drift,
            config.calibration_slope_variance,
            config.calibration_shift_variance,
        )
        covariance[0][0] = min(wide, covariance[0][0] + drift * wide)
        covariance[1][1] = min(wide, covariance[1][1] + drift * wide)
        covariance[2][2] = min(wide_shift, covariance[2][2] + drift * wide_shift)
        step = shrink * slope
        above, below, shift = self.parameters
        self.parameters = [
            min(_STEEPEST, max(_FLATTEST, above - step * first)),
            min(_STEEPEST, max(_FLATTEST, below - step * second)),
            min(_FURTHEST_SHIFT, max(-_FURTHEST_SHIFT, shift - step * third)),
        ]

    def _record(self, probability: float, label: bool, weight: float) -> None:
        band = self.bands[min(BANDS - 1, int(probability * BANDS))]
        kept = 1.0 - 1.0 / self.config.calibration_span
        for place, value in enumerate((weight, weight * probability, weight * label)):
            band[place] = band[place] * kept + value

    def at(self, probability: float) -> Reliability:
        """How true recent probabilities near this one were."""
        n, predicted, observed = self.bands[min(BANDS - 1, max(0, int(probability * BANDS)))]
        return Reliability(n, predicted / n, observed / n) if n else Reliability(0.0, probability, probability)

    def dump(self) -> Arrays:
        """All numbers."""
        return {
            "calibration": np.array(self.parameters),
            "calibration_covariance": np.array(self.covariance).ravel(),
            "calibration_bands": np.array(self.bands).ravel(),
        }

    def restore(self, arrays: Arrays) -> None:
        """Put the numbers of ``dump`` in force. Raises ``CheckpointCorrupt`` where they cannot be."""
        self.parameters = finite_array(arrays["calibration"], 3).tolist()
        self.covariance = finite_array(arrays["calibration_covariance"], 9).reshape(3, 3).tolist()
        self.bands = finite_array(arrays["calibration_bands"], 3 * BANDS).reshape(BANDS, 3).tolist()
        if not all(_FLATTEST <= slope <= _STEEPEST for slope in self.parameters[:2]):
            raise CheckpointCorrupt("a calibration that turns the order cannot be")
        if any(number < 0 for band in self.bands for number in band):
            raise CheckpointCorrupt("a band cannot hold less than nothing")


def _parts(raw: float) -> tuple[float, float]:
    """``-log(1 - p)`` and ``log(p)`` of the probability behind log-odds; their sum is ``raw``."""
    raw = min(FURTHEST, max(-FURTHEST, raw))
    high = math.log1p(math.exp(-abs(raw))) + max(raw, 0.0)
    return high, raw - high
