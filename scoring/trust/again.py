"""Putting before the team again what a judge closed who was held back and is kept out.

Their verdicts are out of the learner and of all figures, but the alerts stay judged: an accurate one that they waved
away would get no call. A lead takes those verdicts back, the newest first and so many at a time that a desk is not
flooded; what somebody else has judged too, or an outcome has settled, is left alone.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from django.db import transaction

from feedback.errors import AlreadyRetracted
from feedback.models import LedgerEntry, Role
from feedback.people import Person
from feedback.selectors import queue_for
from feedback.services import retract_verdict
from scoring.models import Ruling, Suspect

log = structlog.get_logger(__name__)

# Alerts that are put back at a time, and how many are counted on the page.
PORTION, MOST_COUNTED = 50, 1_000

_CLOSED_ALONE = """
    SELECT entry.* FROM feedback_ledgerentry entry
    WHERE entry.queue_id = %(queue)s AND entry.judge_id = %(judge)s AND entry.kind = 'verdict' AND entry.source = 'rep'
        AND NOT entry.is_check AND entry.position > %(since)s AND entry.position <= %(until)s
        AND NOT EXISTS (SELECT FROM feedback_ledgerentry back WHERE back.retracts_id = entry.id)
        AND NOT EXISTS (SELECT FROM feedback_openalert open WHERE open.alert_id = entry.alert_id)
        AND NOT EXISTS (
            SELECT FROM feedback_ledgerentry other
            WHERE other.alert_id = entry.alert_id AND other.kind = 'verdict' AND NOT other.is_check
                AND other.source IN ('rep', 'lead', 'outcome')
                AND (other.judge_id IS DISTINCT FROM entry.judge_id OR other.position > entry.position)
                AND NOT EXISTS (SELECT FROM feedback_ledgerentry back WHERE back.retracts_id = other.id))
    ORDER BY entry.position DESC LIMIT %(most)s
"""
_NO_END: Final = 2**62


class NotKeptOut(Exception):
    """A lead has to say first that the verdicts stay out. Nothing changed."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The alerts that verdicts which are kept out closed alone: how many, and the positions of the next portion."""

    count: int
    newest: int
    oldest: int

    @property
    def portion(self) -> int:
        """How many are put back at a time."""
        return min(self.count, PORTION)

    @property
    def is_more(self) -> bool:
        """Whether there are more than were counted."""
        return self.count > MOST_COUNTED


def closed_alone(suspect: Suspect) -> Closed | None:
    """What a suspect's verdicts keep closed by themselves; None where that is nothing, or they are not kept out."""
    if suspect.ruling not in (Ruling.KEPT_OUT, Ruling.CLOSED):
        return None
    found = _entries(suspect, suspect.since, _NO_END, MOST_COUNTED + 1)
    return Closed(len(found), found[0].position, found[:PORTION][-1].position) if found else None


def judge_again(*, user: Person, slug: str, suspect_id: int, newest: int, oldest: int, now: datetime) -> int:
    """Take back what a suspect said from position `oldest` to `newest`, where that alone closed an alert.

    Returns how many alerts wait again; at most `PORTION`, the newest first; all or none. A repeat changes nothing.
    Raises `NotKeptOut`, and `DoesNotExist` where the suspect is not of a queue that the person leads.
    """
    with transaction.atomic():
        queue = queue_for(user, slug, Role.LEAD)
        locked = Suspect.objects.select_for_update(of=("self",)).select_related("hold")
        suspect = locked.get(pk=suspect_id, queue=queue)
        if suspect.ruling not in (Ruling.KEPT_OUT, Ruling.CLOSED):
            raise NotKeptOut
        entries = _entries(suspect, max(suspect.since, oldest - 1), newest, PORTION)
        opened = sum(_take_back(entry, user, now) for entry in entries)
        log.info("put before the team again", queue=slug, judge=suspect.judge_id, alerts=opened)
        return opened


def _entries(suspect: Suspect, since: int, until: int, most: int) -> list[LedgerEntry]:
    until = until if suspect.hold.until is None else min(until, suspect.hold.until)
    known = {
        "queue": suspect.queue_id, "judge": suspect.judge_id, "since": since, "until": until, "most": most,
    }  # fmt: skip
    return list(LedgerEntry.objects.raw(_CLOSED_ALONE, known))


def _take_back(entry: LedgerEntry, user: Person, now: datetime) -> bool:
    try:
        return retract_verdict(verdict=entry, judge=user, decision_id=uuid.uuid4(), now=now).created
    except AlreadyRetracted:  # by its judge, at this moment
        return False
