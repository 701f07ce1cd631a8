"""Reads of what happened. Everything a person asks for goes through their memberships first."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from feedback import rules
from feedback.models import Alert, FeatureName, LedgerEntry, Queue, Role
from feedback.naming import NO_NAMES, Names
from feedback.people import Person, id_of
from feedback.services.ledger import facts_of


def queues_of(user: Person, *roles: Role) -> QuerySet[Queue]:
    """The queues in which a person has one of the roles (any role where none is named), oldest first."""
    # One filter: two would ask for a membership of the person's and for a role of anybody's.
    role = {"memberships__role__in": roles} if roles else {}
    mine = Queue.objects.filter(memberships__user_id=id_of(user), throwaway=False, **role)
    return mine.distinct().order_by("pk")


def queue_for(user: Person, slug: str, *roles: Role) -> Queue:
    """A person's queue by slug. Raises `Queue.DoesNotExist` where it is not theirs, as if it did not exist."""
    return queues_of(user, *roles).get(slug=slug)


def entry_for(user: Person, decision_id: UUID, *roles: Role) -> LedgerEntry:
    """A ledger entry in a person's queue. Raises `LedgerEntry.DoesNotExist` where it is not theirs."""
    mine = LedgerEntry.objects.filter(queue__in=queues_of(user, *roles))
    return mine.select_related("queue", "alert__customer", "judge", "retracts").get(decision_id=decision_id)


# What this process has read, by queue, with the stamp that it was read under: every page shows names.
_names: dict[int, tuple[UUID, Names]] = {}


def names_of(queue: Queue) -> Names:
    """What a queue calls its features and their values.

    Asks the database only where they were never read or have changed since.
    """
    stamp = queue.names_stamp
    if stamp is None:
        return NO_NAMES
    known = _names.get(queue.pk)
    if known is None or known[0] != stamp:
        rows = FeatureName.objects.filter(queue=queue).values_list("feature", "value", "name", "name_zh")
        given = {(feature, value): (english, chinese) for feature, value, english, chinese in rows}
        features = {feature: pair for (feature, value), pair in given.items() if not value}
        values = {named: pair for named, pair in given.items() if named[1]}
        known = _names[queue.pk] = stamp, Names(features, values)
    return known[1]


def history_of(alert: Alert) -> list[LedgerEntry]:
    """Every entry about an alert in the order of the ledger, with who wrote it."""
    return list(alert.entries.select_related("judge", "scorer").order_by("position"))


def label_of_alert(alert: Alert) -> rules.Label | None:
    """What the verdicts of an alert add up to."""
    return rules.label_of(facts_of(alert.entries.all()))


def standing_verdict(alert: Alert) -> LedgerEntry | None:
    """The verdict that keeps an alert out of the reps' queue, or None where it is open."""
    entries = {entry.position: entry for entry in history_of(alert)}
    closing = rules.closing_verdict(facts_of(entries.values()))
    return None if closing is None else entries[closing.position]


def head_of(queue_id: int) -> int:
    """The last position of a queue's ledger; 0 where it is empty."""
    last = LedgerEntry.objects.filter(queue_id=queue_id).order_by("-position").values_list("position", flat=True)
    return last.first() or 0


def entries_since(queue_id: int, position: int, limit: int | None = None) -> list[LedgerEntry]:
    """The entries after a position, in order, with their alerts and scorers."""
    tail = LedgerEntry.objects.filter(queue_id=queue_id, position__gt=position).order_by("position")
    return list(tail.select_related("alert__scorer")[:limit])


# Written so that the plan is one index range and one index look-up an alert even before the tables have statistics: a
# bulk load in one transaction took 20 ms a call with a join.
_FACTS_TOUCHED = """
    SELECT e.alert_id, e.position, e.value, e.source, e.judge_id, e.scorer_id,
           (SELECT r.position FROM feedback_ledgerentry r WHERE r.id = e.retracts_id), e.reason, e.is_check
    FROM feedback_ledgerentry e
    WHERE e.position <= %(upto)s AND e.alert_id = ANY (ARRAY(
        SELECT alert_id FROM feedback_ledgerentry
        WHERE queue_id = %(queue)s AND position > %(low)s AND position <= %(high)s
    )) ORDER BY e.position
"""


def facts_touched(queue_id: int, low: int, high: int, upto: int) -> dict[int, list[rules.Fact]]:
    """Every fact, of a position of at most `upto`, about the alerts that the ledger rows in (low, high] are about.

    Written as SQL: every score asks it after every verdict.
    """
    grouped: dict[int, list[rules.Fact]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_FACTS_TOUCHED, {"queue": queue_id, "low": low, "high": high, "upto": upto})
        for alert_id, position, value, source, judge, scorer, retracts, reason, check in cursor.fetchall():
            author = judge if judge is not None else f"scorer:{scorer}"
            fact = rules.Fact(position, value, source, author, retracts, reason, check=check)
            grouped.setdefault(alert_id, []).append(fact)
    return grouped


def entries_about(alert_ids: Iterable[int]) -> dict[int, list[LedgerEntry]]:
    """Every entry about the alerts, grouped by alert, in the order of the ledger."""
    grouped: dict[int, list[LedgerEntry]] = {alert_id: [] for alert_id in alert_ids}
    for entry in LedgerEntry.objects.filter(alert_id__in=list(grouped)).order_by("position"):
        grouped[entry.alert_id].append(entry)
    return grouped
