"""What a rep does at the desk: sit down, take the next alert, keep it, judge it."""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product
from typing import Any

from feedback.desk import selectors
from feedback.desk.access import DESK_ROLES
from feedback.desk.cursor import Cursor
from feedback.desk.later import Later
from feedback.desk.query import Query
from feedback.desk.search import search
from feedback.desk.selectors import Desk, Inbox, Work
from feedback.models import Alert, LedgerEntry, OpenAlert, Queue, Source
from feedback.people import Person, id_of
from feedback.selectors import queue_for, standing_verdict
from feedback.services import Recorded, checks, record_verdict
from feedback.services.holds import hold, hold_next
from feedback.services.pauses import pause_of


@dataclass(frozen=True, slots=True)
class Choice:
    """What an address of the desk asks for: one alert or the next past a place, and the list after a place.

    `back`: an alert that was put off is brought back. `query`: what the list is searched for.
    """

    alert_id: int | None = None
    past: Cursor | None = None
    after: Cursor | None = None
    back: bool = False
    query: Query | None = None


def sit_down(*, user: Person, slug: str, choice: Choice, later: Later, now: datetime) -> Desk:
    """A person's desk in a queue: the alert they chose, else the next that no colleague has on theirs; none of them
    where they are paused.

    Raises `Queue.DoesNotExist` or `Alert.DoesNotExist` where it is not theirs.
    """
    queue = queue_for(user, slug, *DESK_ROLES)
    if choice.back and choice.alert_id is not None:
        later.bring_back(choice.alert_id)
    pulse = selectors.pulse_of(user, queue, now)
    work = None if pulse.paused else _chosen(user=user, queue=queue, choice=choice, later=later, now=now)
    inbox = list_of(user=user, queue=queue, choice=choice, now=now)
    return Desk(queue, inbox, work, pulse)


def _chosen(*, user: Person, queue: Queue, choice: Choice, later: Later, now: datetime) -> Work | None:
    if choice.alert_id is None:
        return take_next(user=user, queue=queue, past=choice.past, later=later, now=now)
    return take_up(user=user, alert=selectors.alert_on_desk(user, choice.alert_id, queue), now=now)


def list_of(*, user: Person, queue: Queue, choice: Choice, now: datetime) -> Inbox:
    """The list beside the alert: what was looked for, else the open alerts after a place."""
    if choice.query is not None:
        return search(user=user, queue=queue, query=choice.query, now=now)
    return selectors.inbox_page(queue, choice.after)


def take_next(*, user: Person, queue: Queue, past: Cursor | None, later: Later, now: datetime) -> Work | None:
    """Hold the most urgent free alert past a place, after the last one the first; None where none is free.

    What the person put off comes only where nothing else waits.

    Now and then it is a check instead, and the place in the list stays.
    """
    if (check := checks.next_check(user=user, queue=queue, source=Source.REP, now=now)) is not None:
        return replace(selectors.work_for(user, selectors.alert_on_desk(user, check.alert_id, queue)), place=past)
    place = None if past is None else (past.urgency, past.alert_id)
    alert_id = None
    for but, after in dict.fromkeys(product((tuple(later.alert_ids), ()), (place, None))):
        if alert_id is None:
            alert_id = hold_next(queue_id=queue.pk, person=user, now=now, past=after, but=but)
    return None if alert_id is None else selectors.work_for(user, selectors.alert_on_desk(user, alert_id, queue))


def take_found(*, user: Person, queue: Queue, query: Query, later: Later, now: datetime) -> Work | None:
    """The first open alert of a search that no colleague has on theirs, and on which the person has said nothing yet.

    None where none is left: one that they were unsure of is still open, and would come again and again; nor does one
    come that they put off.
    """
    rows = search(user=user, queue=queue, query=query, now=now).rows
    own = LedgerEntry.objects.filter(alert__in=[row.alert_id for row in rows], judge_id=user.pk)
    done = {*own.values_list("alert_id", flat=True), *later.alert_ids}
    for row in rows:
        with_colleague = row.held_by_id not in (None, user.pk) and row.held_until is not None and row.held_until > now
        if not with_colleague and row.alert_id not in done:
            return take_up(user=user, alert=selectors.alert_on_desk(user, row.alert_id, queue), now=now)
    return None


def take_after(
    *, user: Person, queue: Queue, query: Query | None, past: Cursor | None, later: Later, now: datetime
) -> tuple[Work | None, Query | None]:
    """The next alert of a search, and the search; where none of it is left, or none was made, the queue's next."""
    if query is not None and (found := take_found(user=user, queue=queue, query=query, later=later, now=now)):
        return found, query
    return take_next(user=user, queue=queue, past=past, later=later, now=now), None


def put_off(
    *,
    user: Person,
    alert: Alert,
    typed: dict[str, str],
    query: Query | None,
    past: Cursor | None,
    later: Later,
    now: datetime,
) -> tuple[Work | None, Query | None]:
    """Leave an alert that waits for later, with what was typed about it, and take the one after it, if not paused."""
    if selectors.work_for(user, alert).waits:
        checks.put_off(user=user, queue=alert.queue, alert_id=alert.pk, now=now)
        later.put_off(alert.pk, typed)
    if pause_of(queue_id=alert.queue_id, person=user, roles=DESK_ROLES) is not None:
        return None, query
    return take_after(user=user, queue=alert.queue, query=query, past=past, later=later, now=now)


def take_up(*, user: Person, alert: Alert, now: datetime) -> Work:
    """An alert that a person opened on purpose: theirs to hold unless a colleague has it, who is named then."""
    work = selectors.work_for(user, alert)
    if work.open is None or hold(alert_id=alert.pk, person=user, now=now):
        return work
    return replace(work, colleague=_name_of(work.open))


def keep_watch(*, user: Person, slug: str, alert_id: int | None, since: int, now: datetime) -> tuple[Queue, int]:
    """Go on holding the alert on the page, and count what arrived since the page was made.

    Raises `Queue.DoesNotExist` where the queue is not theirs. An alert of another queue is not held.
    """
    queue = queue_for(user, slug, *DESK_ROLES)
    if alert_id is not None and OpenAlert.objects.filter(queue=queue, alert=alert_id).exists():
        hold(alert_id=alert_id, person=user, now=now)
    return queue, selectors.arrived_since(queue, since)


def judge_on_desk(*, alert: Alert, judge: Person, decision: dict[str, Any], now: datetime) -> Recorded:
    """Record a person's decision (`VerdictForm.decision`) on an alert that has its `open` loaded.

    What it counts as is read off the person and the alert, never off the form.
    Raises what `record_verdict` raises; nothing is written then.
    """
    check = None if selectors.is_open(alert) else checks.check_on(judge, alert.pk)
    if check is not None and not _settled_by(judge, alert):
        recorded = record_verdict(
            alert=alert, judge=judge, source=Source.REP, blind=True, is_check=True, now=now, **decision
        )
        checks.answered(check, recorded.entry)
        return recorded
    source = selectors.source_of(judge, alert, decision["seen"])
    blind = selectors.is_blind(alert)
    return record_verdict(alert=alert, judge=judge, source=source, blind=blind, now=now, **decision)


def _settled_by(person: Person, alert: Alert) -> bool:
    """Whether it is this person's own verdict that keeps an alert closed: their check was open again meanwhile."""
    standing = standing_verdict(alert)
    return standing is not None and standing.judge_id == id_of(person)


def _name_of(standing: OpenAlert) -> str:
    """Who holds an alert, as colleagues call them; empty where the hold ended between two reads."""
    return "" if standing.held_by is None else standing.held_by.first_name or standing.held_by.get_username()
