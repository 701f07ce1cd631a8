"""What a click that keeps something quiet, or ends that, leads to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback.desk.access import DESK_ROLES
from feedback.models import Alert, Queue, Role, Scorer
from feedback.people import Person, id_of
from feedback.selectors import queue_for
from feedback.services.pauses import queue_to_work_in
from scoring.lead.prose import prose
from scoring.lead.tables import count
from scoring.models import Suppression
from scoring.policylab.hidden import HiddenPage, about, hidden_by, hidden_page, is_lead, left
from scoring.policylab.preview import preview_of
from scoring.policylab.quiet_forms import OneForm, QuietCustomerForm, SuppressForm, id_in
from scoring.services import quieting


def suppress_sent(*, user: Person, slug: str, sent: QueryDict, now: datetime) -> HiddenPage | str:
    """Suppress what a lead named, has looked at and gave a reason for, and say so; else the page with what it covers.

    Nothing is changed where the page comes back: the lead only wants to look, or something is missing.
    """
    queue, looks = queue_for(user, slug, Role.LEAD), sent.get("action") == "look"
    form = SuppressForm(sent, scorers=Scorer.objects.filter(queues=queue), asks_why=not looks)
    if not form.is_valid() and set(form.errors) != {"note"}:
        problem = _("Nothing was changed: some values cannot be read.")
        return hidden_page(user=user, slug=slug, now=now, form=form, problem=problem)
    if looks or form.errors or sent.get("looked_at") != form.fingerprint:
        seen = preview_of(queue, form.about, now)
        return hidden_page(user=user, slug=slug, now=now, form=form, preview=seen)
    asked = form.cleaned_data
    made = quieting.suppress(queue=queue, about=form.about, days=asked["days"], by=user, now=now, note=asked["note"])
    return _("Suppressed: %(about)s; %(left)s.") % {"about": about(made, queue), "left": left(made, now)}


@dataclass(frozen=True, slots=True)
class Quieted:
    """The alert from which its customer was quieted, and what came of it in words."""

    alert: Alert
    said: str


def quiet_sent(*, user: Person, slug: str, sent: QueryDict, now: datetime) -> Quieted:
    """Quiet the customer of an alert of the person's queue. What cannot be read is an alert that is not theirs.

    What is said names no probability: the alert may be one that is judged blind. Raises `Paused`.
    """
    queue = queue_to_work_in(user, slug, *DESK_ROLES)
    form = QuietCustomerForm(sent)
    alert = Alert.objects.select_related("queue", "customer").get(pk=id_in(form, "alert"), queue=queue)
    made = quieting.quiet_customer(alert=alert, days=form.cleaned_data["days"], by=user, now=now)
    words = {"customer": str(alert.customer), "left": left(made, now)}
    return Quieted(alert, _("Further alerts of %(customer)s stay hidden until one is worse, %(left)s") % words)


def lift_sent(*, user: Person, slug: str, sent: QueryDict, now: datetime) -> str:
    """End a suppression, a lead anybody's, a rep their own, and say what comes of it: what it has hidden stays so."""
    queue = queue_for(user, slug, *DESK_ROLES)
    mine = Suppression.objects.filter(queue=queue, until__isnull=False)
    if not is_lead(user, queue):
        mine = mine.filter(created_by_id=id_of(user))
    ended = mine.select_related("customer", "scorer", "alert__open").get(pk=id_in(OneForm(sent), "id"))
    quieting.lift(suppression=ended, by=user, now=now)
    return lifted(ended, queue)


def lifted(ended: Suppression, queue: Queue) -> str:
    """What a lift changes: alerts that come; and what it leaves as it is: those that were hidden."""
    text = _("Lifted: %(about)s. It no longer hides alerts that come.") % {"about": about(ended, queue)}
    waiting = hidden_by(ended)
    if not waiting:
        return text
    stay = ngettext(
        "%(n)s alert that it hid stays in the list of hidden alerts, where it can be raised again.",
        "%(n)s alerts that it hid stay in the list of hidden alerts, where they can be raised again.",
        waiting,
    )
    return prose(text, stay % {"n": count(waiting)})
