"""A labeler whose work in a queue a lead has paused: no questions and no answers."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from feedback.errors import Paused
from feedback.models import LedgerEntry, Queue, Value
from feedback.services.pauses import go_on, pause
from labeling.models import Hold, Lease, Question
from labeling.pool import nobody_left
from labeling.selectors import labeled_queues
from labeling.services import answer, claim_next, extend
from tests.factories import NOON

LATER = NOON + timedelta(seconds=5)


@pytest.fixture
def held(queue: Queue, question: Question, ada: User, lena: User) -> Lease:
    """Ada's question, which she had before lena paused her."""
    lease = claim_next(queue=queue, labeler=ada, now=NOON)
    assert lease is not None
    pause(user=lena, slug=queue.slug, person_id=ada.pk, now=NOON)
    return lease


class TestAPausedLabeler:
    def test_gets_no_question_and_gives_hers_back(self, queue: Queue, held: Lease, ada: User) -> None:
        assert claim_next(queue=queue, labeler=ada, now=LATER) is None
        held.refresh_from_db()
        assert held.state == Hold.LAPSED

    def test_does_not_keep_it_by_an_open_page(self, held: Lease, ada: User) -> None:
        assert not extend(question=held.question, labeler=ada, now=LATER)

    def test_gives_no_answer(self, held: Lease, ada: User) -> None:
        with pytest.raises(Paused):
            answer(question=held.question, labeler=ada, value=Value.ACCURATE, decision_id=uuid.uuid4(), now=LATER)
        assert not LedgerEntry.objects.exists()

    def test_gets_it_again_once_she_goes_on(self, queue: Queue, held: Lease, ada: User, lena: User) -> None:
        claim_next(queue=queue, labeler=ada, now=LATER)
        go_on(user=lena, slug=queue.slug, person_id=ada.pk)
        again = claim_next(queue=queue, labeler=ada, now=LATER)
        assert again is not None and again.question == held.question

    def test_is_told_so(self, held: Lease, client_of_ada: Client) -> None:
        page = client_of_ada.get("/label/churn/").content.decode()
        assert "You are paused in this queue" in page and "Lena paused your work here on" in page

    def test_an_answer_from_a_page_that_was_open_says_that_it_was_not_recorded(
        self, held: Lease, client_of_ada: Client
    ) -> None:
        sent = {"verdict": "accurate", "decision_id": uuid.uuid4()}
        address = f"/label/churn/questions/{held.question_id}/answer/"
        reply = client_of_ada.post(address, sent, HTTP_HX_REQUEST="true")
        assert reply.status_code == 409 and "this answer was not recorded" in reply.content.decode()


class TestQuestionsAroundHer:
    def test_none_are_chosen_for_a_queue_whose_labelers_are_paused(
        self, queue: Queue, ada: User, lena: User, cora: User
    ) -> None:
        lena.memberships.all().delete()  # type: ignore[attr-defined]
        assert labeled_queues() == [queue.pk]
        queue.memberships.update(paused_at=NOON)
        assert labeled_queues() == []

    def test_she_does_not_count_among_those_who_could_answer(
        self, queue: Queue, question: Question, ada: User, ben: User, lena: User
    ) -> None:
        lease = claim_next(queue=queue, labeler=ben, now=NOON)
        assert lease is not None
        answer(question=lease.question, labeler=ben, value=Value.UNSURE, decision_id=uuid.uuid4(), now=NOON)
        assert not Question.objects.filter(nobody_left(queue.pk)).exists()
        pause(user=lena, slug=queue.slug, person_id=ada.pk, now=NOON)
        assert Question.objects.filter(nobody_left(queue.pk)).exists()
