"""How far the fast model leans on the slow one before it has learnt anything beside it. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple


class Stance(NamedTuple):
    """How far the fast model leans on the generation before it has learnt anything itself.

    ``trust``: the weight of the generation's log-odds at first. ``rest``: how much of their prior variance the weights
    of single features keep beside it.
    """

    trust: float
    rest: float


ALONE: Final = Stance(0.0, 1.0)
STANCES: Final = (Stance(1.0, 1.0), Stance(1.0, 0.1), Stance(1.0, 0.01), Stance(0.0, 1.0))
BETWEEN: Final = (*STANCES, Stance(0.5, 1.0), Stance(0.5, 0.1), Stance(0.0, 0.1))


def mean_stance(stances: Sequence[Stance], losses: Sequence[float], temper: float) -> Stance:
    """The mean of stances, each counted by exp(-loss / temper): losses in nats that differ by less are nearly alike.

    Of ``rest`` it is the geometric mean. At the limit of a small temper this is the stance with the smallest loss.
    """
    shares = [math.exp((min(losses) - loss) / temper) for loss in losses]
    whole = math.fsum(shares)
    trust = math.fsum(share * one.trust for share, one in zip(shares, stances, strict=True)) / whole
    rest = math.fsum(share * math.log(one.rest) for share, one in zip(shares, stances, strict=True)) / whole
    return Stance(trust, math.exp(rest))
