"""The page about the people of a queue over HTTP."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from feedback.desk.access import for_people
from feedback.errors import CannotPause
from feedback.services import pauses
from scoring.trust.again import NotKeptOut, judge_again
from scoring.trust.pages import people_page
from scoring.trust.services import AlreadyRuled, rule

LONGEST_POSITION = 19  # digits: what no ledger reaches


@require_safe
@for_people
def people(request: HttpRequest, slug: str) -> HttpResponse:
    """Who judges in a queue, how far each can be believed, and who is held back."""
    page = people_page(user=request.user, slug=slug)
    return render(request, "scoring/people.html", {"page": page, "queue": page.queue})


@require_POST
@for_people
def decide(request: HttpRequest, slug: str, suspect_id: int) -> HttpResponse:
    """A lead's word on somebody who was held back."""
    wanted = request.POST.get("ruling", "")
    try:
        rule(user=request.user, slug=slug, suspect_id=suspect_id, wanted=wanted, now=timezone.now())
    except AlreadyRuled:
        messages.warning(request, _("Somebody has decided otherwise meanwhile. Nothing changed."))
    except ValueError:
        messages.warning(request, _("Choose one of the answers."))
    return redirect("lead:people", slug=slug)


@require_POST
@for_people
def pause(request: HttpRequest, slug: str, person_id: int) -> HttpResponse:
    """A lead pauses somebody's work in the queue."""
    try:
        pauses.pause(user=request.user, slug=slug, person_id=person_id, now=timezone.now())
    except CannotPause:
        messages.warning(request, _("Whoever leads the queue cannot be paused. Nothing changed."))
    return redirect("lead:people", slug=slug)


@require_POST
@for_people
def go_on(request: HttpRequest, slug: str, person_id: int) -> HttpResponse:
    """A lead lets somebody work in the queue again."""
    pauses.go_on(user=request.user, slug=slug, person_id=person_id)
    return redirect("lead:people", slug=slug)


@require_POST
@for_people
def again(request: HttpRequest, slug: str, suspect_id: int) -> HttpResponse:
    """Put before the team again what a judge closed who is kept out."""
    places = [request.POST.get(name, "") for name in ("newest", "oldest")]
    if not all(place.isascii() and place.isdigit() and len(place) < LONGEST_POSITION for place in places):
        messages.warning(request, _("The page was out of date. Nothing changed."))
        return redirect("lead:people", slug=slug)
    newest, oldest = map(int, places)
    try:
        count = judge_again(
            user=request.user, slug=slug, suspect_id=suspect_id, newest=newest, oldest=oldest, now=timezone.now()
        )
    except NotKeptOut:
        messages.warning(request, _("Somebody has decided otherwise meanwhile. Nothing changed."))
    else:
        said = ngettext(
            "%(count)s alert waits for a verdict again.", "%(count)s alerts wait for a verdict again.", count
        )
        messages.success(request, said % {"count": count})
    return redirect("lead:people", slug=slug)
