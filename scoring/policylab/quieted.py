"""What the desk says of an alert whose customer a person has quieted. Of a blind one nothing that gives its score away.

"Worse" and "audited" both say where an alert's score lies, and so does that a quiet ended with it. Of a blind alert is
told only that its customer was quieted when it came; why it is shown, after the verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from feedback.desk.selectors import Row
from feedback.models import Alert, Decision, Exposure
from feedback.services.standing import AGAIN
from scoring.lead.prose import prose
from scoring.models import Suppression


@dataclass(frozen=True, slots=True)
class Quieting:
    """A suppression of an alert's customer; `over` and `worse`: when it was lifted, and by which alert, if by one."""

    alert_id: int
    came_at: datetime
    suppression_id: int
    created_at: datetime
    until: datetime
    over: datetime | None
    worse: int | None

    @property
    def covered(self) -> bool:
        """Whether it was in force when the alert came.

        Alerts of one batch come at one moment: those behind the one that was worse came after the quiet.
        """
        lifted = self.over is not None and (self.over, self.worse or 0) < (self.came_at, self.alert_id)
        return self.created_at < self.came_at < self.until and not lifted

    def is_told(self, blind: bool, now: datetime) -> bool:
        """Whether the desk speaks of it."""
        return self.covered or (not blind and self.over is None and now < self.until)


def quieted_among(rows: Sequence[Row], now: datetime) -> frozenset[int]:
    """Those of a list's alerts whose customer is quieted, or was when they came."""
    blind = {row.alert_id for row in rows if row.probability is None}
    found = _quietings([row.alert_id for row in rows])
    return frozenset(one.alert_id for one in found if one.is_told(one.alert_id in blind, now))


def quieted_line(alert: Alert, blind: bool, now: datetime) -> str:
    """Who quieted an alert's customer, until when, and why the alert is here; empty where nobody did."""
    found = [one for one in _quietings([alert.pk]) if one.is_told(blind, now)]
    if not found:
        return ""
    newest, text = found[-1], _("%(person)s quieted %(customer)s until %(day)s.")
    if not blind and newest.over is not None and newest.worse != alert.pk:
        text = _("%(person)s quieted %(customer)s until %(day)s; that has been lifted since.")
    made = Suppression.objects.select_related("created_by").get(pk=newest.suppression_id)
    words = {
        "person": _name(made.created_by), "customer": str(alert.customer),
        "day": date_format(timezone.localtime(newest.until), "DATE_FORMAT"),
    }  # fmt: skip
    why = _("Why this alert is shown is said after the verdict.") if blind else _why(alert, newest)
    return prose(text % words, why)


# Written as SQL: every alert on the desk and every list asks it, and to compile it took longer than to answer it.
_QUIETED = """
    SELECT a.id, a.received_at, s.id, s.created_at, s.until, l.created_at, l.alert_id
    FROM feedback_alert a
    JOIN scoring_suppression s ON s.queue_id = a.queue_id AND s.customer_id = a.customer_id AND s.scope = 'customer'
    LEFT JOIN scoring_suppression l ON l.ends_id = s.id
    WHERE a.id = ANY(%s) ORDER BY s.id
"""


def _quietings(alert_ids: Sequence[int]) -> list[Quieting]:
    """The suppressions that name the alerts' customers, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_QUIETED, [list(alert_ids)])
        return [Quieting(*row) for row in cursor.fetchall()]


def _why(alert: Alert, quieting: Quieting) -> str:
    """Why an alert is here although its customer is quieted, or that it is not."""
    if quieting.worse == alert.pk:
        return _("This alert is worse: it is shown, and the quiet is over.")
    first, *later = Exposure.objects.filter(alert=alert).select_related("raised_by").order_by("pk")
    again = next((one for one in later if one.cause == AGAIN), None)
    if quieting.covered and again is not None:
        return _("%(person)s raised this alert again.") % {"person": _name(again.raised_by)}
    if quieting.covered and first.rule:
        return _("The rule “%(rule)s” shows it all the same.") % {"rule": first.rule}
    if quieting.covered and first.decision == Decision.AUDIT:
        return _("It was drawn to be shown all the same, to check.")
    if quieting.covered and first.decision == Decision.HIDE:
        return _("That is what hid this alert.")
    return _("This alert was here before.")


def _name(person: User | None) -> str:
    return "" if person is None else person.get_full_name() or person.get_username()
