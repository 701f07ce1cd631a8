"""Keeping questions ready."""

import uuid
from datetime import timedelta

import pytest
from celery import current_app
from django.contrib.auth.models import User

from feedback.models import Alert, LedgerEntry, Queue, Role, Scorer, Source, Value
from feedback.services import retract_verdict
from labeling import pool
from labeling.models import Because, Hold, Lease, Question, QuestionPlan, State
from labeling.services import Filled, answer, change_answer, claim_next, fill_questions, skip
from labeling.services.filling import STALE_ROWS
from labeling.tasks import fill as fill_task
from labeling.tasks import sweep
from tests.factories import NOON, judge, make_person, raise_alert
from tests.labeling.conftest import Ask

LATER = NOON + timedelta(hours=2)


@pytest.fixture
def alerts(queue: Queue, upstream: Scorer) -> list[Alert]:
    """Thirty open alerts that say different things."""
    return [raise_alert(queue, upstream, f"{word} {word[::-1]} number {n * 37}", features={"logins": n, "plan": word})
            for n, word in enumerate(WORDS)]  # fmt: skip


WORDS = (
    "invoice cancel export renew switch rival refund meeting holiday login broken slow thanks price discount lawyer "
    "audit goodbye upgrade training server outage contract legal angry happy waiting promise manager ticket"
).split()


def fill(queue: Queue) -> Filled:
    return fill_questions(queue=queue, now=LATER)


class TestFillingAQueue:
    def test_it_keeps_as_many_questions_open_as_the_plan_wants(self, queue: Queue, alerts: list[Alert]) -> None:
        assert fill(queue).asked == 20
        assert fill(queue) == Filled()

    def test_the_plan_is_the_queues_own(self, queue: Queue, alerts: list[Alert]) -> None:
        QuestionPlan.objects.create(queue=queue, open_questions=4, strategy="random", overlap=3, double_share=0.0)
        fill(queue)
        assert list(Question.objects.values_list("because", "overlap")) == [("random", 3)] * 4

    def test_no_alert_is_asked_about_twice(self, queue: Queue, alerts: list[Alert]) -> None:
        QuestionPlan.objects.create(queue=queue, open_questions=10)
        fill(queue)
        Question.objects.update(state=State.ANSWERED)
        fill(queue)
        assert len(set(Question.objects.values_list("alert_id", flat=True))) == 20

    def test_a_cold_model_says_so(self, queue: Queue, alerts: list[Alert]) -> None:
        fill(queue)
        assert set(Question.objects.values_list("because", flat=True)) == {Because.COLD, Because.RANDOM}

    def test_a_model_that_has_learnt_asks_what_it_is_least_sure_of(
        self, queue: Queue, upstream: Scorer, rhea: User, alerts: list[Alert]
    ) -> None:
        for number in range(24):
            judge(
                raise_alert(queue, upstream, f"case {number}"),
                rhea,
                Value.ACCURATE if number % 2 else Value.FALSE_POSITIVE,
            )
        fill(queue)
        assert Question.objects.filter(because=Because.UNCERTAIN, position=24).exists()

    def test_each_question_keeps_what_the_model_said_when_it_was_asked(self, queue: Queue, alerts: list[Alert]) -> None:
        fill(queue)
        for question in Question.objects.select_related("alert__open"):
            assert question.probability == pytest.approx(question.alert.open.probability)
            assert question.uncertainty == pytest.approx(min(question.probability, 1 - question.probability))

    def test_one_labeler_more_answers_a_share_of_them(self, queue: Queue, alerts: list[Alert]) -> None:
        QuestionPlan.objects.create(queue=queue, double_share=1.0)
        fill(queue)
        assert set(Question.objects.values_list("overlap", flat=True)) == {2}


class TestTheShortlist:
    def test_it_holds_the_doubtful_and_a_draw_from_all(self, queue: Queue, alerts: list[Alert]) -> None:
        shortlist = pool.askable(queue.pk, "seed")
        assert shortlist.keys() == {alert.pk for alert in alerts}
        assert all(shortlist.values())  # a small queue is drawn whole

    def test_it_leaves_out_what_is_asked_about(self, queue: Queue, alerts: list[Alert], ask: Ask) -> None:
        ask(alerts[0])
        assert alerts[0].pk not in pool.askable(queue.pk, "seed")


class TestSecondLooks:
    def test_a_labeler_is_asked_where_a_rep_was_not_sure(self, queue: Queue, rhea: User, alerts: list[Alert]) -> None:
        judge(alerts[3], rhea, Value.UNSURE)
        fill(queue)
        assert Question.objects.get(alert=alerts[3]).because == Because.REP_UNSURE

    def test_not_once_a_colleague_was_sure(self, queue: Queue, rhea: User, lena: User, alerts: list[Alert]) -> None:
        entry = judge(alerts[3], rhea, Value.UNSURE)
        judge(alerts[3], lena, Value.ACCURATE, Source.LEAD, seen=entry.decision_id)
        fill(queue)
        assert not Question.objects.filter(alert=alerts[3]).exists()

    def test_a_labeler_is_asked_where_the_model_was_sure_and_the_rep_says_otherwise(
        self, queue: Queue, upstream: Scorer, rhea: User, alerts: list[Alert]
    ) -> None:
        for number in range(40):
            judge(raise_alert(queue, upstream, f"cancel our contract now, case {number}"), rhea, Value.ACCURATE)
        odd = raise_alert(queue, upstream, "cancel our contract now, case 99")
        judge(odd, rhea, Value.FALSE_POSITIVE)
        fill(queue)
        assert Question.objects.get(alert=odd).because == Because.DISAGREEMENT


class TestWithdrawing:
    def test_a_question_that_a_rep_has_settled_is_withdrawn(self, rhea: User, question: Question) -> None:
        judge(question.alert, rhea, Value.ACCURATE)
        assert fill(question.queue).withdrawn == 1
        assert Question.objects.get(pk=question.pk).state == State.WITHDRAWN

    def test_one_that_a_labeler_is_looking_at_stays(self, ada: User, rhea: User, question: Question) -> None:
        claim_next(queue=question.queue, labeler=ada, now=LATER)
        judge(question.alert, rhea, Value.ACCURATE)
        assert fill(question.queue).withdrawn == 0

    def test_one_where_the_rep_is_not_sure_stays(self, rhea: User, question: Question) -> None:
        judge(question.alert, rhea, Value.UNSURE)
        assert fill(question.queue).withdrawn == 0

    def test_one_that_every_labeler_skipped_is_withdrawn(self, ada: User, ben: User, question: Question) -> None:
        for person in (ada, ben):
            claim_next(queue=question.queue, labeler=person, now=NOON)
            skip(question=question, labeler=person, now=NOON)
        assert fill(question.queue).withdrawn == 1

    def test_one_that_lacks_an_answer_nobody_is_left_to_give_is_withdrawn(self, ada: User, ask: Ask) -> None:
        put = ask(overlap=2)
        claim_next(queue=put.queue, labeler=ada, now=NOON)
        answer(question=put, labeler=ada, value=Value.ACCURATE, decision_id=uuid.uuid4(), now=NOON)
        assert fill(put.queue).withdrawn == 1

    def test_one_that_somebody_has_not_seen_stays(self, ada: User, ben: User, question: Question) -> None:
        claim_next(queue=question.queue, labeler=ada, now=NOON)
        skip(question=question, labeler=ada, now=NOON)
        assert fill(question.queue).withdrawn == 0


def skipped_by(person: User, queue: Queue, times: int) -> list[int]:
    """The alerts that a labeler is asked about in turn, leaving each, while questions are kept ready."""
    asked = []
    for _ in range(times):
        fill(queue)
        if (lease := claim_next(queue=queue, labeler=person, now=LATER)) is not None:
            asked.append(lease.question.alert_id)
            skip(question=lease.question, labeler=person, now=LATER)
    return asked


def answered(question: Question, person: User, *values: Value) -> list[LedgerEntry]:
    """The person's answer, and how they changed it."""
    claim_next(queue=question.queue, labeler=person, now=NOON)
    how = {"question": question, "labeler": person, "now": NOON}
    entries = [answer(value=values[0], decision_id=uuid.uuid4(), **how).entry]
    return entries + [change_answer(value=one, decision_id=uuid.uuid4(), **how).entry for one in values[1:]]


def taken_back(entry: LedgerEntry, lead: User) -> None:
    retract_verdict(verdict=entry, judge=lead, decision_id=uuid.uuid4(), now=NOON)


class TestAnAnswerThatALeadTookBack:
    def test_is_asked_for_again(self, queue: Queue, ada: User, lena: User, question: Question) -> None:
        (entry,) = answered(question, ada, Value.ACCURATE)
        taken_back(entry, lena)
        fill(queue)
        question.refresh_from_db()
        assert (question.state, question.closed_at) == (State.OPEN, None)
        lease = claim_next(queue=queue, labeler=ada, now=LATER)
        assert lease is not None and lease.question == question

    def test_leaves_room_for_a_colleague(self, queue: Queue, ada: User, ben: User, lena: User, ask: Ask) -> None:
        question = ask(overlap=2)
        (entry,) = answered(question, ada, Value.ACCURATE)
        answered(question, ben, Value.ACCURATE)
        taken_back(entry, lena)
        fill(queue)
        cora = make_person("cora", (queue, Role.LABELER))
        answered(question, cora, Value.FALSE_POSITIVE)
        question.refresh_from_db()
        assert question.state == State.ANSWERED

    def test_that_had_replaced_another_leaves_that_one(
        self, queue: Queue, ada: User, lena: User, question: Question
    ) -> None:
        first, second = answered(question, ada, Value.ACCURATE, Value.FALSE_POSITIVE)
        taken_back(second, lena)
        fill(queue)
        question.refresh_from_db()
        assert (question.state, Lease.objects.get(question=question).answer) == (State.ANSWERED, first)

    def test_is_not_asked_for_where_the_alert_is_settled(
        self, queue: Queue, ada: User, rhea: User, lena: User, question: Question
    ) -> None:
        (entry,) = answered(question, ada, Value.ACCURATE)
        judge(question.alert, rhea)
        taken_back(entry, lena)
        fill(queue)
        question.refresh_from_db()
        assert question.state == State.WITHDRAWN


class TestWhatALabelerHadBefore:
    def test_what_every_labeler_skipped_is_not_asked_again(self, ada: User, queue: Queue, alerts: list[Alert]) -> None:
        assert len(set(skipped_by(ada, queue, times=8))) == 8

    def test_what_one_labeler_skipped_leaves_as_much_ready_for_them(
        self, ada: User, ben: User, queue: Queue, alerts: list[Alert]
    ) -> None:
        QuestionPlan.objects.create(queue=queue, open_questions=4)
        assert len(skipped_by(ada, queue, times=8)) == 8

    def test_an_alert_that_is_asked_about_again_goes_to_those_who_have_not_had_it(
        self, ada: User, ben: User, ask: Ask, question: Question
    ) -> None:
        claim_next(queue=question.queue, labeler=ada, now=NOON)
        skip(question=question, labeler=ada, now=NOON)
        Question.objects.update(state=State.WITHDRAWN, closed_at=NOON)
        ask(question.alert)
        assert claim_next(queue=question.queue, labeler=ada, now=NOON) is None
        assert claim_next(queue=question.queue, labeler=ben, now=NOON) is not None


class TestStaleQuestions:
    def test_unseen_ones_that_an_older_model_chose_are_chosen_anew(
        self, queue: Queue, rhea: User, ask: Ask, alerts: list[Alert]
    ) -> None:
        stale, seen = ask(utility=0.1), ask(utility=0.9)
        claim_next(queue=queue, labeler=make_person("dan", (queue, "labeler")), now=LATER)
        Question.objects.update(position=-STALE_ROWS)
        assert fill(queue).dropped == 1
        assert not Question.objects.filter(pk=stale.pk).exists()
        assert Question.objects.filter(pk=seen.pk).exists()


class TestTheSweep:
    def nudged(self) -> list[int]:
        """The queues that the messages on the (in-memory) broker ask to fill."""
        with current_app.connection_for_read() as connection:
            messages = connection.SimpleQueue("alertloop")
            messages.clear()
            sweep()
            return [messages.get(block=False).payload[0][0] for _ in range(messages.qsize())]

    def test_it_has_every_queue_filled_that_somebody_labels(self, queue: Queue, ada: User) -> None:
        assert self.nudged() == [queue.pk]

    def test_it_leaves_a_queue_without_labelers_alone(self, queue: Queue, rhea: User) -> None:
        assert self.nudged() == []

    def test_the_task_fills_a_queue(self, queue: Queue, alerts: list[Alert]) -> None:
        fill_task(queue.pk)
        assert Question.objects.filter(queue=queue, state=State.OPEN).count() == 20

    def test_it_releases_ended_leases(self, ada: User, question: Question) -> None:
        claim_next(queue=question.queue, labeler=ada, now=NOON)  # long ago
        sweep()
        assert Lease.objects.get().state == Hold.LAPSED
