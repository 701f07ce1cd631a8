"""The model's page over HTTP: the page, and what a lead can do there."""

from collections.abc import Mapping
from types import MappingProxyType

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from feedback.desk.access import for_people
from scoring.lifecycle import deeds, pages


@require_safe
@for_people
def model(request: HttpRequest, slug: str) -> HttpResponse:
    """The model of a queue that the person leads."""
    return _show(request, slug, status=200)


@require_POST
@for_people
def act(request: HttpRequest, slug: str, deed: str) -> HttpResponse:
    """One of the deeds of the page; it says what came of it. A refusal shows the page again with why, and where."""
    done = deeds.do(user=request.user, slug=slug, deed=deed, given=request.POST, now=timezone.now())
    if done.field:
        return _show(request, slug, 409, {done.field: done.said})
    messages.add_message(request, messages.SUCCESS if done.well else messages.ERROR, done.said)
    return redirect("lead:model", slug) if done.well else _show(request, slug, 409)


def _show(
    request: HttpRequest, slug: str, status: int, wrong: Mapping[str, str] = MappingProxyType({})
) -> HttpResponse:
    page = pages.model_page(user=request.user, slug=slug, now=timezone.now())
    return render(request, "scoring/lead_model.html", {"page": page, "wrong": wrong}, status=status)
