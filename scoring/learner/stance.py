"""How far the fast model leans on the slow one before it has learnt anything beside it. Pure."""

from __future__ import annotations

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
