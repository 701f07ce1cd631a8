"""What the desk answers: parts of the page for htmx, and for a plain form the same as whole pages."""

import uuid
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_htmx.http import push_url, replace_url, trigger_client_event

from feedback.desk import selectors
from feedback.desk.access import DESK_ROLES, DeskRequest, wants_fragment
from feedback.desk.cursor import number_in
from feedback.desk.forms import LaterForm, VerdictForm
from feedback.desk.judged import last_judged
from feedback.desk.later import Later
from feedback.desk.query import Query
from feedback.desk.services import Choice, sit_down, take_after, take_up
from feedback.errors import AlreadyJudged, AlreadyRetracted, DecisionConflict, FeedbackError, NotYours, Paused
from feedback.models import Alert, Kind, LedgerEntry, Queue, Reason, Value
from feedback.selectors import entry_for

VERDICT_KEYS = [(Value.ACCURATE, "a"), (Value.FALSE_POSITIVE, "x"), (Value.UNSURE, "u")]


def desk_page(request: DeskRequest, desk: selectors.Desk, status: int = 200, **extra: Any) -> HttpResponse:
    """The whole desk, with the receipt of the last click where the address names one."""
    context = {
        **_work_context(request, desk.queue, desk.work),
        "inbox": desk.inbox,
        "pulse": desk.pulse,
        **_told(request, desk),
        "show_list": request.GET.get("view") == "list",
        **extra,
    }
    return render(request, "feedback/desk.html", context, status=status)


def work_reply(
    request: DeskRequest, queue: Queue, work: selectors.Work | None, status: int = 200, **extra: Any
) -> HttpResponse:
    """One alert and its verdict bar, for htmx to put in the place of the last one; none where the person is paused."""
    pulse = selectors.pulse_of(request.user, queue, timezone.now())
    work = None if pulse.paused else work
    context = {**_work_context(request, queue, work), "pulse": pulse, **extra}
    response = render(request, "feedback/_reply.html", context, status=status)
    chosen = {"alert": work.alert.pk} if work else {}
    sought = {"q": context["sought"]} if context["sought"] else {}
    return push_url(response, desk_address(queue, **chosen, **sought))


def alert_chosen(request: DeskRequest, desk: selectors.Desk) -> HttpResponse:
    """The alert that the address asks for, for htmx; one that was put off is told to be here again."""
    return work_reply(request, desk.queue, desk.work, **_told(request, desk))


def left_for_later(
    request: DeskRequest, alert: Alert, work: selectors.Work | None, query: Query | None
) -> HttpResponse:
    """The next alert, and the receipt of the one that was put off; none of one that did not wait any more.

    `query`: the search that the next alert is of.
    """
    told = {"put_off": alert.pk} if alert.pk in Later(request.session, timezone.now()).alert_ids else {}
    if wants_fragment(request):
        context = _put_off_context(request, alert, work) if told else {}
        return work_reply(request, alert.queue, work, sought=str(query or ""), **context)
    chosen = {"alert": work.alert.pk} if work else {}
    return HttpResponseRedirect(desk_address(alert.queue, **chosen, **told, **_sought(query)))


def list_reply(request: DeskRequest, queue: Queue, inbox: selectors.Inbox) -> HttpResponse:
    """The list alone. A search has an address; "back" leads to the page before it, not through what was typed."""
    pulse = selectors.pulse_of(request.user, queue, timezone.now())
    context = {"queue": queue, "inbox": inbox, "pulse": pulse, "now": timezone.now(), "alone": True}
    response = render(request, "feedback/_list.html", context)
    if request.htmx.trigger != "search":
        return response
    on_desk = {"alert": request.GET["holding"]} if request.GET.get("holding") else {}
    address = desk_address(queue, view="list", **on_desk, **_sought(query_of(request)))
    searched_before = "q" in QueryDict(urlsplit(request.htmx.current_url or "").query)
    return (replace_url if searched_before else push_url)(response, address)


def verdict_recorded(request: DeskRequest, alert: Alert, entry: LedgerEntry, form: VerdictForm) -> HttpResponse:
    """The next alert, and the receipt of this verdict. One that was found leads to the next of its search."""
    later = Later(request.session, timezone.now())
    later.forget(alert.pk)
    if form.cleaned_data["back"] == "judged":
        return HttpResponseRedirect(reverse("desk:judged", args=[alert.queue.slug]))
    user, queue, query, now = request.user, alert.queue, query_of(request), later.now
    work, query = take_after(user=user, queue=queue, query=query, past=form.place, later=later, now=now)
    if wants_fragment(request):
        searched = {"sought": str(query or ""), "judged_under": str(query_of(request) or "")}
        context = {**_receipt_context(request, entry), **searched}
        return work_reply(request, queue, work, **context, just_now=True, judged_alert=alert.pk)
    chosen = {"alert": work.alert.pk} if work else {}
    return HttpResponseRedirect(desk_address(queue, **chosen, receipt=entry.decision_id, **_sought(query)))


def verdict_retracted(request: DeskRequest, retraction: LedgerEntry) -> HttpResponse:
    """The alert that is open again, and the receipt of the retraction. One that was found is back in its search."""
    alert = selectors.alert_on_desk(request.user, retraction.alert_id)
    if wants_fragment(request):
        work = take_up(user=request.user, alert=alert, now=timezone.now())
        reply = work_reply(request, alert.queue, work, **_receipt_context(request, retraction), just_now=True)
        return trigger_client_event(reply, "list-stale", after="settle")
    sought = _sought(query_of(request))
    return HttpResponseRedirect(desk_address(alert.queue, alert=alert.pk, receipt=retraction.decision_id, **sought))


def unreadable(request: DeskRequest, alert: Alert, form: LaterForm) -> HttpResponse:
    """The alert again with what was wrong with the form; nothing that was typed is lost."""
    problems = [str(error) for errors in form.errors.values() for error in errors]
    return _again(request, alert, 422, form, problem=" ".join(problems))


def refused(request: DeskRequest, alert: Alert, form: VerdictForm | None, refusal: FeedbackError) -> HttpResponse:
    """The alert as the ledger has it now, with why the click was refused and what one can do."""
    fresh = selectors.alert_on_desk(request.user, alert.pk)
    return _again(request, fresh, 409, form, problem=_in_words(refusal))


def desk_address(queue: Queue, **query: int | uuid.UUID | str) -> str:
    """The address of a queue's desk with what is chosen on it."""
    path = reverse("desk:desk", args=[queue.slug])
    return f"{path}?{urlencode(query)}" if query else path


def query_of(request: HttpRequest) -> Query | None:
    """What was looked for where this alert was found, by the address or by its verdict form."""
    return Query.parse(request.GET.get("q", "") or request.POST.get("q", ""))


def _sought(query: Query | None) -> dict[str, str]:
    """What an address keeps of a search."""
    return {"q": str(query)} if query else {}


def _again(request: DeskRequest, alert: Alert, status: int, form: LaterForm | None, problem: str) -> HttpResponse:
    work = selectors.work_for(request.user, alert)
    typed = {"note": form.data.get("note", ""), "reason": form.data.get("reason", "")} if form else {}
    if wants_fragment(request):
        return work_reply(request, alert.queue, work, status, problem=problem, typed=typed)
    later = Later(request.session, timezone.now())
    desk = sit_down(user=request.user, slug=alert.queue.slug, choice=Choice(alert.pk), later=later, now=later.now)
    return desk_page(request, desk, status, problem=problem, typed=typed)


def _work_context(request: DeskRequest, queue: Queue, work: selectors.Work | None) -> dict[str, Any]:
    standing = work.standing if work else None
    own = standing.value if standing and standing.judge_id == request.user.pk else ""
    return {
        "queue": queue,
        "work": work,
        "alert": work.alert if work else None,
        "own_standing": own,
        "verdict_keys": VERDICT_KEYS,
        "reasons": Reason.choices,
        "help_keys": _keys(),
        "now": timezone.now(),
        "sought": str(query_of(request) or ""),
        "typed": Later(request.session, timezone.now()).typed(work.alert.pk) if work else {},
    }


def _told(request: HttpRequest, desk: selectors.Desk) -> dict[str, Any]:
    """The receipt that the address asks for, if there is one and it is the person's to see."""
    named = number_in(request.GET.get("put_off") or request.GET.get("back"))
    if desk.work is None or named is None:
        return _receipt_context(request, _named_receipt(request))
    put_off = Later(request.session, timezone.now()).alert_ids
    if "back" in request.GET or named in put_off:
        return _put_off_context(request, selectors.alert_on_desk(request.user, named, desk.queue), desk.work)
    return {}


def _put_off_context(request: HttpRequest, alert: Alert, work: selectors.Work | None) -> dict[str, Any]:
    """The receipt of an alert that was put off, or is here again: by itself where nothing else waits (`alone`)."""
    here = work is not None and work.alert.pk == alert.pk
    undoable = last_judged(request.user, alert.queue, timezone.now()) if here else None
    return {"put_off": alert, "undoable": undoable, "alone": here and "back" not in request.GET}


def _receipt_context(request: HttpRequest, entry: LedgerEntry | None) -> dict[str, Any]:
    """A receipt, with the verdict that its undo takes back: its own, or after an undo the one before."""
    undoable = None
    if entry is not None and entry.judge_id == request.user.pk:
        undoable = entry if entry.kind == Kind.VERDICT else last_judged(request.user, entry.queue, timezone.now())
    return {"entry": entry, "undoable": undoable}


def _named_receipt(request: HttpRequest) -> LedgerEntry | None:
    """The entry whose receipt the address asks for, if there is one and it is the person's to see."""
    try:
        return entry_for(request.user, uuid.UUID(request.GET.get("receipt", "")), *DESK_ROLES)
    except (ValueError, LedgerEntry.DoesNotExist):
        return None


_REFUSALS: dict[type[FeedbackError], Promise] = {
    AlreadyJudged: gettext_lazy(
        "Someone judged this alert while you had it open. Keep their verdict, or record yours anyway."
    ),
    AlreadyRetracted: gettext_lazy("That verdict was taken back before. Nothing changed."),
    NotYours: gettext_lazy("That verdict is another person's: its author or a lead can take it back."),
    Paused: gettext_lazy("A lead has paused your work in this queue: this verdict was not recorded."),
    DecisionConflict: gettext_lazy(
        "This form was already used for another verdict. Look at the alert again, then decide."
    ),
}


def _in_words(refusal: FeedbackError) -> str:
    return str(_REFUSALS.get(type(refusal), gettext_lazy("The ledger refused this. Reload the page and try again.")))


def _keys() -> list[tuple[str, str]]:
    return [
        ("A", _("Accurate")),
        ("X", _("False positive")),
        ("U", _("Not sure")),
        (_("Space"), _("Later: to the next alert")),
        ("⌫", _("Undo the last verdict, then the one before")),
        ("1–5", _("Reason")),
        ("E", _("Behind the score")),
        ("J / K", _("Down and up the list")),
        ("/", _("Search")),
    ]
