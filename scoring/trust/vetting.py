"""Whose verdicts teach, and by how much: both judgements of a team at once. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scoring.trust.gate import HABIT_FROZEN, Look, Sighting, Suspicion, looks
from scoring.trust.judges import Opinion, Team, reliability

# A weight is written anew when it moved by this much: a refold of what follows is not free.
LEAST_MOVE: Final = 0.1
# Below so many comparable answers a judge weighs like the team, whatever they were.
LEAST_SEEN: Final = 8.0


@dataclass(frozen=True, slots=True)
class Vetted:
    """What is thought of a team: how reliable each judge is, and what speaks against them."""

    team: Team
    looks: Mapping[Hashable, Look]

    @property
    def suspicions(self) -> dict[Hashable, Suspicion]:
        """Whom to hold back, and why."""
        return {judge: one.suspicion for judge, one in self.looks.items() if one.suspicion is not None}

    @property
    def doubted(self) -> set[Hashable]:
        """Whom to check more often: a suspicion grows, or is sure."""
        return {judge for judge, one in self.looks.items() if one.doubt >= HABIT_FROZEN}

    def weight(self, judge: Hashable) -> float:
        """The weight that a judge's labels should have, in (0, 1]."""
        return round(self.team.weight(judge), 2) if self.team.of(judge).seen >= LEAST_SEEN else 1.0

    def moved(self, in_force: Mapping[Hashable, float]) -> dict[Hashable, float]:
        """The weights to write: those that moved by `LEAST_MOVE` from what is in force (1 where nothing is)."""
        weights = {judge: self.weight(judge) for judge in self.team.judges}
        return {judge: new for judge, new in weights.items() if abs(new - in_force.get(judge, 1.0)) >= LEAST_MOVE}


def vet(sightings: Sequence[Sighting], opinions: Sequence[Opinion], known: Mapping[Hashable, bool]) -> Vetted:
    """Judge the judges of a queue.

    `sightings`: the last verdicts in order of position, without those that are held back. `opinions`: every standing
    verdict that can be compared, of people. `known`: the alerts whose truth is certain.
    """
    team = reliability(opinions, known)
    right = {judge: (found.accurate.mean, found.false.mean) for judge, found in team.judges.items()}
    return Vetted(team, looks(sightings, right))
