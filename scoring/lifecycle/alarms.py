"""What an alarm holds: movements that are told, until they went back or have become the usual level. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Self

from scoring.lifecycle.watch import SETTLED, Movement

FULL_STRENGTH: Final = 4.0  # least moves worth a word
INPUTS_COUNT: Final = 0.5  # of an error: inputs may move where the model does not mind

Ended = Literal["", "returned", "settled", "replaced"]


@dataclass(frozen=True, slots=True)
class Told:
    """A movement of an alarm, and how it ended; `replaced`: another model or policy came into force."""

    movement: Movement
    ended: Ended = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return self.movement.to_dict() | {"ended": self.ended}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """The reverse of `to_dict`."""
        given = dict(stored)
        return cls(ended=given.pop("ended"), movement=Movement(**given))


def brought_up(told: Sequence[Told], moved: Iterable[Movement], blocks: int) -> list[Told]:
    """An alarm's movements after some more moved, strongest first; `blocks`: how many there have been.

    A series that moves again goes on from its first level: half of the way back is a return.
    """
    known = {one.movement.series: one for one in told}
    for new in moved:
        old = known.get(new.series)
        if old is not None and not old.ended:
            known[new.series] = _again(old, new)
        elif new.is_worth_a_word:
            known[new.series] = Told(new)
    aged = [_aged(one, blocks) for one in known.values()]
    return sorted(aged, key=lambda one: (bool(one.ended), -one.movement.strength, one.movement.series))


def level_of(told: Iterable[Told], blocks: int, errors: bool) -> float:
    """How much it matters now, 0 to 1: the strongest movement, fading as the new level becomes the usual one."""
    levels = (
        min(1.0, one.movement.strength / FULL_STRENGTH) * max(0.0, 1 - (blocks - one.movement.block) / SETTLED)
        for one in told
        if not one.ended
    )
    return max(levels, default=0.0) * (1.0 if errors else INPUTS_COUNT)


def is_over(told: Iterable[Told]) -> bool:
    """Whether nothing of an alarm goes on."""
    return all(one.ended for one in told)


def _again(old: Told, new: Movement) -> Told:
    """A movement that goes on: further, or back."""
    gone, first = abs(old.movement.after - old.movement.before), old.movement.before
    if abs(new.after - first) <= gone / 2:
        return replace(old, ended="returned")
    strength = old.movement.strength * abs(new.after - first) / gone
    return Told(replace(old.movement, after=new.after, raw_after=new.raw_after, block=new.block, strength=strength))


def _aged(one: Told, blocks: int) -> Told:
    if not one.ended and blocks - one.movement.block >= SETTLED:
        return replace(one, ended="settled")
    return one
