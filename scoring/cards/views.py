"""Report cards over HTTP."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from feedback.desk.access import for_people
from scoring.cards import pages


@require_safe
@for_people
def cards(request: HttpRequest, slug: str) -> HttpResponse:
    """All scorers of a queue."""
    page = pages.cards_page(user=request.user, slug=slug, now=timezone.now())
    return render(request, "scoring/cards.html", {"page": page})


@require_safe
@for_people
def card(request: HttpRequest, slug: str, scorer: str) -> HttpResponse:
    """The card of one scorer, of the version in the query or the newest."""
    version = request.GET.get("version")
    page = pages.card_page(user=request.user, slug=slug, scorer=scorer, version=version, now=timezone.now())
    return render(request, "scoring/card.html", {"page": page})
