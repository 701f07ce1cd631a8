"""How a learner gets from one ledger position to another. Pure.

`model_at(P)` folds, in order of anchor, the labels that are effective at position P. Most of the time the step from C
to P
only adds labels behind C: learn them. Where the tail takes back or changes a label that was learnt at or before C, the
model at C is not a prefix of the model at P, and the fold must start again from an earlier checkpoint.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from feedback.rules import Fact, Label, label_of


@dataclass(frozen=True, slots=True)
class Lesson:
    """One label to learn, at its place in the ledger."""

    anchor: int
    alert_id: int
    accurate: bool
    weight: float
    teaches_text: bool = True


def lessons_between(low: int, high: int, facts_by_alert: Mapping[int, Iterable[Fact]]) -> list[Lesson]:
    """The labels with anchors in (low, high], in the order in which they are learnt.

    `facts_by_alert` has every fact, up to the position that is being reached, about at least the alerts that the ledger
    rows in (low, high] are about: a label's anchor is a row about its alert.
    """
    labels = ((alert_id, label_of(facts)) for alert_id, facts in facts_by_alert.items())
    lessons = [_lesson(alert_id, label) for alert_id, label in labels if label is not None]
    return sorted((one for one in lessons if low < one.anchor <= high), key=lambda one: one.anchor)


def rewind_below(start: int, facts_by_alert: Mapping[int, Iterable[Fact]]) -> int | None:
    """The position below which the fold must start again, or None where the model at `start` can simply go on.

    `facts_by_alert` has every fact, up to the position that is being reached, about at least the alerts that the ledger
    rows after `start` are about.
    """
    changed: list[int] = []
    for facts in facts_by_alert.values():
        known = list(facts)
        before, after = label_of(fact for fact in known if fact.position <= start), label_of(known)
        if before != after:
            changed += [label.anchor for label in (before, after) if label is not None and label.anchor <= start]
    return min(changed, default=None)


def _lesson(alert_id: int, label: Label) -> Lesson:
    return Lesson(label.anchor, alert_id, label.accurate, label.weight, label.teaches_text)


def superfluous(positions: Iterable[int], newest_kept: int = 4) -> list[int]:
    """Which checkpoints to drop: the newest are kept all, older ones ever more sparsely, the oldest always.

    Of the checkpoints whose age (in positions behind the newest) lies in the same power of two, the oldest stays, so
    the number kept grows with the logarithm of the ledger and a rewind of k verdicts replays at most some 2k.
    """
    ordered = sorted(set(positions), reverse=True)
    if len(ordered) <= newest_kept + 1:
        return []
    head, older = ordered[0], ordered[newest_kept:]
    keep = {(head - position).bit_length(): position for position in older}
    return [position for position in older if position not in keep.values()]
