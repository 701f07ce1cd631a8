"""What changes how a ledger is learnt without being a verdict: adopted generations, verdicts held back, weights. Pure.

`model_at(P)` is a function of the first P ledger rows, the frozen configuration and these. An amendment has a number
(1, 2, 3 ... within the queue) and a position, `since`: a state that has learnt up to `since` at most is not touched by
it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, Literal

from feedback.rules import Fact

AmendmentKind = Literal["adopt", "hold_back", "let_in", "weigh", "appoint"]

FULL_WEIGHT: Final = 1.0


@dataclass(frozen=True, slots=True)
class Amendment:
    """One row of the amendments.

    adopt: the generation trained on the first `learnt` lessons takes effect at `since`, for as long as those lessons
    have this `chain`. hold_back: facts in (since, until] by `judge` (None: by everybody) do not count. let_in ends the
    hold of the number `ends`. weigh: facts after `since` by the judges in `weights` weigh so much. appoint: scores come
    from the model of another configuration; what each of them learns stays the same.
    """

    number: int
    kind: AmendmentKind
    since: int
    until: int | None = None
    judge: Hashable | None = None
    ends: int | None = None
    weights: Mapping[Hashable, float] = field(default_factory=dict)
    generation: int | None = None
    learnt: int = 0
    chain: str = ""
    configuration: int | None = None

    def covers(self, position: int) -> bool:
        """Whether a position lies in (since, until], or anywhere after `since` where there is no end."""
        return self.since < position and (self.until is None or position <= self.until)


@dataclass(frozen=True)
class Amendments:
    """The amendments of one queue, in order of number."""

    rows: tuple[Amendment, ...] = ()

    @property
    def number(self) -> int:
        """The newest number; 0 where there is none."""
        return self.rows[-1].number if self.rows else 0

    def up_to(self, number: int) -> Amendments:
        """Those that were known when `number` was the newest."""
        return self if number >= self.number else Amendments(tuple(row for row in self.rows if row.number <= number))

    @cached_property
    def holds(self) -> tuple[Amendment, ...]:
        """The holds in force."""
        ended = {row.ends for row in self.rows if row.kind == "let_in"}
        return tuple(row for row in self.rows if row.kind == "hold_back" and row.number not in ended)

    def counted_to(self, position: int) -> int:
        """The last position up to this one whose verdicts are not all held back: a model here knows no more than there.

        It may know less: what was taken back in between.
        """
        while covering := [hold.since for hold in self.holds if hold.judge is None and hold.covers(position)]:
            position = min(covering)
        return position

    @cached_property
    def _weighings(self) -> dict[Hashable, tuple[list[int], list[float]]]:
        """By judge: from which positions on their labels weigh otherwise, ascending, and how much."""
        found: dict[Hashable, tuple[list[int], list[float]]] = {}
        for row in self.rows:
            for judge, weight in row.weights.items() if row.kind == "weigh" else ():
                since, weights = found.setdefault(judge, ([], []))
                since.append(row.since)
                weights.append(weight)
        return found

    def adoptions(self, configuration: int) -> list[Amendment]:
        """The adoptions of one configuration, in the order in which a fold meets them."""
        mine = (row for row in self.rows if row.kind == "adopt" and row.configuration == configuration)
        return sorted(mine, key=lambda row: (row.since, row.number))

    def pending(self, configuration: int, position: int, known: int, end: int) -> list[Amendment]:
        """The adoptions up to `end` that a state at `position`, which knew the amendments up to `known`, is without."""
        return [
            row
            for row in self.adoptions(configuration)
            if row.since <= end and (row.since > position or (row.since == position and row.number > known))
        ]

    def unknown_below(self, configuration: int, position: int, known: int) -> list[Amendment]:
        """Those after the number `known` that reach below a position of this configuration's model."""
        return [
            row
            for row in self.rows
            if row.number > known
            and row.since < position
            and (row.configuration is None or (row.kind == "adopt" and row.configuration == configuration))
        ]

    def applied(self, facts: Iterable[Fact]) -> list[Fact]:
        """The facts that count, each with its weight."""
        if not self.holds and not self._weighings:
            return list(facts)
        return [self._weighed(fact) for fact in facts if not any(_holds(hold, fact) for hold in self.holds)]

    def believed(self, facts: Iterable[Fact]) -> list[Fact]:
        """The facts that figures count: all but what a judge who is held back said. A judgement counts as one.

        A roll-back takes nothing from them: it is about the model, and what people said after it is as true as before.
        """
        if not self._suspensions:
            return list(facts)
        return [fact for fact in facts if fact.retracts is not None or not self.suspends(fact.judge, fact.position)]

    def suspends(self, judge: Hashable, position: int) -> bool:
        """Whether what this judge said at a position is held back because it is theirs."""
        return any(hold.judge == judge and hold.covers(position) for hold in self._suspensions)

    def disbelieved_from(self, known: int) -> int | None:
        """After which position judges are believed otherwise than by the amendments up to `known`; None: nowhere."""
        judged = {row.number for row in self.rows if row.judge is not None}
        news = (row for row in self.rows if row.number > known and (row.number in judged or row.ends in judged))
        return min((row.since for row in news), default=None)

    @cached_property
    def _suspensions(self) -> tuple[Amendment, ...]:
        return tuple(hold for hold in self.holds if hold.judge is not None)

    def _weighed(self, fact: Fact) -> Fact:
        since, weights = self._weighings.get(fact.judge, _NEVER_WEIGHED)
        place = bisect_left(since, fact.position)
        if place == 0 or weights[place - 1] == FULL_WEIGHT:
            return fact
        return replace(fact, weight=weights[place - 1])

    def known(self, number: int) -> bool:
        """Whether `number` is one of these: a state that knows a later one is of another day."""
        return number <= self.number


_NEVER_WEIGHED: tuple[list[int], list[float]] = ([], [])


def _holds(hold: Amendment, fact: Fact) -> bool:
    """Whether a hold keeps a fact back. What somebody took back is never learnt again, whoever is held back."""
    return fact.retracts is None and hold.judge in (None, fact.judge) and hold.covers(fact.position)
