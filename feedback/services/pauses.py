"""Pausing somebody's work in a queue, and letting them go on.

Whoever is paused gets no alerts and no questions, gives no verdicts, and neither quiets a customer nor raises a hidden
alert there; what they said and did stays, and can be read and taken back. A pause is told to the person; the history of
their membership says who paused them, and when.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import structlog
from django.db import transaction

from feedback.errors import CannotPause, Paused
from feedback.models import Membership, OpenAlert, Queue, Role
from feedback.people import Person, id_of
from feedback.selectors import queue_for

log = structlog.get_logger(__name__)


def pause(*, user: Person, slug: str, person_id: int, now: datetime) -> bool:
    """A lead pauses somebody's work in a queue, and gives the alerts they have open to others. False for a repeat.

    Raises `Queue.DoesNotExist` where the user does not lead the queue, `Membership.DoesNotExist` where the person does
    not belong to it, and `CannotPause` where they lead it.
    """
    with transaction.atomic():
        queue, theirs = _work_of(user, slug, person_id)
        if any(membership.role == Role.LEAD for membership in theirs):
            raise CannotPause(f"person {person_id} leads queue {slug}")
        working = [membership.pk for membership in theirs if membership.paused_at is None]
        Membership.objects.filter(pk__in=working).update(paused_at=now, paused_by_id=id_of(user))
        OpenAlert.objects.filter(queue=queue, held_by_id=person_id).update(held_by=None, held_until=None)
    if working:
        log.info("paused", queue=slug, person=person_id, by=id_of(user))
    return bool(working)


def go_on(*, user: Person, slug: str, person_id: int) -> bool:
    """A lead lets somebody work in a queue again. False where they were not paused: a repeat.

    Raises what `pause` raises but `CannotPause`.
    """
    with transaction.atomic():
        _queue, theirs = _work_of(user, slug, person_id)
        paused = [membership.pk for membership in theirs if membership.paused_at is not None]
        Membership.objects.filter(pk__in=paused).update(paused_at=None, paused_by=None)
    if paused:
        log.info("goes on", queue=slug, person=person_id, by=id_of(user))
    return bool(paused)


def pause_of(*, queue_id: int, person: Person, roles: Iterable[Role]) -> Membership | None:
    """The membership that says since when somebody is paused, and by whom; None where one of the roles works."""
    mine = Membership.objects.filter(queue_id=queue_id, user_id=id_of(person), role__in=list(roles))
    found = list(mine.select_related("paused_by").order_by("pk"))
    return found[0] if found and all(membership.paused_at is not None for membership in found) else None


def queue_to_work_in(user: Person, slug: str, *roles: Role) -> Queue:
    """As `queue_for`, for what changes something. Raises `Paused` too, where a lead has paused the person's work."""
    queue = queue_for(user, slug, *roles)
    if pause_of(queue_id=queue.pk, person=user, roles=roles) is not None:
        raise Paused(f"{user}'s work in queue {slug} is paused")
    return queue


def _work_of(user: Person, slug: str, person_id: int) -> tuple[Queue, list[Membership]]:
    """The lead's queue, and the person's memberships in it, locked."""
    queue = queue_for(user, slug, Role.LEAD)
    theirs = list(
        Membership.objects.select_for_update(no_key=True).filter(queue=queue, user_id=person_id).order_by("pk")
    )
    if not theirs:
        raise Membership.DoesNotExist(f"person {person_id} does not belong to queue {slug}")
    return queue, theirs
