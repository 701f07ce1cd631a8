"""Whether people lean towards a score that they can see. Pure.

Alerts that are judged blind are others than those judged with the score on screen: a policy hides what it believes
false and shows some of it blind. So agreement is compared within bands of probability, and bands where both kinds of
verdict exist are mixed alike for both (Cochran, Mantel and Haenszel's weights).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scoring.estimation import Strata, mixed_share
from scoring.sample import BANDS
from scoring.shares import UNKNOWN, Interval, Share, difference

HALF = BANDS.index(0.5) + 1  # bands from here on are believed accurate


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Verdicts on alerts of one band."""

    judged: int = 0
    accurate: int = 0

    def agreeing(self, band: int) -> int:
        """How many said what the model believes more likely."""
        return self.accurate if band >= HALF else self.judged - self.accurate


@dataclass(frozen=True, slots=True)
class Anchoring:
    """Agreement with the model, seen and blind, on alerts alike; `effect` is seen less blind, with its interval.

    `compared` counts the verdicts of bands that have both kinds. `effect` is None where there is none.
    """

    seen: Share
    blind: Share
    effect: Interval | None
    compared: int

    @property
    def clear(self) -> bool:
        """Whether the interval excludes 0."""
        return self.effect is not None and not self.effect.low <= 0 <= self.effect.high


def anchoring(seen: Mapping[int, Verdicts], blind: Mapping[int, Verdicts]) -> Anchoring:
    """Compare verdicts by band of probability (`scoring.estimation.BANDS`), seen and blind."""
    bands = [band for band in sorted(seen) if seen[band].judged and band in blind and blind[band].judged]
    if not bands:
        return Anchoring(UNKNOWN, UNKNOWN, None, 0)
    n, m = (np.array([of[band].judged for band in bands], dtype=float) for of in (seen, blind))
    mix = n * m / (n + m)
    one, two = (_agreement(of, bands, mix) for of in (seen, blind))
    return Anchoring(one, two, difference(one, two), int(n.sum() + m.sum()))


def _agreement(
    of: Mapping[int, Verdicts], bands: list[int], mix: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> Share:
    judged = np.array([of[band].judged for band in bands], dtype=float)
    agreeing = np.array([of[band].agreeing(band) for band in bands], dtype=float)
    return mixed_share(Strata(judged, judged, judged, agreeing / judged, judged), mix, exact=False)
