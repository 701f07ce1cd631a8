"""What stands beside a question: a labeler's day, and what it taught the model."""

import uuid
from datetime import datetime, timedelta

from django.contrib.auth.models import User

from feedback.models import Queue, Value
from feedback.selectors import head_of
from feedback.services import retract_verdict
from labeling.agreement import Agreement
from labeling.models import Lease, QuestionPlan
from labeling.selectors import Page, Taught, page_for
from labeling.services import answer, claim_next, skip, undo
from scoring.models import Reranking
from tests.factories import NOON, judge
from tests.labeling.conftest import Ask


def work(queue: Queue, person: User, value: Value = Value.ACCURATE, at: datetime = NOON, seconds: int = 8) -> None:
    """Claim a question, look at it for some seconds, answer it."""
    lease = claim_next(queue=queue, labeler=person, now=at)
    assert lease is not None
    later = at + timedelta(seconds=seconds)
    answer(question=lease.question, labeler=person, value=value, decision_id=uuid.uuid4(), now=later)


def page(queue: Queue, person: User, now: datetime = NOON + timedelta(minutes=10)) -> Page:
    return page_for(queue, person, None, now)


def rerank(queue: Queue, low: int, high: int) -> None:
    Reranking.objects.create(
        queue=queue, from_position=low, to_position=high, open_alerts=100, moved=9, finished_at=NOON
    )


class TestALabelersDay:
    def test_answers_since_midnight_are_counted(self, queue: Queue, ada: User, ask: Ask) -> None:
        for _ in range(3):
            ask()
        work(queue, ada, at=NOON - timedelta(days=1))
        work(queue, ada), work(queue, ada)
        assert page(queue, ada).progress.answered == 2

    def test_the_goal_is_the_plans(self, queue: Queue, ada: User) -> None:
        QuestionPlan.objects.create(queue=queue, daily_goal=40)
        assert page(queue, ada).progress.goal == 40

    def test_the_time_a_question_takes_is_the_median(self, queue: Queue, ada: User, ask: Ask) -> None:
        for seconds in (5, 7, 900):
            ask()
            work(queue, ada, seconds=seconds)
        assert page(queue, ada).progress.seconds == 7.0

    def test_without_an_answer_there_is_no_time(self, queue: Queue, ada: User) -> None:
        assert page(queue, ada).progress.seconds is None

    def test_agreement_is_over_the_questions_that_colleagues_answered_too(
        self, queue: Queue, ada: User, ben: User, ask: Ask
    ) -> None:
        for value in (Value.ACCURATE, Value.UNSURE):
            ask(overlap=2)
            work(queue, ada, Value.ACCURATE)
            work(queue, ben, value)
        ask()
        work(queue, ada)
        assert page(queue, ada).progress.agreed == Agreement(same=1, pairs=2)
        assert page(queue, ben).progress.agreed == Agreement(same=1, pairs=2)

    def test_agreement_leaves_out_what_was_taken_back(
        self, queue: Queue, ada: User, ben: User, lena: User, ask: Ask
    ) -> None:
        for person in (None, ada, ben):
            question = ask(overlap=2)
            work(queue, ada), work(queue, ben)
            if person is not None:
                answer = Lease.objects.get(question=question, labeler=person).answer
                assert answer is not None
                retract_verdict(verdict=answer, judge=lena, decision_id=uuid.uuid4(), now=NOON)
        assert page(queue, ada).progress.agreed == page(queue, ben).progress.agreed == Agreement(same=1, pairs=1)

    def test_the_strip_holds_the_last_ten_in_order(self, queue: Queue, ada: User, ask: Ask) -> None:
        for number in range(12):
            ask(utility=1 - number / 100)
            work(queue, ada, at=NOON + timedelta(seconds=10 * number))
        strip = page(queue, ada).strip
        assert [round(lease.question.utility, 2) for lease in strip] == [round(1 - n / 100, 2) for n in range(2, 12)]

    def test_skipped_questions_that_wait_are_counted_when_nothing_else_is_left(
        self, queue: Queue, ada: User, ask: Ask
    ) -> None:
        question = ask()
        claim_next(queue=queue, labeler=ada, now=NOON)
        skip(question=question, labeler=ada, now=NOON)
        assert page(queue, ada).skipped == 1


class TestWhatTheAnswersTaught:
    def test_nothing_is_claimed_before_it_was_learnt(self, queue: Queue, ada: User, ask: Ask) -> None:
        ask()
        work(queue, ada)
        assert page(queue, ada).taught is None

    def test_the_answers_that_rerankings_took_in(self, queue: Queue, ada: User, ask: Ask) -> None:
        ask(), ask()
        work(queue, ada), work(queue, ada)
        rerank(queue, 0, 1)
        rerank(queue, 1, 2)
        assert page(queue, ada).taught == Taught(learnt=2, others=0)

    def test_others_verdicts_in_them_are_said_to_be_others(self, queue: Queue, ada: User, rhea: User, ask: Ask) -> None:
        ask()
        judge(ask().alert, rhea)
        work(queue, ada)
        judge(ask().alert, rhea)
        rerank(queue, 0, head_of(queue.pk))
        assert page(queue, ada).taught == Taught(learnt=1, others=2)

    def test_rerankings_without_them_do_not_count(self, queue: Queue, ada: User, rhea: User, ask: Ask) -> None:
        judge(ask().alert, rhea)
        rerank(queue, 0, 1)
        ask()
        work(queue, ada)
        rerank(queue, 1, 2)
        judge(ask().alert, rhea)
        rerank(queue, 2, 3)
        assert page(queue, ada).taught == Taught(learnt=1, others=0)

    def test_what_was_taken_back_is_left_out_and_so_is_its_undo(
        self, queue: Queue, ada: User, rhea: User, ask: Ask
    ) -> None:
        asked = [ask(utility=0.9), ask(utility=0.5)]
        work(queue, ada), work(queue, ada)
        rheas = judge(ask().alert, rhea)
        retract_verdict(verdict=rheas, judge=rhea, decision_id=uuid.uuid4(), now=NOON)
        undo(question=asked[1], labeler=ada, decision_id=uuid.uuid4(), now=NOON + timedelta(minutes=1))
        rerank(queue, 0, head_of(queue.pk))
        assert page(queue, ada).taught == Taught(learnt=1, others=0)
        undo(question=asked[0], labeler=ada, decision_id=uuid.uuid4(), now=NOON + timedelta(minutes=1))
        assert page(queue, ada).taught is None

    def test_what_is_still_being_learnt_is_left_out(self, queue: Queue, ada: User, ask: Ask) -> None:
        ask(), ask()
        work(queue, ada), work(queue, ada)
        rerank(queue, 0, 1)
        assert page(queue, ada).taught == Taught(learnt=1, others=0)
