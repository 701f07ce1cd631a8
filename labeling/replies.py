"""What the labeler's pages answer: parts of the page for htmx; for plain forms the same as pages and redirects."""

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import push_url

from feedback.desk.access import DeskRequest, wants_fragment
from feedback.errors import DecisionConflict, FeedbackError, Paused
from feedback.models import Queue, Value
from labeling import selectors, services
from labeling.errors import AlreadyAnswered, LabelingError, SlotTaken, TooLongAgo
from labeling.models import Lease


def next_question(
    request: DeskRequest, queue: Queue, now: datetime, said: str = "", *, refused: bool = False
) -> HttpResponse:
    """The next question, with what became of the last one. A plain form is led back to the page."""
    status = 409 if refused else 200
    if request.method == "POST" and not wants_fragment(request):
        if said:
            messages.add_message(request, messages.WARNING if refused else messages.SUCCESS, said)
        return redirect("labeling:label", slug=queue.slug)
    lease = services.claim_next(queue=queue, labeler=person(request), now=now)
    return shown(request, selectors.page_for(queue, person(request), lease, now), said, status)


def earlier_question(request: DeskRequest, queue: Queue, lease: Lease, now: datetime, said: str = "") -> HttpResponse:
    """A question the labeler has dealt with, to look at or to change. A refusal (`said`) is a 409."""
    page = selectors.page_for(queue, person(request), lease, now, changing=True)
    return shown(request, page, said, 409 if said else 200)


def shown(request: DeskRequest, page: selectors.Page, said: str = "", status: int = 200) -> HttpResponse:
    """The page, or for htmx the part of it that changes."""
    context = {"page": page, "queue": page.queue, "said": said, "refused": status >= 400, "help_keys": _keys()}
    if not wants_fragment(request):
        return render(request, "labeling/label.html", context, status=status)
    response = render(request, "labeling/_label.html", context, status=status)
    return push_url(response, _address(page))


def person(request: DeskRequest) -> User:
    """Who asks: `for_people` has let nobody else through."""
    assert request.user.is_authenticated
    return request.user


def in_words(refusal: LabelingError | FeedbackError) -> str:
    """Why a click was refused, and what to do."""
    if isinstance(refusal, SlotTaken):
        return _("Your time for that question had run out and a colleague has taken it. Here is the next one.")
    if isinstance(refusal, AlreadyAnswered):
        return _(
            "You had answered that question before, as it is shown here. To change the answer, choose another one."
        )
    if isinstance(refusal, TooLongAgo):
        return _("Nothing more of today to take back. Older answers are changed from your last answers, above.")
    if isinstance(refusal, Paused):
        return _("A lead has paused your work in this queue: this answer was not recorded.")
    if isinstance(refusal, DecisionConflict):
        return _("That form was already used for another answer. Look at your last answers, then decide.")
    return _("That answer can no longer be changed this way. Nothing was recorded.")


def recorded(value: str) -> str:
    """What the receipt says after an answer."""
    return {
        Value.ACCURATE: _("Recorded: accurate."),
        Value.FALSE_POSITIVE: _("Recorded: false positive."),
        Value.UNSURE: _("Recorded: not sure."),
    }[Value(value)]


def taken_back(request: DeskRequest, queue: Queue, undone: services.TakenBack, now: datetime) -> str:
    """What the receipt says after an undo: which answer, to whose alert, and whether it was the last of today."""
    words = {"customer": str(undone.lease.question.alert.customer)}
    said = [_("Here again: %(customer)s.") % words]
    if undone.verdict is not None:
        said = [_("Taken back: %(answer)s · %(customer)s.") % {**words, "answer": undone.verdict.get_value_display()}]
    if undone.lease.answer is not None:
        said.append(_("It is “%(answer)s” again.") % {"answer": undone.lease.answer.get_value_display()})
    if not selectors.may_undo(queue, person(request), now):
        said.append(_("Nothing more of today to take back."))
    return " ".join(said)


def _address(page: selectors.Page) -> str:
    if page.changing and page.lease is not None:
        return reverse("labeling:question", args=[page.queue.slug, page.lease.question_id])
    return reverse("labeling:label", args=[page.queue.slug])


def _keys() -> list[tuple[str, str]]:
    return [
        ("A", _("Accurate")), ("X", _("False positive")), ("U", _("Not sure")),
        (_("Space"), _("Skip: leave it to others")),
        ("⌫", _("Undo the last answer or skip")),
    ]  # fmt: skip
