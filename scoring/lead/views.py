"""The lead's pages over HTTP."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from feedback.desk.access import for_people
from scoring.lead import pages


@require_safe
@for_people
def overview(request: HttpRequest) -> HttpResponse:
    """All queues that the person leads."""
    page = pages.overview(user=request.user, now=timezone.now())
    return render(request, "scoring/lead_overview.html", {"page": page})


@require_safe
@for_people
def queue(request: HttpRequest, slug: str) -> HttpResponse:
    """How one queue is doing."""
    page = pages.queue_page(user=request.user, slug=slug, now=timezone.now())
    return render(request, "scoring/lead_queue.html", {"page": page})


@require_safe
@for_people
def table(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """One table of a queue as CSV."""
    found = pages.table_of(user=request.user, slug=slug, name=name, now=timezone.now())
    if found is None:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="{slug}-{name}.csv"'}
    return HttpResponse(found.as_csv(), content_type="text/csv; charset=utf-8", headers=headers)
