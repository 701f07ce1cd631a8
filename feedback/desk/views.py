"""The desk's pages to look at. What changes the ledger is in `decisions`."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from feedback.desk import answers, navigation
from feedback.desk.access import DESK_ROLES, DeskRequest, for_people, wants_fragment
from feedback.desk.cursor import Cursor, number_in
from feedback.desk.judged import judged_by
from feedback.desk.later import Later
from feedback.desk.query import Query
from feedback.desk.services import Choice, keep_watch, list_of, sit_down
from feedback.models import Role
from feedback.selectors import queue_for


@require_safe
@for_people
def home(request: DeskRequest) -> HttpResponse:
    """Lead a person to their work: the desk, the questions, or the figures."""
    by_role = navigation.queues_by_role(request.user)
    if Role.REP in by_role:
        return redirect("desk:desk", slug=by_role[Role.REP][0].slug)
    for role, address in ((Role.LEAD, "/lead/"), (Role.LABELER, "/label/")):
        if role in by_role:
            return redirect(address)
    return render(request, "feedback/nowhere.html")


@require_safe
@for_people
def queues(request: DeskRequest) -> HttpResponse:
    """The queues whose desk a person may work, with what waits in each."""
    mine = navigation.desk_queues(navigation.queues_by_role(request.user))
    counts = navigation.open_counts(mine) if mine else {}
    return render(request, "feedback/queues.html", {"queues": [(queue, counts[queue.pk]) for queue in mine]})


@require_safe
@for_people
def desk(request: DeskRequest, slug: str) -> HttpResponse:
    """The desk of a queue; for htmx only the alert that was asked for."""
    now, back = timezone.now(), number_in(request.GET.get("back"))
    choice = Choice(
        alert_id=back or number_in(request.GET.get("alert")),
        past=Cursor.parse(request.GET.get("past", "")),
        after=Cursor.parse(request.GET.get("after", "")),
        back=back is not None,
        query=None if wants_fragment(request) else Query.parse(request.GET.get("q", "")),
    )
    desk = sit_down(user=request.user, slug=slug, choice=choice, later=Later(request.session, now), now=now)
    if wants_fragment(request):
        return answers.alert_chosen(request, desk)
    return answers.desk_page(request, desk)


@require_safe
@for_people
def inbox(request: DeskRequest, slug: str) -> HttpResponse:
    """The list as it is now, open alerts or what was looked for, for htmx to put in the place of the frozen one."""
    queue = queue_for(request.user, slug, *DESK_ROLES)
    choice = Choice(after=Cursor.parse(request.GET.get("after", "")), query=Query.parse(request.GET.get("q", "")))
    page = list_of(user=request.user, queue=queue, choice=choice, now=timezone.now())
    return answers.list_reply(request, queue, page)


@require_safe
@for_people
def fresh(request: DeskRequest, slug: str) -> HttpResponse:
    """How many alerts arrived since the page was made: asked every few seconds, answered only when it changed.

    Asking also keeps the alert on the page for this person.
    """
    since, shown = number_in(request.GET.get("since")) or 0, number_in(request.GET.get("shown")) or 0
    alert_id = number_in(request.GET.get("holding"))
    queue, count = keep_watch(user=request.user, slug=slug, alert_id=alert_id, since=since, now=timezone.now())
    if count == shown:
        return HttpResponse(status=204)
    return render(request, "feedback/_fresh.html", {"queue": queue, "since": since, "count": count})


@require_safe
@for_people
def judged(request: DeskRequest, slug: str) -> HttpResponse:
    """One's own verdicts in a queue, each of which can be changed or taken back."""
    page = judged_by(user=request.user, slug=slug, before=number_in(request.GET.get("before")))
    return render(request, "feedback/judged.html", {"page": page, "queue": page.queue, "now": timezone.now()})
