"""Checks: of what "next" brings a rep or a labeler, a share was settled before. It is shown without a score.

The verdict goes to the ledger like any other and changes nothing about the alert; it says how far the person can be
believed. The draw is a hash, so a page that is loaded again draws the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from feedback import rules
from feedback.checking import FIRST_VERDICTS, share_of_checks
from feedback.models import Check, CloserLook, LedgerEntry, Queue, Source
from feedback.people import Person, id_of
from feedback.selectors import entries_about, head_of
from feedback.services.ledger import facts_of

# Ledger rows looked back on for settled alerts, further only where they do not suffice, and how many alerts are
# considered. One of the youngest is drawn: an old date beside young ones gives a check away.
LOOK_BACK, MOST, YOUNGEST = (1_000, 5_000, 20_000), 300, 50
# What a rep puts off comes again after this long, a check like any alert.
PUT_OFF = timedelta(hours=1)

# One round trip at every "next": the check that waits, the person's last ledger row, how many checks they had and how
# many verdicts (up to enough), whether they are checked more often. At the desk an alert that is open is work like any
# other; labelers may agree on one that still waits for a rep. What was opened again and judged by this very person is
# no check any more.
_STATE = """
    SELECT
        (SELECT id FROM feedback_check c
         WHERE person_id = %(person)s AND queue_id = %(queue)s AND entry_id IS NULL
             AND (put_off_at IS NULL OR (source = 'rep' AND put_off_at <= %(again)s))
             AND source = %(source)s AND (source <> 'rep'
                 OR NOT EXISTS (SELECT 1 FROM feedback_openalert o WHERE o.alert_id = c.alert_id))
             AND NOT EXISTS (SELECT 1 FROM feedback_ledgerentry mine
                             WHERE mine.alert_id = c.alert_id AND mine.judge_id = %(person)s)
         ORDER BY id LIMIT 1),
        (SELECT position FROM feedback_ledgerentry WHERE judge_id = %(person)s AND queue_id = %(queue)s
         ORDER BY recorded_at DESC, position DESC LIMIT 1),
        (SELECT count(*) FROM feedback_check WHERE person_id = %(person)s AND queue_id = %(queue)s),
        (SELECT count(*) FROM (SELECT FROM feedback_ledgerentry WHERE judge_id = %(person)s AND queue_id = %(queue)s
                               LIMIT %(first)s) AS first),
        EXISTS (SELECT FROM feedback_closerlook WHERE person_id = %(person)s AND queue_id = %(queue)s)
"""

_SETTLED = """
    SELECT alert_id FROM (
        SELECT alert_id, max(position) AS newest FROM feedback_ledgerentry
        WHERE queue_id = %(queue)s AND position > %(low)s AND kind = 'verdict' AND source = ANY(%(sources)s)
            AND NOT (is_check AND source = 'labeler')
        GROUP BY alert_id
    ) AS settled
    WHERE (%(source)s <> 'rep'
           OR NOT EXISTS (SELECT 1 FROM feedback_openalert o WHERE o.alert_id = settled.alert_id))
        AND NOT EXISTS (SELECT 1 FROM feedback_ledgerentry mine
                        WHERE mine.alert_id = settled.alert_id AND mine.judge_id = %(person)s)
        AND NOT EXISTS (SELECT 1 FROM feedback_check c
                        WHERE c.alert_id = settled.alert_id AND c.person_id = %(person)s)
    ORDER BY newest DESC LIMIT %(most)s
"""


def next_check(*, user: Person, queue: Queue, source: Source, now: datetime) -> Check | None:
    """The settled alert that this person is to judge next as a rep or a labeler, or None: then the queue goes on.

    1. One that they left unanswered comes back. 2. The draw says whether it is time for one. 3. Take one whose answer
    is certain; where there is none, a rep gets one that a colleague has judged. Labelers have overlaps for that.
    """
    if not settings.CHECK_SHARE:
        return None
    known: dict[str, Any] = {
        "queue": queue.pk, "person": id_of(user), "source": source, "again": now - PUT_OFF, "first": FIRST_VERDICTS,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_STATE, known)
        waiting, last, had, judged, doubted = cursor.fetchone()
    if waiting is not None or last is None:  # who has not begun is not checked
        return None if waiting is None else Check.objects.get(pk=waiting)
    # By the person's last ledger row and how many checks they had: after each of both it is another draw.
    share = share_of_checks(settings.CHECK_SHARE, had=had, judged=judged, doubted=doubted)
    if share_of("time", queue.pk, id_of(user), last, had) >= share:
        return None
    certain = _draw(user, queue, source, now, certain=True)
    return _draw(user, queue, source, now, certain=False) if certain is None and source == Source.REP else certain


def look_closer(*, queue: Queue, people: Collection[int]) -> None:
    """From now on these are checked more often in the queue, and nobody else. A repeat changes nothing."""
    CloserLook.objects.filter(queue=queue).exclude(person_id__in=people).delete()
    rows = [CloserLook(queue=queue, person_id=pk) for pk in sorted(people)]
    CloserLook.objects.bulk_create(rows, ignore_conflicts=True)


def put_off(*, user: Person, queue: Queue, alert_id: int, now: datetime) -> None:
    """The person leaves a check for later, as they may any alert. A rep's comes again (`PUT_OFF`)."""
    Check.objects.filter(person_id=id_of(user), queue=queue, alert_id=alert_id, entry=None).update(put_off_at=now)


def check_on(user: Person, alert_id: int) -> Check | None:
    """The check that an alert was to a person, answered or not."""
    return Check.objects.filter(person_id=id_of(user), alert_id=alert_id).first()


def is_unanswered(check: Check, history: Iterable[LedgerEntry]) -> bool:
    """Whether the person has no verdict on it that stands: then nobody else's is shown."""
    standing = rules.effective_verdicts(facts_of(history))
    return all(fact.judge != check.person_id for fact in standing)


def answered(check: Check, entry: LedgerEntry) -> None:
    """Keep which verdict answered the check first."""
    Check.objects.filter(pk=check.pk, entry=None).update(entry=entry)


def _draw(user: Person, queue: Queue, source: Source, now: datetime, *, certain: bool) -> Check | None:
    sources = ["lead", "outcome", "labeler"] if certain else ["rep"]
    known: dict[str, Any] = {
        "queue": queue.pk, "person": id_of(user), "source": source, "sources": sources, "most": MOST,
    }  # fmt: skip
    settled = _settled(known, head_of(queue.pk))
    facts = {pk: facts_of(entries) for pk, entries in entries_about(settled).items()}
    fit = [pk for pk, known in facts.items() if _answer(known, certain) is not None]
    if not fit:
        return None
    chosen = min(sorted(fit)[-YOUNGEST:], key=lambda pk: (share_of("alert", pk, id_of(user)), pk))
    check, _made = Check.objects.get_or_create(
        person_id=id_of(user), alert_id=chosen,
        defaults={"queue": queue, "source": source, "certain": certain, "drawn_at": now},
    )  # fmt: skip
    return check if check.source == source else None  # another tab drew it for their other role at this moment


def _settled(known: dict[str, Any], head: int) -> list[int]:
    """The alerts settled last, newest first: the same whether they are found in few ledger rows or in many."""
    settled: list[int] = []
    with connection.cursor() as cursor:
        for rows in LOOK_BACK:
            cursor.execute(_SETTLED, {**known, "low": head - rows})
            settled = [alert_id for (alert_id,) in cursor.fetchall()]
            if len(settled) == known["most"] or rows >= head:
                break
    return settled


def _answer(facts: list[rules.Fact], certain: bool) -> bool | None:
    if certain:
        return rules.certain_answer(facts)
    label = rules.label_of(facts)
    return None if label is None else label.accurate


def share_of(*parts: str | int) -> float:
    """A number in [0, 1) that depends on the parts alone: what is drawn about checks."""
    text = ":".join(map(str, parts))
    return int.from_bytes(hashlib.blake2b(f"check:{text}".encode(), digest_size=6).digest()) / 2**48
