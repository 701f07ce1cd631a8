"""A labeler's answers: verdicts in the ledger, tied to the slot they spend."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from feedback.errors import DecisionConflict
from feedback.models import Kind, LedgerEntry, OpenAlert, Queue, Source, Value
from feedback.selectors import label_of_alert
from feedback.services import Recorded
from labeling.errors import AlreadyAnswered, NotAnswered, NotHeld, SlotTaken, TooLongAgo
from labeling.models import Hold, Lease, Question, State
from labeling.services import answer, change_answer, claim_next, release_expired, skip, undo
from tests.factories import NOON
from tests.labeling.conftest import Ask

LATER = NOON + timedelta(seconds=121)


def claim(queue: Queue, person: User, now: object = NOON) -> Question:
    lease = claim_next(queue=queue, labeler=person, now=now)  # type: ignore[arg-type]
    assert lease is not None
    return lease.question


def give(question: Question, person: User, value: Value = Value.ACCURATE, **fields: object) -> Recorded:
    defaults = {"decision_id": uuid.uuid4(), "now": NOON}
    return answer(question=question, labeler=person, value=value, **{**defaults, **fields})  # type: ignore[arg-type]


def change(question: Question, person: User, value: Value) -> Recorded:
    return change_answer(question=question, labeler=person, value=value, decision_id=uuid.uuid4(), now=NOON)


def take_back(question: Question, person: User, decision_id: uuid.UUID | None = None) -> Lease:
    return undo(question=question, labeler=person, decision_id=decision_id or uuid.uuid4(), now=LATER).lease


class TestAnAnswer:
    def test_it_is_a_blind_verdict_of_a_labeler(self, queue: Queue, ada: User, question: Question) -> None:
        entry = give(claim(queue, ada), ada, Value.FALSE_POSITIVE).entry
        assert (entry.source, entry.judge, entry.value, entry.blind) == (
            Source.LABELER,
            ada,
            Value.FALSE_POSITIVE,
            True,
        )

    def test_it_closes_a_question_for_one(self, queue: Queue, ada: User, question: Question) -> None:
        give(claim(queue, ada), ada)
        question.refresh_from_db()
        assert (question.state, question.closed_at) == (State.ANSWERED, NOON)

    def test_a_question_for_two_waits_for_the_second(self, queue: Queue, ada: User, ben: User, ask: Ask) -> None:
        question = ask(overlap=2)
        give(claim(queue, ada), ada)
        assert Question.objects.get().state == State.OPEN
        give(claim(queue, ben), ben)
        assert Question.objects.get(pk=question.pk).state == State.ANSWERED

    def test_the_alert_stays_open_for_the_rep(self, queue: Queue, ada: User, question: Question) -> None:
        give(claim(queue, ada), ada)
        assert OpenAlert.objects.filter(alert=question.alert).exists()

    def test_a_repeat_is_one_answer(self, queue: Queue, ada: User, question: Question) -> None:
        decision_id = uuid.uuid4()
        first = give(claim(queue, ada), ada, decision_id=decision_id)
        again = give(question, ada, decision_id=decision_id)
        assert (again.entry, again.created) == (first.entry, False)
        assert LedgerEntry.objects.count() == 1

    def test_one_form_is_one_decision(self, queue: Queue, ada: User, question: Question) -> None:
        decision_id = uuid.uuid4()
        give(claim(queue, ada), ada, Value.ACCURATE, decision_id=decision_id)
        with pytest.raises(DecisionConflict):
            give(question, ada, Value.FALSE_POSITIVE, decision_id=decision_id)
        assert label_of_alert(question.alert).accurate  # type: ignore[union-attr]

    def test_a_second_tab_is_shown_the_answer_that_stands(self, queue: Queue, ada: User, question: Question) -> None:
        first = give(claim(queue, ada), ada)
        with pytest.raises(AlreadyAnswered) as refusal:
            give(question, ada, Value.FALSE_POSITIVE)
        assert refusal.value.standing == first.entry
        assert LedgerEntry.objects.count() == 1

    def test_it_refuses_who_never_held_the_question(self, ada: User, question: Question) -> None:
        with pytest.raises(NotHeld):
            give(question, ada)
        assert not LedgerEntry.objects.exists()


class TestALateAnswer:
    def test_it_counts_while_the_slot_is_free(self, queue: Queue, ada: User, question: Question) -> None:
        claim(queue, ada)
        release_expired(now=LATER)
        assert give(question, ada, now=LATER).created
        assert Lease.objects.get().state == Hold.ANSWERED

    def test_it_is_refused_once_a_colleague_holds_the_slot(
        self, queue: Queue, ada: User, ben: User, question: Question
    ) -> None:
        claim(queue, ada)
        claim(queue, ben, LATER)
        with pytest.raises(SlotTaken):
            give(question, ada, now=LATER)
        assert not LedgerEntry.objects.exists()
        assert give(question, ben, now=LATER).created

    def test_it_takes_the_other_slot_of_a_question_for_two(self, queue: Queue, ada: User, ben: User, ask: Ask) -> None:
        question = ask(overlap=2)
        claim(queue, ada)
        claim(queue, ben, LATER)
        give(question, ada, now=LATER)
        assert sorted(Lease.objects.values_list("slot", flat=True)) == [1, 2]

    def test_it_counts_even_when_the_question_was_withdrawn(self, queue: Queue, ada: User, question: Question) -> None:
        claim(queue, ada)
        Question.objects.update(state=State.WITHDRAWN)
        assert give(question, ada).created
        assert Question.objects.get().state == State.WITHDRAWN


class TestChangingAnAnswer:
    def test_the_later_verdict_stands_and_the_earlier_one_stays_in_the_ledger(
        self, queue: Queue, ada: User, question: Question
    ) -> None:
        give(claim(queue, ada), ada, Value.ACCURATE)
        changed = change(question, ada, Value.FALSE_POSITIVE)
        assert not label_of_alert(question.alert).accurate  # type: ignore[union-attr]
        assert Lease.objects.get().answer == changed.entry
        assert LedgerEntry.objects.count() == 2

    def test_the_same_value_is_no_change(self, queue: Queue, ada: User, question: Question) -> None:
        first = give(claim(queue, ada), ada, Value.ACCURATE)
        assert change(question, ada, Value.ACCURATE) == Recorded(first.entry, created=False)

    def test_there_must_be_an_answer(self, queue: Queue, ada: User, question: Question) -> None:
        claim(queue, ada)
        with pytest.raises(NotAnswered):
            change(question, ada, Value.ACCURATE)
        assert not LedgerEntry.objects.exists()


class TestUndo:
    def test_the_verdict_is_retracted_and_the_question_comes_back(
        self, queue: Queue, ada: User, question: Question
    ) -> None:
        give(claim(queue, ada), ada)
        take_back(question, ada)
        assert LedgerEntry.objects.filter(kind=Kind.RETRACTION).count() == 1
        assert label_of_alert(question.alert) is None
        assert claim(queue, ada, LATER) == question

    def test_the_question_is_open_again(self, queue: Queue, ada: User, question: Question) -> None:
        give(claim(queue, ada), ada)
        take_back(question, ada)
        question.refresh_from_db()
        assert (question.state, question.closed_at) == (State.OPEN, None)

    def test_the_question_held_meanwhile_goes_back(self, queue: Queue, ada: User, ben: User, ask: Ask) -> None:
        first, second = ask(utility=0.9), ask(utility=0.1)
        give(claim(queue, ada), ada)
        claim(queue, ada)
        take_back(first, ada)
        assert claim(queue, ben, LATER) == second

    def test_a_double_click_is_one_retraction(self, queue: Queue, ada: User, question: Question) -> None:
        give(claim(queue, ada), ada)
        decision_id = uuid.uuid4()
        assert take_back(question, ada, decision_id) == take_back(question, ada, decision_id)
        assert LedgerEntry.objects.filter(kind=Kind.RETRACTION).count() == 1

    def test_after_a_change_the_earlier_answer_stands_again(self, queue: Queue, ada: User, question: Question) -> None:
        first = give(claim(queue, ada), ada, Value.ACCURATE)
        change(question, ada, Value.FALSE_POSITIVE)
        assert take_back(question, ada).answer == first.entry
        assert label_of_alert(question.alert).accurate  # type: ignore[union-attr]

    def test_a_double_click_after_a_change_goes_back_one_step(
        self, queue: Queue, ada: User, question: Question
    ) -> None:
        first = give(claim(queue, ada), ada, Value.ACCURATE)
        change(question, ada, Value.FALSE_POSITIVE)
        decision_id = uuid.uuid4()
        take_back(question, ada, decision_id)
        assert take_back(question, ada, decision_id).answer == first.entry

    def test_a_skipped_question_comes_back(self, queue: Queue, ada: User, question: Question) -> None:
        skip(question=claim(queue, ada), labeler=ada, now=NOON)
        take_back(question, ada)
        assert claim(queue, ada, LATER) == question

    def test_a_skipped_question_that_a_colleague_took_does_not(
        self, queue: Queue, ada: User, ben: User, question: Question
    ) -> None:
        skip(question=claim(queue, ada), labeler=ada, now=NOON)
        claim(queue, ben)
        with pytest.raises(SlotTaken):
            undo(question=question, labeler=ada, decision_id=uuid.uuid4(), now=NOON)
        assert Lease.objects.get(labeler=ben).state == Hold.HELD

    def test_says_nothing_of_what_somebody_else_took_back(self, queue: Queue, ada: User, ben: User, ask: Ask) -> None:
        first, second = ask(utility=0.9), ask(utility=0.1)
        give(claim(queue, ada), ada)
        theirs = uuid.uuid4()
        take_back(first, ada, theirs)
        give(claim(queue, ben, LATER), ben, now=LATER)
        assert undo(question=second, labeler=ben, decision_id=theirs, now=LATER).verdict is None
        assert LedgerEntry.objects.filter(kind=Kind.RETRACTION).count() == 1

    def test_reaches_back_to_midnight(self, queue: Queue, ada: User, question: Question, settings: Any) -> None:
        settings.TIME_ZONE = "UTC"
        morning, night = NOON - timedelta(hours=11, minutes=59), NOON + timedelta(hours=11, minutes=59)
        give(claim(queue, ada, morning), ada, now=morning)
        undone = undo(question=question, labeler=ada, decision_id=uuid.uuid4(), now=night)
        assert undone.lease.answer is None

    def test_reaches_back_twelve_hours_past_midnight(self, queue: Queue, ada: User, question: Question) -> None:
        give(claim(queue, ada, NOON + timedelta(hours=8)), ada, now=NOON + timedelta(hours=8))
        night = NOON + timedelta(hours=19)
        undone = undo(question=question, labeler=ada, decision_id=uuid.uuid4(), now=night)
        assert undone.verdict is not None and undone.verdict.value == Value.ACCURATE

    def test_leaves_what_is_older_unless_it_was_opened(self, queue: Queue, ada: User, question: Question) -> None:
        give(claim(queue, ada, NOON - timedelta(days=2)), ada, now=NOON - timedelta(days=2))
        with pytest.raises(TooLongAgo):
            take_back(question, ada)
        assert LedgerEntry.objects.count() == 1
        undo(question=question, labeler=ada, decision_id=uuid.uuid4(), now=NOON, any_age=True)
        assert LedgerEntry.objects.count() == 2

    def test_of_a_change_of_today_reaches_it_but_not_the_older_answer(
        self, queue: Queue, ada: User, question: Question
    ) -> None:
        older = give(claim(queue, ada, NOON - timedelta(days=2)), ada, now=NOON - timedelta(days=2))
        change(question, ada, Value.FALSE_POSITIVE)
        assert take_back(question, ada).answer == older.entry
        with pytest.raises(TooLongAgo):
            take_back(question, ada)

    def test_it_can_be_answered_again(self, queue: Queue, ada: User, question: Question) -> None:
        give(claim(queue, ada), ada, Value.ACCURATE)
        take_back(question, ada)
        give(question, ada, Value.FALSE_POSITIVE)
        assert not label_of_alert(question.alert).accurate  # type: ignore[union-attr]
