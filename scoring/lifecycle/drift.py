"""Where a series of block means changed its level. Pure; with scoring/online_model.py the only file that imports River.

A series is the mean of something (a share, a rank, a loss) over one block of alerts after the other. A detector reads
it from left to right; where it says that the level changed, the likeliest place of the change is looked for, the
detector starts again from there, and the levels before and after are what an alarm says.

River's detectors and their ways, as of 0.26 (decision 0085 has the figures):

- ADWIN (Bifet and Gavaldà 2007) forgets its whole window at the update after a detection, skips the newest cut of a
  bucket row, and its bound is not free of scale: so values are divided by their noise, the place of the change is
  looked for here, and what came after it is read again.
- PageHinkley compares with the mean of everything it has seen, so a change late in a long window is found late.
- KSWIN draws its reference at random from 40 values at a time: 300 times as slow, and it must be seeded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

# ADWIN's bound for all series of a queue together, which scoring/lifecycle/watch.py divides among them. The bound is
# loose: measured, it is 0.15 false alarms a quarter (bench/drift.py, decision 0085).
FALSE_ALARMS: Final = 1.0
LEAST_BLOCKS: Final = 4  # on either side of a change
LEAST_GAP: Final = 3.0  # standard errors: no detector is asked about less


class Detector(Protocol):
    """What is used of a detector of River's."""

    @property
    def drift_detected(self) -> bool: ...

    def update(self, x: float) -> object: ...


Make = Callable[[], Detector]


@dataclass(frozen=True, slots=True)
class Change:
    """The level of a series went from ``before`` to ``after`` with the value at index ``at``; ``seen`` at index."""

    at: int
    seen: int
    before: float
    after: float


def adwin(confidence: float) -> Make:
    """ADWIN at a false alarm probability of ``confidence``, looking at every value."""
    kept = {"min_window_length": LEAST_BLOCKS, "grace_period": 2 * LEAST_BLOCKS}
    from river.drift import ADWIN  # late: River's drift brings scikit-learn along, which a web process does without

    return lambda: ADWIN(delta=confidence, clock=1, **kept)  # type: ignore[no-untyped-call]


def page_hinkley(threshold: float) -> Make:
    """PageHinkley with a threshold in standard deviations of a block mean."""
    from river.drift import PageHinkley

    return lambda: PageHinkley(min_instances=2 * LEAST_BLOCKS, delta=0.25, threshold=threshold)


def kswin(confidence: float) -> Make:
    """KSWIN over 60 values, the last 20 against 20 of the others, seeded."""
    from river.drift import KSWIN

    return lambda: KSWIN(alpha=confidence, window_size=60, stat_size=20, seed=0)


def changes(values: Sequence[float], make: Make, floor: float = 1e-6) -> list[Change]:
    """Where the level changed, in order. ``floor``: the least noise of a value that is believed.

    >>> [(one.at, round(one.before, 2), round(one.after, 2)) for one in changes(
    ...     [0.1, 0.12, 0.09, 0.11] * 10 + [0.4, 0.42, 0.39, 0.41] * 5, adwin(1e-4))]
    [(40, 0.11, 0.4)]
    """
    scale = max(noise(values), floor)
    found: list[Change] = []
    if _widest_gap(values) < LEAST_GAP * scale:
        return found  # 20 times as fast as to ask the detector, which would say the same
    start = index = 0
    detector = make()
    while index < len(values):
        detector.update(values[index] / scale)
        if detector.drift_detected and (cut := _split(values[start : index + 1])) is not None:
            at = start + cut
            before, after = float(np.mean(values[start:at])), float(np.mean(values[at : index + 1]))
            found.append(Change(at, max(index, found[-1].seen if found else 0), before, after))
            start, index, detector = at, at - 1, make()
        index += 1
    return found


def noise(values: Sequence[float]) -> float:
    """The standard deviation of one value around its level, from neighbours' differences: blind to changed levels.

    The two largest differences are left out: they may be the change. J. von Neumann et al., The mean square successive
    difference, 1941.
    """
    steps = np.sort(np.abs(np.diff(np.asarray(values, dtype=np.float64))))[:-2]
    return math.sqrt(float(steps @ steps) / (2 * len(steps))) if len(steps) else 0.0


def _widest_gap(values: Sequence[float]) -> float:
    """The largest distance between the levels on both sides of a cut, in standard errors of a value with noise 1."""
    gaps = _gaps(values)
    return math.sqrt(float(gaps.max())) if len(gaps) else 0.0


def _split(values: Sequence[float]) -> int | None:
    """The cut between two levels at which both together explain the most; None where there is no room for two."""
    gaps = _gaps(values)
    return LEAST_BLOCKS + int(np.argmax(gaps)) if len(gaps) else None


def _gaps(values: Sequence[float]) -> npt.NDArray[np.float64]:
    """For every cut that leaves room on both sides, the squared distance of the levels, in squared standard errors."""
    count = len(values)
    sums = np.cumsum(np.asarray(values, dtype=np.float64))
    cuts = np.arange(LEAST_BLOCKS, count - LEAST_BLOCKS + 1)
    if not len(cuts):
        return np.zeros(0)
    left, right = sums[cuts - 1] / cuts, (sums[-1] - sums[cuts - 1]) / (count - cuts)
    return np.asarray(cuts * (count - cuts) / count * (left - right) ** 2, dtype=np.float64)
