"""The explanation of an alert over HTTP: a page, and for htmx the part of one."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from feedback.desk.access import DeskRequest, for_people, wants_fragment
from scoring.explain import selectors


@require_safe
@for_people
def why(request: DeskRequest, alert_id: int) -> HttpResponse:
    """What stands behind the score of an alert."""
    alert, details = selectors.details_for(request.user, alert_id)
    page = "scoring/_why.html" if wants_fragment(request) else "scoring/why.html"
    return render(request, page, {"alert": alert, "queue": alert.queue, "details": details, "now": timezone.now()})
