"""Search on the desk: a queue's open alerts that reps see, and those judged of late, by customer, id or words.

It reads every open alert, and stops where that takes too long (docs/decisions/0088-search-reads-what-is-open.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from psycopg.errors import QueryCanceled

from feedback import rules
from feedback.desk.query import Query
from feedback.desk.selectors import PAGE_ROWS, Inbox, Row, rows_of, visible
from feedback.models import Check, Decision, Exposure, Kind, LedgerEntry, OpenAlert, Queue, Source
from feedback.people import Person, id_of
from feedback.selectors import entries_about
from feedback.services.ledger import facts_of

# Judged alerts are looked for so far back, and so many ledger rows at most.
LOOK_BACK, MOST_ENTRIES = timedelta(days=30), 20_000
# The first of the list are read before all: a word that many alerts have is found there, a page of it, in no time.
FEW = 2_000
PATIENCE_MS = 1_500  # with each statement that reads many alerts

Item = TypeVar("Item")

# Index look-ups: the id of a customer or of an alert finds it also where reading all the words takes too long.
_NAMED = """
    SELECT id FROM feedback_alert WHERE queue_id = %(queue)s AND customer_id = ANY(ARRAY(
        SELECT id FROM feedback_customer WHERE external_id = ANY(%(ids)s)))
    UNION
    SELECT id FROM feedback_alert WHERE queue_id = %(queue)s AND external_id = ANY(%(ids)s)
        AND scorer_id = ANY(ARRAY(SELECT id FROM feedback_scorer))
    ORDER BY id DESC LIMIT 1000
"""

_OPEN = """
    SELECT alert_id FROM feedback_openalert WHERE queue_id = %(queue)s AND visible
    ORDER BY urgency DESC, alert_id DESC LIMIT %(most)s
"""
_JUDGED = """
    SELECT alert_id FROM feedback_ledgerentry WHERE queue_id = %(queue)s AND recorded_at >= %(since)s
    ORDER BY recorded_at DESC LIMIT %(most)s
"""
# The array makes it one pass over the alerts in the order of their ids: half the work of a look-up for each.
_MATCHING = "SELECT id FROM feedback_alert WHERE id = ANY(ARRAY({among})) AND {words}"
_WORD = """
    (text ILIKE %({name})s OR external_id ILIKE %({name})s OR customer_id IN (
        SELECT id FROM feedback_customer WHERE name ILIKE %({name})s OR external_id ILIKE %({name})s))
"""


@dataclass(frozen=True, slots=True)
class Found(Inbox):
    """What a search found: open alerts (`rows`), and the closing verdicts of those judged `since` then.

    `more`, `more_judged`: there are others than those listed. `stopped`: it took too long, so there may be.
    """

    query: Query
    since: datetime
    judged: list[LedgerEntry]
    more: bool
    more_judged: bool
    stopped: bool

    @property
    def open_count(self) -> str:
        return f"{len(self.rows)}{'+' if self.more else ''}"

    @property
    def judged_count(self) -> str:
        return f"{len(self.judged)}{'+' if self.more_judged else ''}"


def search(*, user: Person, queue: Queue, query: Query, now: datetime) -> Found:
    """Look for a query in a queue. Exact ids come first; then the most urgent of the open, the newest of the judged."""
    since = _since(queue, now)
    known: dict[str, Any] = {"queue": queue.pk, "since": since, "ids": query.ids}
    waiting, settled = visible(queue), _settled(user, queue, since)

    def open_among(ids: list[int]) -> list[Row]:
        return rows_of(waiting.filter(alert__in=ids), PAGE_ROWS + 1) if ids else []

    def judged_among(ids: list[int]) -> list[int]:
        return _newest(settled.filter(alert__in=ids)) if ids else []

    named = _ids(_NAMED, known)
    rows = _patiently(lambda: _first(_OPEN, query, known, open_among))
    past = _patiently(lambda: _first(_JUDGED, query, known, judged_among))
    listed = list({row.alert_id: row for row in [*open_among(named), *(rows or [])]}.values())
    judged = list(dict.fromkeys([*judged_among(named), *(past or [])]))
    return Found(
        listed[:PAGE_ROWS], None, None, query, since, _closing(queue, judged[:PAGE_ROWS]),
        more=len(listed) > PAGE_ROWS, more_judged=len(judged) > PAGE_ROWS, stopped=rows is None or past is None,
    )  # fmt: skip


def _since(queue: Queue, now: datetime) -> datetime:
    """From when on judged alerts are looked for."""
    entries = LedgerEntry.objects.filter(queue=queue, recorded_at__gte=now - LOOK_BACK).order_by("-recorded_at")
    oldest = entries.values_list("recorded_at", flat=True)[MOST_ENTRIES : MOST_ENTRIES + 1]
    return next(iter(oldest), now - LOOK_BACK)


def _ids(sql: str, known: dict[str, Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, known)
        return [alert_id for (alert_id,) in cursor.fetchall()]


def _first(among: str, query: Query, known: dict[str, Any], listed: Callable[[list[int]], list[Item]]) -> list[Item]:
    """A page, and one more, of the alerts that have every word in their text, id, or customer's name or id."""
    patterns = {f"word{place}": f"%{_literally(word)}%" for place, word in enumerate(query.words)}
    sql = _MATCHING.format(among=among, words=" AND ".join(_WORD.format(name=name) for name in patterns))
    found = listed(_ids(sql, {**known, **patterns, "most": FEW}))
    return found if len(found) > PAGE_ROWS else listed(_ids(sql, {**known, **patterns, "most": None}))


def _literally(word: str) -> str:
    """A word as a pattern that stands for itself."""
    return re.sub(r"([\\%_])", r"\\\1", word)


def _settled(user: Person, queue: Queue, since: datetime) -> QuerySet[LedgerEntry]:
    """The verdicts that closed alerts of late, newest first, of alerts that this person may see as judged.

    Not one that was hidden and that no rep judged; nor one that is a check to this person and still wants their answer.
    """
    alert = OuterRef("alert")
    last = Exposure.objects.filter(alert=alert).order_by("-pk").values("decision")[:1]
    checks = Check.objects.filter(alert=alert, person_id=id_of(user))
    own = LedgerEntry.objects.filter(alert=alert, judge_id=id_of(user), kind=Kind.VERDICT, retraction=None)
    closing = LedgerEntry.objects.filter(
        queue=queue, recorded_at__gte=since, kind=Kind.VERDICT, source__in=rules.CLOSING_SOURCES, is_check=False
    )
    return (
        closing.alias(decided=Subquery(last))
        .filter(~Exists(OpenAlert.objects.filter(alert=alert)))
        .filter(Q(source=Source.REP) | ~Q(decided=Decision.HIDE))
        .filter(~Exists(checks) | Exists(own))
        .order_by("-recorded_at", "-position")
    )


def _newest(entries: QuerySet[LedgerEntry]) -> list[int]:
    """The alerts of the newest entries, a page of them and one more; several entries may be about one."""
    return list(dict.fromkeys(entries.values_list("alert_id", flat=True)[: 3 * PAGE_ROWS]))[: PAGE_ROWS + 1]


def _closing(queue: Queue, alert_ids: list[int]) -> list[LedgerEntry]:
    """The verdicts that keep the alerts closed, in the order of the alerts."""
    closing = [rules.closing_verdict(facts_of(entries)) for entries in entries_about(alert_ids).values()]
    positions = [fact.position for fact in closing if fact is not None]
    entries = LedgerEntry.objects.filter(queue=queue, position__in=positions)
    by_position = {entry.position: entry for entry in entries.select_related("alert__customer", "judge", "scorer")}
    return [by_position[position] for position in positions]


def _patiently(find: Callable[[], list[Item]]) -> list[Item] | None:
    """What is found; None where the database needed longer than a person waits, and was stopped."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE_MS)])
            return find()
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            return None
        raise
