"""Who holds which question, until when."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from feedback.errors import NotPermitted
from feedback.models import Alert, Queue, Value
from labeling.errors import NotHeld
from labeling.models import Hold, Lease, Question, QuestionPlan
from labeling.services import claim_next, extend, release_expired, skip
from tests.factories import NOON, judge
from tests.labeling.conftest import Ask

LATER = NOON + timedelta(seconds=121)  # the default lease has ended


class TestClaimingAQuestion:
    def test_the_most_useful_one_comes_first(self, queue: Queue, ada: User, ask: Ask) -> None:
        ask(utility=0.2), ask(utility=0.9), ask(utility=0.5)
        lease = claim_next(queue=queue, labeler=ada, now=NOON)
        assert lease is not None
        assert lease.question.utility == 0.9

    def test_the_same_labeler_gets_the_same_question_again(self, queue: Queue, ada: User, ask: Ask) -> None:
        ask(), ask()
        first = claim_next(queue=queue, labeler=ada, now=NOON)
        again = claim_next(queue=queue, labeler=ada, now=NOON + timedelta(seconds=30))
        assert first == again
        assert Lease.objects.count() == 1

    def test_looking_again_prolongs_the_lease(self, queue: Queue, ada: User, question: Question) -> None:
        claim_next(queue=queue, labeler=ada, now=NOON)
        claim_next(queue=queue, labeler=ada, now=NOON + timedelta(seconds=100))
        assert Lease.objects.get().expires_at == NOON + timedelta(seconds=220)

    def test_nobody_else_gets_it(self, queue: Queue, ada: User, ben: User, question: Question) -> None:
        claim_next(queue=queue, labeler=ada, now=NOON)
        assert claim_next(queue=queue, labeler=ben, now=NOON) is None

    def test_a_question_for_two_goes_to_two(self, queue: Queue, ada: User, ben: User, cora: User, ask: Ask) -> None:
        ask(overlap=2)
        leases = [claim_next(queue=queue, labeler=person, now=NOON) for person in (ada, ben, cora)]
        assert [lease and lease.slot for lease in leases] == [1, 2, None]

    def test_it_returns_when_the_lease_ends(self, queue: Queue, ada: User, ben: User, question: Question) -> None:
        claim_next(queue=queue, labeler=ada, now=NOON)
        lease = claim_next(queue=queue, labeler=ben, now=LATER)
        assert lease is not None
        assert Lease.objects.get(labeler=ada).state == Hold.LAPSED

    def test_a_lapsed_question_can_come_back_to_the_same_labeler(
        self, queue: Queue, ada: User, question: Question
    ) -> None:
        claim_next(queue=queue, labeler=ada, now=NOON)
        release_expired(now=LATER)
        lease = claim_next(queue=queue, labeler=ada, now=LATER)
        assert lease is not None
        assert (lease.state, lease.leased_at) == (Hold.HELD, LATER)

    def test_nobody_is_asked_about_an_alert_they_judged_as_a_rep(
        self, queue: Queue, lena: User, question: Question
    ) -> None:
        judge(question.alert, lena, Value.UNSURE)
        assert claim_next(queue=queue, labeler=lena, now=NOON) is None

    def test_it_refuses_who_does_not_label_the_queue(
        self, queue: Queue, rhea: User, mallory: User, question: Question
    ) -> None:
        for stranger in (rhea, mallory):
            with pytest.raises(NotPermitted):
                claim_next(queue=queue, labeler=stranger, now=NOON)
        assert not Lease.objects.exists()

    def test_the_queue_says_how_long_a_lease_is(self, queue: Queue, ada: User, question: Question) -> None:
        QuestionPlan.objects.create(queue=queue, lease_seconds=10)
        lease = claim_next(queue=queue, labeler=ada, now=NOON)
        assert lease is not None
        assert lease.expires_at == NOON + timedelta(seconds=10)


class TestHoldingOn:
    def test_an_open_page_keeps_its_question(self, queue: Queue, ada: User, ben: User, question: Question) -> None:
        claim_next(queue=queue, labeler=ada, now=NOON)
        assert extend(question=question, labeler=ada, now=NOON + timedelta(seconds=90))
        assert claim_next(queue=queue, labeler=ben, now=LATER) is None

    def test_a_forgotten_page_does_not_keep_it_for_ever(self, queue: Queue, ada: User, question: Question) -> None:
        claim_next(queue=queue, labeler=ada, now=NOON)
        assert not extend(question=question, labeler=ada, now=NOON + timedelta(seconds=8 * 120))

    def test_who_does_not_hold_it_keeps_nothing(self, ada: User, question: Question) -> None:
        assert not extend(question=question, labeler=ada, now=NOON)

    def test_ended_leases_are_released_and_others_are_not(self, queue: Queue, ada: User, ben: User, ask: Ask) -> None:
        ask(), ask()
        claim_next(queue=queue, labeler=ada, now=NOON)
        claim_next(queue=queue, labeler=ben, now=NOON + timedelta(seconds=60))
        assert release_expired(now=LATER) == 1
        assert Lease.objects.get(labeler=ben).state == Hold.HELD


class TestSkipping:
    def test_the_question_goes_to_somebody_else(self, queue: Queue, ada: User, ben: User, question: Question) -> None:
        claim_next(queue=queue, labeler=ada, now=NOON)
        skip(question=question, labeler=ada, now=NOON)
        assert claim_next(queue=queue, labeler=ada, now=NOON) is None
        assert claim_next(queue=queue, labeler=ben, now=NOON) is not None

    def test_a_repeat_changes_nothing(self, queue: Queue, ada: User, question: Question) -> None:
        claim_next(queue=queue, labeler=ada, now=NOON)
        first = skip(question=question, labeler=ada, now=NOON)
        assert skip(question=question, labeler=ada, now=LATER).ended_at == first.ended_at

    def test_it_refuses_who_never_held_it(self, ada: User, question: Question) -> None:
        with pytest.raises(NotHeld):
            skip(question=question, labeler=ada, now=NOON)
        assert not Lease.objects.exists()


class TestTheDatabase:
    """What holds even where the services are by-passed."""

    def lease(self, question: Question, labeler: User, **fields: object) -> Lease:
        defaults = {"slot": 1, "leased_at": NOON, "expires_at": LATER}
        return Lease.objects.create(question=question, queue=question.queue, labeler=labeler, **{**defaults, **fields})

    def refused(self, question: Question, labeler: User, **fields: object) -> bool:
        try:
            with transaction.atomic():
                self.lease(question, labeler, **fields)
        except IntegrityError:
            return True
        return False

    def test_a_slot_is_held_once(self, ada: User, ben: User, question: Question) -> None:
        assert not self.refused(question, ada)
        assert self.refused(question, ben)

    def test_there_is_no_slot_beyond_the_overlap(self, ada: User, question: Question) -> None:
        assert self.refused(question, ada, slot=2)
        assert not self.refused(question, ada, slot=1)

    def test_the_overlap_never_changes(self, question: Question) -> None:
        with pytest.raises(Exception, match="overlap_is_fixed"), transaction.atomic():
            Question.objects.filter(pk=question.pk).update(overlap=2)

    def test_a_labeler_holds_one_question_of_a_queue(self, ada: User, ask: Ask) -> None:
        assert not self.refused(ask(), ada)
        assert self.refused(ask(), ada)

    def test_an_alert_has_one_open_question(self, ask: Ask, alert: Alert) -> None:
        ask(alert)
        with pytest.raises(IntegrityError), transaction.atomic():
            ask(alert)
