"""Holds: two people who work the same queue are not given the same alert.

A hold is a courtesy, not a lock: it keeps an alert from the others' "next" for a minute, and the page that shows the
alert renews it. Whoever opens a held alert on purpose may judge it all the same; the ledger decides who was first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef

from feedback.models import Membership, OpenAlert, Role
from feedback.people import Person, id_of

HOLD = timedelta(seconds=60)
# A page asks every few seconds; the row is written only when this little is left.
RENEW_BELOW = timedelta(seconds=40)

_HOLD_NEXT = """
    UPDATE feedback_openalert SET held_by_id = %(me)s, held_until = %(until)s WHERE alert_id = (
        SELECT alert_id FROM feedback_openalert
        WHERE queue_id = %(queue)s AND visible AND (held_until IS NULL OR held_until <= %(now)s OR held_by_id = %(me)s)
              AND NOT COALESCE((SELECT bool_and(paused_at IS NOT NULL) FROM feedback_membership
                                WHERE queue_id = %(queue)s AND user_id = %(me)s AND role IN ('rep', 'lead')), false)
              {past} {but}
        ORDER BY urgency DESC, alert_id DESC LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING alert_id
"""

_PAST = "AND urgency <= %(urgency)s AND (urgency, alert_id) < (%(urgency)s, %(alert)s)"
_BUT = "AND alert_id <> ALL(%(but)s)"


def hold_next(
    *, queue_id: int, person: Person, now: datetime, past: tuple[float, int] | None = None, but: Sequence[int] = ()
) -> int | None:
    """The most urgent open alert (past a cursor of urgency and alert id) that nobody else holds; this person does now.

    `but`: alerts that are passed over. Returns the alert's id, or None where there is none, or the person is paused.
    Two people who ask at once get two alerts.
    """
    urgency, alert_id = past or (0.0, 0)
    known: dict[str, Any] = {
        "queue": queue_id,
        "me": id_of(person),
        "now": now,
        "until": now + HOLD,
        "urgency": urgency,
        "alert": alert_id,
        "but": list(but),
    }
    with connection.cursor() as cursor:
        cursor.execute(_HOLD_NEXT.format(past=_PAST if past else "", but=_BUT if but else ""), known)
        found = cursor.fetchone()
    return None if found is None else int(found[0])


def hold(*, alert_id: int, person: Person, now: datetime) -> bool:
    """Hold, or go on holding, one open alert; False where somebody else holds it, it is not
    open, or the person is paused."""
    mine = OpenAlert.objects.filter(alert_id=alert_id, held_by_id=id_of(person), held_until__gt=now + RENEW_BELOW)
    if mine.exists():
        return True
    free = OpenAlert.objects.filter(alert_id=alert_id).exclude(held_until__gt=now, held_by__isnull=False) | (
        OpenAlert.objects.filter(alert_id=alert_id, held_by_id=id_of(person))
    )
    theirs = Membership.objects.filter(queue=OuterRef("queue"), user_id=id_of(person), role__in=[Role.REP, Role.LEAD])
    works = Exists(theirs.filter(paused_at=None)) | ~Exists(theirs)
    return bool(free.filter(works).update(held_by_id=id_of(person), held_until=now + HOLD))
