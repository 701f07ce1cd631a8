"""What a click that raises hidden alerts again leads to: one of them, the ticked, or all that would be shown today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback.desk.access import DESK_ROLES
from feedback.models import Alert, Queue, Role
from feedback.people import Person
from feedback.selectors import queue_for
from feedback.services import raise_all_again
from feedback.services.pauses import queue_to_work_in
from scoring.lead.prose import prose
from scoring.lead.tables import count
from scoring.policylab.hidden import is_lead, shown_today
from scoring.policylab.quiet_forms import OneForm, id_in

# Raised by one click at most.
MOST = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where the person goes on, and what came of the click; no words where the page says it by itself."""

    address: str
    said: str = ""


def again(*, user: Person, slug: str, sent: QueryDict, now: datetime) -> Outcome:
    """Raise a hidden alert again: a rep has it on the desk, a lead goes on with the list. A repeat changes nothing.

    Raises `Queue.DoesNotExist` or `Alert.DoesNotExist` where it is not theirs, and `Paused`.
    """
    queue = queue_to_work_in(user, slug, *DESK_ROLES)
    alert = Alert.objects.select_related("queue").get(pk=id_in(OneForm(sent), "id"), queue=queue)
    raised = raise_all_again(alerts=[alert], by=user, now=now)
    return Outcome(_list_at(slug, sent), _back(raised)) if is_lead(user, queue) else Outcome(desk_of(slug, alert.pk))


def raise_many(*, user: Person, slug: str, sent: QueryDict, now: datetime) -> Outcome:
    """Raise what a lead ticked, or all that today's policy would show, `MOST` at most.

    Raises `Queue.DoesNotExist`, and `Alert.DoesNotExist` where one of the alerts is not the queue's: none is raised.
    """
    queue = queue_for(user, slug, Role.LEAD)
    today = sent.get("which") == "today"
    alerts = shown_today(queue, now, MOST) if today else _ticked(queue, sent.getlist("id"))
    if not alerts:
        nothing = _("No hidden alert would be shown today.") if today else _("No alert was ticked.")
        return Outcome(_list_at(slug, sent), nothing)
    said = _back(raise_all_again(alerts=alerts, by=user, now=now))
    if today and len(alerts) == MOST:
        said = prose(said, _("There may be more."))
    return Outcome(_list_at(slug, sent), said)


def place(sent: QueryDict) -> int | None:
    """Where the page begins."""
    return id_in(OneForm({"id": sent.get("before", "")}), "id") or None


def desk_of(slug: str, alert_id: int) -> str:
    """The desk with the alert on it."""
    return f"{reverse('desk:desk', args=[slug])}?{urlencode({'alert': alert_id})}"


def _ticked(queue: Queue, sent: list[str]) -> list[Alert]:
    wanted = {id_in(OneForm({"id": one}), "id") for one in sent}
    found = list(Alert.objects.filter(queue=queue, pk__in=wanted)) if len(wanted) <= MOST else []
    if len(found) != len(wanted):
        raise Alert.DoesNotExist
    return found


def _back(raised: int) -> str:
    text = ngettext("%(n)s alert is back in the queue.", "%(n)s alerts are back in the queue.", raised)
    return text % {"n": count(raised)}


def _list_at(slug: str, sent: QueryDict) -> str:
    """The list of hidden alerts, where the person was in it."""
    before = place(sent)
    address = reverse("lead:quiet", args=[slug])
    return address if before is None else f"{address}?{urlencode({'before': before})}"
