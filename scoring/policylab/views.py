"""The policy lab over HTTP."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from feedback.desk.access import for_people
from scoring.policylab.lab import apply_sent, go_back_to
from scoring.policylab.pages import LabPage, lab_page


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def policy(request: HttpRequest, slug: str) -> HttpResponse:
    """The lab; what is posted is simulated on the queue's history, and changes nothing."""
    page = lab_page(user=request.user, slug=slug, sent=request.POST if request.method == "POST" else None)
    return _show(request, page, status=422 if page.form.errors or any(page.rules.errors) else 200)


@require_POST
@for_people
def apply(request: HttpRequest, slug: str) -> HttpResponse:
    """Put what was simulated in force and say what that is; a refusal shows the lab again with why."""
    return _came(request, slug, apply_sent(user=request.user, slug=slug, sent=request.POST, now=timezone.now()))


@require_POST
@for_people
def back(request: HttpRequest, slug: str) -> HttpResponse:
    """Put an earlier version in force again and say what that is; a refusal shows the lab again with why."""
    return _came(request, slug, go_back_to(user=request.user, slug=slug, sent=request.POST, now=timezone.now()))


def _came(request: HttpRequest, slug: str, came: LabPage | str) -> HttpResponse:
    if not isinstance(came, str):
        return _show(request, came, status=409)
    messages.success(request, came)
    return redirect("lead:policy", slug=slug)


def _show(request: HttpRequest, page: LabPage, status: int) -> HttpResponse:
    return render(request, "scoring/policy_lab.html", {"page": page, "queue": page.queue}, status=status)
