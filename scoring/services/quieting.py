"""Suppressions: make one, end one, and those in force as the pure core reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.db import transaction
from django.db.models import QuerySet

from feedback.models import Alert, Exposure, OpenAlert, Queue
from feedback.people import Person, id_of
from scoring.models.suppressions import Scope, Suppression
from scoring.quiet import Bar, Quiet, bar_of
from scoring.text import fold


class SuppressionRefused(Exception):
    """The suppression cannot be made: it has no scope, or no end within `Suppression.MAX_DAYS`. Nothing was written."""


# Characters of a phrase at least. One of none, of invisible characters say, would be found in every text.
LEAST_PHRASE = 2


def seen_of(phrase: str) -> int:
    """How many characters of a phrase can be found in a text."""
    return len(fold(phrase).strip())


@dataclass(frozen=True, slots=True)
class About:
    """What a lead suppresses: a scorer (of a version, if one is given), a phrase, or a feature's value."""

    scorer_id: int | None = None
    scorer_version: str = ""
    phrase: str = ""
    feature: str = ""
    value: str = ""

    @property
    def scope(self) -> Scope:
        """The kind of scope. Raises `SuppressionRefused` where nothing is given."""
        if self.scorer_id is not None:
            return Scope.SCORER
        if seen_of(self.phrase) >= LEAST_PHRASE:
            return Scope.PHRASE
        if self.feature.strip() and self.value.strip():
            return Scope.FEATURE
        raise SuppressionRefused(
            f"a suppression names a scorer, a phrase of {LEAST_PHRASE} characters or more, or a feature with its value"
        )


def suppress(
    *, queue: Queue, about: About, days: int, by: Person, now: datetime, note: str = "", audit_share: float = 0.1
) -> Suppression:
    """Hide what a lead names for some days. Raises `SuppressionRefused`."""
    row = _row_of(about)
    row.audit_share, row.note, row.created_by_id = audit_share, note, id_of(by)
    return _append(queue, days, now, row)


def covering(about: About, until: datetime) -> Quiet:
    """What a suppression would be that nobody has made yet. Raises `SuppressionRefused`."""
    row = _row_of(about)
    row.until = until
    return _as_quiet(row)


def _row_of(about: About) -> Suppression:
    return Suppression(
        scope=about.scope, scorer_id=about.scorer_id, scorer_version=about.scorer_version,
        phrase=about.phrase.strip(), feature=about.feature.strip(), value=about.value.strip(),
    )  # fmt: skip


def quiet_customer(*, alert: Alert, days: int, by: Person, now: datetime, note: str = "") -> Suppression:
    """Hide the customer's further alerts in this queue until one is worse than this one, or the days are over.

    "Worse" is measured from where the alert stands now. Asked again while one is in force, it answers that one: two
    clicks at once do not make a second, which would outlive the lift of the first.
    """
    with transaction.atomic():
        Queue.objects.select_for_update(no_key=True).get(pk=alert.queue_id)
        known = in_force_rows(alert.queue_id, now).filter(scope=Scope.CUSTOMER, customer_id=alert.customer_id).first()
        if known is not None:
            return known
        tier, probability = _standing_of(alert)
        bar = bar_of(tier, probability, alert.upstream_score)
        return _append(
            alert.queue, days, now,
            Suppression(
                scope=Scope.CUSTOMER, customer_id=alert.customer_id, alert=alert, note=note, created_by_id=id_of(by),
                bar_tier=bar.tier, bar_probability=bar.probability, bar_upstream=bar.upstream,
            ),
        )  # fmt: skip


def lift(*, suppression: Suppression, by: Person | None, now: datetime, worse: int | None = None) -> Suppression:
    """End a suppression: a click, or (`worse`) the id of the alert that passed its bar. A repeat changes nothing."""
    with transaction.atomic():
        Queue.objects.select_for_update(no_key=True).get(pk=suppression.queue_id)
        row, _created = Suppression.objects.get_or_create(
            ends=suppression,
            defaults={
                "queue_id": suppression.queue_id, "scope": Scope.LIFT, "alert_id": worse, "created_at": now,
                "created_by_id": None if by is None else id_of(by),
            },
        )  # fmt: skip
    return row


def end_what_got_worse(passed: Mapping[int, int], now: datetime) -> None:
    """Lift each suppression (by id) whose bar an alert (by id) passed."""
    for suppression_id, alert_id in passed.items():
        lift(suppression=Suppression.objects.get(pk=suppression_id), by=None, now=now, worse=alert_id)


def in_force_rows(queue_id: int, now: datetime) -> QuerySet[Suppression]:
    """The queue's suppressions that are neither lifted nor over, newest first."""
    rows = Suppression.objects.filter(queue_id=queue_id, lift__isnull=True, until__gt=now)
    return rows.select_related("customer", "scorer", "created_by", "alert__open").order_by("-pk")


@lru_cache(maxsize=500)
def quiet_of(queue_id: int, newest: int) -> tuple[Quiet, ...]:
    """The suppressions of a queue as of its newest row: those that are over by time too, a decision looks at the time.

    Rows of a queue are written under its lock, so their ids are in order of commit, and the newest names a state.
    """
    rows = Suppression.objects.filter(queue_id=queue_id, pk__lte=newest, until__isnull=False).order_by("pk")
    return tuple(_as_quiet(row) for row in rows.filter(lift__isnull=True).select_related("customer", "scorer"))


def _as_quiet(row: Suppression) -> Quiet:
    bar = None if row.bar_tier is None else Bar(row.bar_tier, row.bar_probability or 1.0, row.bar_upstream)
    assert row.until is not None  # the database refuses a suppression without an end
    return Quiet(
        id=row.pk or 0,
        until=row.until,
        audit_share=row.audit_share,
        customer=row.customer.external_id if row.customer else None,
        scorer=row.scorer.name if row.scorer else None,
        scorer_version=row.scorer_version or None,
        phrase=row.phrase or None,
        feature=row.feature or None,
        value=row.value or None,
        bar=bar,
    )


def _append(queue: Queue, days: int, now: datetime, row: Suppression) -> Suppression:
    if not 1 <= days <= Suppression.MAX_DAYS:
        raise SuppressionRefused(f"a suppression ends after 1 to {Suppression.MAX_DAYS} days")
    row.queue, row.until, row.created_at = queue, now + timedelta(days=days), now
    with transaction.atomic():
        Queue.objects.select_for_update(no_key=True).get(pk=queue.pk)
        row.save(force_insert=True)
    return row


def _standing_of(alert: Alert) -> tuple[int, float]:
    """Tier and probability of an alert as it stands, or as it was exposed."""
    standing = OpenAlert.objects.filter(alert=alert).first() or Exposure.objects.filter(alert=alert).latest("pk")
    return standing.tier, standing.probability
