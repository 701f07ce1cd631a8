"""What the verdicts of one alert add up to. Pure: no database, no clock, no framework."""

import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

ACCURATE = "accurate"
FALSE_POSITIVE = "false_positive"

# A label comes from the strongest kind of source that decided: adjudicated > outcome > labelers > rep.
SOURCE_RANK = {"lead": 3, "outcome": 2, "labeler": 1, "rep": 0}

# Reasons that say why a false positive is no use, and nothing about the words that were scored.
NOT_ABOUT_THE_TEXT = frozenset({"handled", "not_worth_it"})

# The kinds of verdict that settle an alert for the reps. A labeler's answer teaches; the customer still wants a call.
CLOSING_SOURCES = frozenset({"lead", "outcome", "rep"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One ledger entry as the rules need it. `retracts` is the position of the verdict it takes back, or None.

    `weight`, above 0 and at most 1: how much the word of the judge is worth to a learner; the ledger knows no weights.
    `check`: asked of somebody after the alert was settled, to see how far they agree. It never opens nor closes it, and
    a labeler's does not count as a label either.
    """

    position: int
    value: str
    source: str
    judge: Hashable
    retracts: int | None = None
    reason: str = ""
    weight: float = 1.0
    check: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """What the verdicts of one alert add up to.

    `anchor` is the position of the first verdict that says so: the place in the ledger where the label is learnt.
    `weight` is that of the most trusted verdict that says so. `teaches_text`: whether it says anything about the words.
    """

    accurate: bool
    anchor: int
    weight: float = 1.0
    teaches_text: bool = True


def effective_verdicts(facts: Iterable[Fact]) -> list[Fact]:
    """The verdicts that still stand, in order of position: not retracted, and each judge's last one only."""
    ordered = sorted(facts, key=lambda fact: fact.position)
    retracted = {fact.retracts for fact in ordered if fact.retracts is not None}
    standing: dict[tuple[str, Hashable], Fact] = {}
    for fact in ordered:
        if fact.retracts is None and fact.position not in retracted:
            standing[(fact.source, fact.judge)] = fact
    return sorted(standing.values(), key=lambda fact: fact.position)


def votes(facts: Iterable[Fact]) -> list[Fact]:
    """The facts without what labelers were asked as a check: that says how far they can be believed, and no more."""
    return [fact for fact in facts if not (fact.check and fact.source == "labeler")]


def checked(facts: Iterable[Fact]) -> dict[Hashable, str]:
    """What each labeler answered first to a check: afterwards it is marked as one, and may be thought over."""
    asked = [fact for fact in facts if fact.check and fact.source == "labeler"]
    return {fact.judge: fact.value for fact in sorted(asked, key=lambda fact: -fact.position)}


def label_of(facts: Iterable[Fact]) -> Label | None:
    """The label of an alert from the ledger entries about it, or None where nothing was decided.

    1. Verdicts that were retracted, or that the same judge replaced, do not count; neither does "not sure", nor a
       labeler's check.
    2. Only the strongest source counts (`SOURCE_RANK`).
    3. Within it the majority decides, by weight; a tie is no label.
    4. A false positive teaches nothing about the text where all who say so give a reason that does not speak of it.
    """
    decided = [fact for fact in effective_verdicts(votes(facts)) if fact.value in (ACCURATE, FALSE_POSITIVE)]
    if not decided:
        return None
    strongest = max(SOURCE_RANK[fact.source] for fact in decided)
    counted = [fact for fact in decided if SOURCE_RANK[fact.source] == strongest]
    balance = math.fsum(fact.weight if fact.value == ACCURATE else -fact.weight for fact in counted)
    if balance == 0:
        return None
    value = ACCURATE if balance > 0 else FALSE_POSITIVE
    agreeing = [fact for fact in counted if fact.value == value]
    teaches_text = balance > 0 or not all(fact.reason in NOT_ABOUT_THE_TEXT for fact in agreeing)
    return Label(balance > 0, agreeing[0].position, max(fact.weight for fact in agreeing), teaches_text)


def certain_answer(facts: Iterable[Fact], apart_from: Hashable = None) -> bool | None:
    """Whether an alert is surely accurate (True) or surely false (False); None where nobody can be sure.

    Sure are a lead, an outcome, and two labelers or more who all say the same; never the one who is asked about
    (`apart_from`), nor a source that contradicts itself. What labelers were asked as a check makes nothing surer, and
    nothing less sure.
    """
    others = [fact for fact in effective_verdicts(votes(facts)) if fact.judge != apart_from]
    for source, least in (("lead", 1), ("outcome", 1), ("labeler", 2)):
        said = [fact.value for fact in others if fact.source == source and fact.value in (ACCURATE, FALSE_POSITIVE)]
        if said:
            return said[0] == ACCURATE if len(said) >= least and len(set(said)) == 1 else None
    return None


def closing_verdict(facts: Iterable[Fact]) -> Fact | None:
    """The verdict that took the alert out of the reps' queue: the last standing one of a closing source."""
    standing = effective_verdicts(facts)
    closing = [fact for fact in standing if fact.source in CLOSING_SOURCES and not fact.check]
    return closing[-1] if closing else None
