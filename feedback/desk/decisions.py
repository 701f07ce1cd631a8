"""The desk's requests that write: a verdict, an undo, a "later"; and the receipt that says what they changed."""

import uuid

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from feedback.desk import answers, selectors
from feedback.desk.access import DESK_ROLES, DeskRequest, for_people
from feedback.desk.cursor import number_in
from feedback.desk.forms import LaterForm, UndoForm, VerdictForm
from feedback.desk.later import Later
from feedback.desk.services import judge_on_desk, put_off
from feedback.errors import FeedbackError
from feedback.models import Kind, LedgerEntry
from feedback.selectors import entry_for
from feedback.services import retract_verdict

MOST_ASKED = 20


@require_POST
@for_people
def verdict(request: DeskRequest, alert_id: int) -> HttpResponse:
    """Record a verdict and bring the next alert; a refusal shows the alert again with what was typed."""
    alert = selectors.alert_on_desk(request.user, alert_id)
    form = VerdictForm(request.POST)
    if not form.is_valid():
        return answers.unreadable(request, alert, form)
    try:
        recorded = judge_on_desk(alert=alert, judge=request.user, decision=form.decision(), now=timezone.now())
    except FeedbackError as refusal:
        return answers.refused(request, alert, form, refusal)
    return answers.verdict_recorded(request, alert, recorded.entry, form)


@require_POST
@for_people
def later(request: DeskRequest, alert_id: int) -> HttpResponse:
    """Leave an alert for later and bring the next; what was typed about it waits with it."""
    alert, form = selectors.alert_on_desk(request.user, alert_id), LaterForm(request.POST)
    if not form.is_valid():
        return answers.unreadable(request, alert, form)
    query, put = answers.query_of(request), Later(request.session, timezone.now())
    work, query = put_off(
        user=request.user, alert=alert, typed=form.typed, query=query, past=form.place, later=put, now=put.now
    )
    return answers.left_for_later(request, alert, work, query)


@require_POST
@for_people
def undo(request: DeskRequest, decision_id: uuid.UUID) -> HttpResponse:
    """Take a verdict back and show its alert again."""
    entry = entry_for(request.user, decision_id, *DESK_ROLES)
    if entry.kind != Kind.VERDICT:
        raise LedgerEntry.DoesNotExist("a retraction is not taken back: judge the alert again")
    form = UndoForm(request.POST)
    retraction_id = form.cleaned_data["decision_id"] if form.is_valid() else uuid.uuid4()
    try:
        recorded = retract_verdict(verdict=entry, judge=request.user, decision_id=retraction_id, now=timezone.now())
    except FeedbackError as refusal:
        return answers.refused(request, selectors.alert_on_desk(request.user, entry.alert_id), None, refusal)
    return answers.verdict_retracted(request, recorded.entry)


@require_safe
@for_people
def receipt(request: DeskRequest, decision_id: uuid.UUID) -> HttpResponse:
    """What a click changed, asked again until the worker has re-ranked, some twenty times at most."""
    entry = entry_for(request.user, decision_id, *DESK_ROLES)
    sent = number_in(request.GET.get("asked", "0"))
    asked = MOST_ASKED if sent is None else min(sent, MOST_ASKED)
    return render(
        request, "feedback/_receipt_text.html", {"entry": entry, "asked": asked + 1, "again": asked < MOST_ASKED}
    )
