"""How far people who answered the same questions agree. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """`same` of `pairs` answers said what a colleague said of the same alert."""

    same: int
    pairs: int

    @property
    def share(self) -> float:
        """Between 0 and 1. Raises `ZeroDivisionError` where nobody answered the same question."""
        return self.same / self.pairs


def agreement(pairs: Iterable[tuple[str, str]]) -> Agreement | None:
    """Raw agreement of (mine, a colleague's) answers, or None without any. "Not sure" is an answer like the others.

    >>> agreement([("accurate", "accurate"), ("accurate", "unsure"), ("unsure", "unsure")])
    Agreement(same=2, pairs=3)
    """
    rows = list(pairs)
    return Agreement(sum(mine == theirs for mine, theirs in rows), len(rows)) if rows else None
