"""The labeler's pages. Each makes one call and leaves the answering to `replies`."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from feedback.desk.access import DeskRequest, for_people
from feedback.errors import FeedbackError
from feedback.models import Queue, Value
from feedback.selectors import queue_for, queues_of
from labeling import replies, selectors, services
from labeling.errors import AlreadyAnswered, LabelingError, NotHeld
from labeling.forms import AnswerForm, UndoForm
from labeling.models import Lease
from labeling.selectors import LABEL_ROLES

STOP_POLLING = 286  # htmx's own status: the poll ends


@require_GET
@for_people
def home(request: DeskRequest) -> HttpResponse:
    """To the first queue one labels."""
    first = queues_of(request.user, *LABEL_ROLES).first()
    if first is None:
        raise Http404
    return redirect("labeling:label", slug=first.slug)


@require_GET
@for_people
def label(request: DeskRequest, slug: str) -> HttpResponse:
    """The next question, under a lease."""
    return replies.next_question(request, _queue(request, slug), timezone.now())


@require_GET
@for_people
def question(request: DeskRequest, slug: str, question_id: int) -> HttpResponse:
    """A question that one has answered or skipped."""
    queue = _queue(request, slug)
    lease = selectors.lease_on(queue, replies.person(request), question_id)
    if lease.state == "held":
        return redirect("labeling:label", slug=slug)
    return replies.earlier_question(request, queue, lease, timezone.now())


@require_POST
@for_people
def answer(request: DeskRequest, slug: str, question_id: int) -> HttpResponse:
    """Record an answer, or change one, and bring the next question."""
    queue, now = _queue(request, slug), timezone.now()
    asked, form = selectors.question_in(queue, question_id), AnswerForm(request.POST)
    if not form.is_valid():
        return replies.next_question(request, queue, now, _("Choose one of the answers."), refused=True)
    record = services.change_answer if form.cleaned_data["changing"] else services.answer
    value, decision_id = Value(form.cleaned_data["verdict"]), form.cleaned_data["decision_id"]
    try:
        record(question=asked, labeler=replies.person(request), value=value, decision_id=decision_id, now=now)
    except (LabelingError, FeedbackError) as refusal:
        return _refused(request, queue, question_id, refusal)
    return replies.next_question(request, queue, now, replies.recorded(value))


@require_POST
@for_people
def skip(request: DeskRequest, slug: str, question_id: int) -> HttpResponse:
    """Leave a question to others, and bring the next one."""
    queue, now = _queue(request, slug), timezone.now()
    asked = selectors.question_in(queue, question_id)
    try:
        services.skip(question=asked, labeler=replies.person(request), now=now)
    except NotHeld as refusal:
        raise Http404 from refusal
    return replies.next_question(request, queue, now)


@require_POST
@for_people
def undo(request: DeskRequest, slug: str, question_id: int) -> HttpResponse:
    """Take back the last act on a question, which is then shown again."""
    queue, now = _queue(request, slug), timezone.now()
    asked, form = selectors.question_in(queue, question_id), UndoForm(request.POST)
    if not form.is_valid():
        return replies.next_question(request, queue, now)
    try:
        undone = services.undo(question=asked, labeler=replies.person(request), now=now, **form.asked())
    except (LabelingError, FeedbackError) as refusal:
        return _refused(request, queue, question_id, refusal)
    return replies.next_question(request, queue, now, replies.taken_back(request, queue, undone, now))


@require_POST
@for_people
def hold(request: DeskRequest, slug: str, question_id: int) -> HttpResponse:
    """The page is still open: hold its question for longer."""
    asked = selectors.question_in(_queue(request, slug), question_id)
    held = services.extend(question=asked, labeler=replies.person(request), now=timezone.now())
    return HttpResponse(status=204 if held else STOP_POLLING)


def _queue(request: DeskRequest, slug: str) -> Queue:
    return queue_for(request.user, slug, *LABEL_ROLES)


def _refused(request: DeskRequest, queue: Queue, question_id: int, refusal: Exception) -> HttpResponse:
    """A question never held does not exist; where they answered it, that is shown; otherwise the next question."""
    if isinstance(refusal, NotHeld):
        raise Http404 from refusal
    assert isinstance(refusal, LabelingError | FeedbackError)
    said, now = replies.in_words(refusal), timezone.now()
    if isinstance(refusal, AlreadyAnswered):
        lease: Lease = selectors.lease_on(queue, replies.person(request), question_id)
        return replies.earlier_question(request, queue, lease, now, said)
    return replies.next_question(request, queue, now, said, refused=True)
