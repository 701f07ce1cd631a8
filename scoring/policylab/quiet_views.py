"""The list of hidden alerts over HTTP: read it, raise one again, suppress, lift."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from feedback.desk.access import DeskRequest, for_people, wants_fragment
from scoring.policylab import raising, suppressing
from scoring.policylab.hidden import hidden_page


@require_safe
@for_people
def hidden(request: HttpRequest, slug: str) -> HttpResponse:
    """The hidden alerts, newest first, and what people suppressed."""
    page = hidden_page(user=request.user, slug=slug, now=timezone.now(), before=raising.place(request.GET))
    return render(request, "scoring/quiet.html", {"page": page, "queue": page.queue})


@require_POST
@for_people
def again(request: HttpRequest, slug: str) -> HttpResponse:
    """Put a hidden alert before the reps again: on a rep's own desk; a lead stays with the list."""
    return _come(request, raising.again(user=request.user, slug=slug, sent=request.POST, now=timezone.now()))


@require_POST
@for_people
def raise_many(request: HttpRequest, slug: str) -> HttpResponse:
    """Put many hidden alerts before the reps again, and say how many."""
    return _come(request, raising.raise_many(user=request.user, slug=slug, sent=request.POST, now=timezone.now()))


@require_POST
@for_people
def suppress(request: HttpRequest, slug: str) -> HttpResponse:
    """Hide what a lead names for some days, once they have looked at what that covers; until then the page with it."""
    came = suppressing.suppress_sent(user=request.user, slug=slug, sent=request.POST, now=timezone.now())
    if isinstance(came, str):
        messages.success(request, came)
        return redirect("lead:quiet", slug=slug)
    status = 422 if came.form.errors else 200
    return render(request, "scoring/quiet.html", {"page": came, "queue": came.queue}, status=status)


@require_POST
@for_people
def customer(request: DeskRequest, slug: str) -> HttpResponse:
    """Hide a customer's further alerts until one is worse, from an alert on the desk, which stays on it."""
    made = suppressing.quiet_sent(user=request.user, slug=slug, sent=request.POST, now=timezone.now())
    if wants_fragment(request):
        return render(request, "scoring/_quieted.html", {"said": made.said, "queue": made.alert.queue})
    messages.success(request, made.said)
    return redirect(raising.desk_of(slug, made.alert.pk))


@require_POST
@for_people
def lift(request: HttpRequest, slug: str) -> HttpResponse:
    """End a suppression and say what that changes."""
    said = suppressing.lift_sent(user=request.user, slug=slug, sent=request.POST, now=timezone.now())
    messages.success(request, said)
    return redirect("lead:quiet", slug=slug)


def _come(request: HttpRequest, outcome: raising.Outcome) -> HttpResponse:
    if outcome.said:
        messages.success(request, outcome.said)
    return redirect(outcome.address)
