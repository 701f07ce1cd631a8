"""Amendments: how a ledger is learnt changes by appending a row, and never otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from feedback.locks import Lock, take
from feedback.models import LedgerEntry, Queue
from feedback.nudges import nudge
from feedback.people import Person
from scoring.amended import amendments_of
from scoring.models import Amendment, AmendmentKind, Generation, ModelConfiguration
from scoring.task_names import LEARN


class AmendmentInvalid(ValueError):
    """What was asked for is no amendment: a position outside the ledger, a weight outside (0, 1], a hold that ended."""


def hold_back(
    *, queue: Queue, since: int, until: int | None, judge: Person | None, note: str, by: Person | None, now: datetime
) -> Amendment:
    """Keep the verdicts in (since, until] by `judge` (None: by everybody) from the learner. The ledger keeps them.

    `until` None: the verdicts to come as well. Raises `AmendmentInvalid`.
    """
    if since < 0 or (until is not None and until <= since):
        raise AmendmentInvalid(_("There are no verdicts between these positions."))
    kind = AmendmentKind.HOLD_BACK
    return _append(queue, since, now, kind=kind, until=until, judge=judge, note=note, created_by=by)


def let_in(*, hold: Amendment, by: Person | None, now: datetime, note: str = "") -> Amendment:
    """End a hold: what it kept back is learnt at its place, as if it had never been held. A repeat answers the same.

    Raises `AmendmentInvalid` where `hold` is not a hold.
    """
    if hold.kind != AmendmentKind.HOLD_BACK:
        raise AmendmentInvalid(_("Only verdicts that are held back can be let in."))
    with transaction.atomic():
        take(Lock.LEDGER, hold.queue_id)
        if (known := Amendment.objects.filter(ends=hold).first()) is not None:
            return known
        kind = AmendmentKind.LET_IN
        return _append(hold.queue, hold.since, now, kind=kind, ends=hold, note=note, created_by=by)


def roll_back(*, queue: Queue, to_position: int, note: str, by: Person | None, now: datetime) -> Amendment:
    """Take the model back to a position: the verdicts after it are held back; those to come teach again.

    What somebody has taken back since is not learnt again: it is the model of that position without it.

    Raises `AmendmentInvalid` where the position is the ledger's head or beyond it, or nothing after it counts.
    """
    with transaction.atomic():
        take(Lock.LEDGER, queue.pk)
        head = LedgerEntry.objects.filter(queue=queue).aggregate(head=Max("position"))["head"] or 0
        if not 0 <= to_position < head:
            raise AmendmentInvalid(_("The model can be taken back to a position before %(head)s.") % {"head": head})
        if amendments_of(queue.pk).counted_to(head) <= to_position:
            raise AmendmentInvalid(_("Nothing after this position counts: the model stands there already."))
        return hold_back(queue=queue, since=to_position, until=head, judge=None, note=note, by=by, now=now)


def weigh(*, queue: Queue, weights: Mapping[int, float], now: datetime, note: str = "") -> Amendment:
    """From here on, labels by these judges (by user id) weigh so much. Raises `AmendmentInvalid`."""
    if not weights or not all(0 < weight <= 1 for weight in weights.values()):
        raise AmendmentInvalid(_("A weight must be above 0 and at most 1."))
    with transaction.atomic():
        take(Lock.LEDGER, queue.pk)
        head = LedgerEntry.objects.filter(queue=queue).aggregate(head=Max("position"))["head"] or 0
        stored = {str(judge): weight for judge, weight in sorted(weights.items())}
        return _append(queue, head, now, kind=AmendmentKind.WEIGH, weights=stored, note=note)


def adopt(*, queue: Queue, generation: Generation, since: int, now: datetime) -> Amendment:
    """From `since` on, the fast model takes the log-odds of this generation."""
    return _append(queue, since, now, kind=AmendmentKind.ADOPT, generation=generation)


def appoint(*, queue: Queue, configuration: ModelConfiguration, by: Person | None, now: datetime) -> Amendment:
    """From the ledger's head on, scores come from the model of this configuration. Nothing that was learnt changes."""
    with transaction.atomic():
        take(Lock.LEDGER, queue.pk)
        head = LedgerEntry.objects.filter(queue=queue).aggregate(head=Max("position"))["head"] or 0
        return _append(queue, head, now, kind=AmendmentKind.APPOINT, configuration=configuration, created_by=by)


def _append(queue: Queue, since: int, now: datetime, **fields: Any) -> Amendment:
    """Write an amendment with the next number.

    The ledger's lock makes numbers commit order, so that whoever has seen number 7 has seen all before it.
    """
    with transaction.atomic():
        take(Lock.LEDGER, queue.pk)
        newest = Amendment.objects.filter(queue=queue).aggregate(newest=Max("number"))["newest"] or 0
        made = Amendment.objects.create(queue=queue, number=newest + 1, since=since, created_at=now, **fields)
        transaction.on_commit(lambda: nudge(LEARN, queue.pk))
    return made
