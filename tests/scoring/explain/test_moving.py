"""What moved a probability since an alert arrived."""

import pytest
from django.contrib.auth.models import User
from scipy.special import logit

from feedback.models import Alert, Queue, Scorer, Value
from scoring.explain import moving
from scoring.explain.moving import Cause, moved_since_arrival
from scoring.services.amending import hold_back
from tests.factories import NOON, judge, raise_alert

DEAR, LATE = "价格太贵了 {}", "快递还没到 {}"


@pytest.fixture
def waiting(queue: Queue, upstream: Scorer, rhea: User) -> Alert:
    """An alert about the price, after which a dozen like it were found to be false and others true."""
    alert = raise_alert(queue, upstream, DEAR.format("啊"))
    for number in range(12):
        judge(raise_alert(queue, upstream, DEAR.format(number)), rhea, Value.FALSE_POSITIVE)
        judge(raise_alert(queue, upstream, LATE.format(number)), rhea, Value.ACCURATE)
    return alert


def about_words(causes: tuple[Cause, ...] | None) -> Cause:
    return next(cause for cause in causes or () if cause.reason.kind == "text")


class TestWhatMovedSinceArrival:
    def test_names_the_words_that_verdicts_spoke_against(self, waiting: Alert) -> None:
        moved = moved_since_arrival(waiting)
        assert moved is not None and moved.has_moved and moved.after < moved.before
        cause = about_words(moved.causes)
        assert cause.by < 0 and str(cause.reason.value) in waiting.text

    def test_adds_up(self, waiting: Alert) -> None:
        moved = moved_since_arrival(waiting)
        assert moved is not None and moved.causes
        by = sum(cause.by for cause in moved.causes) + moved.rest
        assert by == pytest.approx(logit(moved.after) - logit(moved.before), abs=1e-6)

    def test_counts_what_verdicts_said_of_those_words(self, waiting: Alert) -> None:
        moved = moved_since_arrival(waiting)
        assert moved is not None and moved.verdicts == 24
        cause = about_words(moved.causes)
        assert (cause.accurate, cause.false) == (0, 12)

    def test_counts_nobody_from_whom_nothing_was_learnt(
        self, waiting: Alert, queue: Queue, upstream: Scorer, tom: User
    ) -> None:
        for number in range(12, 18):
            judge(raise_alert(queue, upstream, DEAR.format(number)), tom, Value.ACCURATE)
        hold_back(queue=queue, since=24, until=None, judge=tom, note="", by=None, now=NOON)
        moved = moved_since_arrival(waiting)
        assert moved is not None
        cause = about_words(moved.causes)
        assert (cause.accurate, cause.false) == (0, 12)

    def test_says_so_where_nothing_moved(self, queue: Queue, upstream: Scorer) -> None:
        moved = moved_since_arrival(raise_alert(queue, upstream))
        assert moved is not None and not moved.has_moved and moved.causes == ()

    def test_gives_no_causes_where_going_back_takes_too_long(
        self, waiting: Alert, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(moving, "REWIND", -1)
        moved = moved_since_arrival(waiting)
        assert moved is not None and moved.has_moved and moved.causes is None
