"""Which alerts could be asked about: a shortlist that is read in milliseconds, whatever the size of the queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from feedback import rules
from feedback.models import Alert, Kind, LedgerEntry, Membership, Role, Source, Value
from feedback.selectors import entries_about
from feedback.services import facts_of
from labeling.models import Because, Hold, Lease, Question, State

# Open alerts of the tenth that the model is least sure of, and as many drawn at random: what is chosen from.
NEAR, RANDOM = 250, 250
# Verdicts looked back on for second looks, and how far from a verdict the model's first word must have been.
LOOK_BACK, FAR = 400, 0.7
# Alerts judged last: new questions should differ from them.
LATELY = 150

_OPEN = """
    WITH askable AS (
        SELECT o.alert_id, o.probability FROM feedback_openalert o
        WHERE o.queue_id = %(queue)s AND (o.visible OR NOT o.visible) AND o.alert_id <> ALL(%(unwanted)s)
            AND NOT EXISTS (
                SELECT 1 FROM labeling_question q WHERE q.alert_id = o.alert_id AND q.state IN ('open', 'answered'))
    )
    SELECT alert_id, bool_or(drawn) FROM (
        (SELECT alert_id, false AS drawn FROM (
            SELECT alert_id FROM askable ORDER BY abs(probability - 0.5), alert_id
            LIMIT greatest(%(near)s, (SELECT count(*) / 10 FROM askable))
         ) AS near ORDER BY md5(alert_id::text || %(seed)s), alert_id LIMIT %(near)s)
        UNION ALL
        (SELECT alert_id, true FROM askable ORDER BY md5(alert_id::text || %(seed)s), alert_id LIMIT %(random)s)
    ) AS shortlist GROUP BY alert_id
"""

_SURPRISING = """
    SELECT e.alert_id FROM feedback_ledgerentry e
    JOIN feedback_exposure x ON x.alert_id = e.alert_id
    WHERE e.queue_id = %(queue)s AND e.position > %(after)s AND e.kind = 'verdict' AND e.source = 'rep'
      AND abs(x.probability - CASE e.value WHEN 'accurate' THEN 1 WHEN 'false_positive' THEN 0 END) >= %(far)s
    ORDER BY e.position DESC LIMIT 100
"""


@dataclass(frozen=True, slots=True)
class SecondLook:
    """An alert that was judged, and yet: a rep was not sure, or the verdict surprised the model."""

    alert_id: int
    because: Because
    accurate: bool | None


def nobody_left(queue_id: int) -> Q:
    """Of questions: those whose alert every labeler of the queue has answered or skipped."""
    ended = Lease.objects.filter(state__in=[Hold.ANSWERED, Hold.SKIPPED])
    theirs = ended.filter(question__alert=OuterRef(OuterRef("alert")), labeler=OuterRef("user"))
    labelers = Membership.objects.filter(queue_id=queue_id, role=Role.LABELER, paused_at=None, user__is_active=True)
    return Exists(ended.filter(question__alert=OuterRef("alert"))) & ~Exists(labelers.filter(~Exists(theirs)))


def askable(queue_id: int, seed: str) -> dict[int, bool]:
    """Open alerts that no question is about: some the model is unsure of, and some drawn at random (True).

    None that every labeler has had, in questions that were withdrawn for it.
    """
    withdrawn = Question.objects.filter(nobody_left(queue_id), queue_id=queue_id, state=State.WITHDRAWN)
    unwanted = list(withdrawn.filter(alert__open__isnull=False).values_list("alert_id", flat=True))
    known: dict[str, Any] = {"queue": queue_id, "near": NEAR, "random": RANDOM, "seed": seed, "unwanted": unwanted}
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, known)
        return dict(cursor.fetchall())


def second_looks(queue_id: int, head: int) -> list[SecondLook]:
    """Judged alerts that deserve another pair of eyes and no labeler has been asked about."""
    after = head - LOOK_BACK
    doubtful = LedgerEntry.objects.filter(
        queue_id=queue_id, position__gt=after, kind=Kind.VERDICT, source=Source.REP, value=Value.UNSURE
    ).values_list("alert_id", flat=True)
    with connection.cursor() as cursor:
        cursor.execute(_SURPRISING, {"queue": queue_id, "after": after, "far": FAR})
        surprising = [alert_id for (alert_id,) in cursor.fetchall()]
    found = entries_about(_not_asked(queue_id, {*doubtful, *surprising}))
    looks = (_second_look(alert_id, facts_of(entries)) for alert_id, entries in found.items())
    return [look for look in looks if look is not None]


def _second_look(alert_id: int, facts: list[rules.Fact]) -> SecondLook | None:
    """Why the alert deserves one as its verdicts stand now, if it does. A lead's word and an outcome settle it."""
    standing = rules.effective_verdicts(facts)
    if not standing or any(fact.source != Source.REP for fact in standing):
        return None
    label = rules.label_of(facts)
    if label is None:
        return SecondLook(alert_id, Because.REP_UNSURE, None)
    return SecondLook(alert_id, Because.DISAGREEMENT, label.accurate)


def lately_seen(queue_id: int, head: int) -> set[int]:
    """Alerts that are asked about now or were judged last."""
    judged = LedgerEntry.objects.filter(queue_id=queue_id, position__gt=head - LATELY).values_list(
        "alert_id", flat=True
    )
    asked = Question.objects.filter(queue_id=queue_id, state=State.OPEN).values_list("alert_id", flat=True)
    return {*judged, *asked}


def _not_asked(queue_id: int, alert_ids: set[int]) -> list[int]:
    asked = Q(state__in=[State.OPEN, State.ANSWERED]) | (Q(state=State.WITHDRAWN) & nobody_left(queue_id))
    questions = Question.objects.filter(asked, alert_id=OuterRef("pk"))
    return list(Alert.objects.filter(~Exists(questions), pk__in=alert_ids).order_by("pk").values_list("pk", flat=True))
