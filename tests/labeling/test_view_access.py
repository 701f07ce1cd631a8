"""Who may see the labeler's pages, and what they ask of the database."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from feedback.models import LedgerEntry, Queue, Value
from labeling.models import Lease, Question
from tests.factories import judge
from tests.labeling.conftest import Ask
from tests.labeling.test_views import HTMX, PAGE, send


class TestWhoMaySeeIt:
    ADDRESSES = ("", "questions/{pk}/")
    ACTS = ("answer", "skip", "undo", "hold")

    @pytest.mark.parametrize("name", ["rhea", "mallory"])
    def test_for_others_no_address_of_the_queue_exists(
        self, name: str, request: pytest.FixtureRequest, client: Client, question: Question
    ) -> None:
        client.force_login(request.getfixturevalue(name))
        for address in self.ADDRESSES:
            assert client.get(PAGE + address.format(pk=question.pk)).status_code == 404
        for act in self.ACTS:
            assert send(client, question, act).status_code == 404
        assert not Lease.objects.exists()

    def test_a_question_does_not_exist_below_another_queue(
        self, client: Client, mallory: User, other_queue: Queue, question: Question
    ) -> None:
        client.force_login(mallory)
        for act in self.ACTS:
            assert (
                client.post(f"/label/complaints/questions/{question.pk}/{act}/", {"verdict": "accurate"}).status_code
                == 404
            )

    def test_a_question_that_one_never_held_does_not_exist(self, client_of_ada: Client, question: Question) -> None:
        assert client_of_ada.get(f"{PAGE}questions/{question.pk}/").status_code == 404
        for act in ("answer", "skip", "undo"):
            assert send(client_of_ada, question, act).status_code == 404
        assert not LedgerEntry.objects.exists()

    def test_a_lead_may_answer_too(self, client: Client, lena: User, question: Question) -> None:
        client.force_login(lena)
        client.get(PAGE)
        assert send(client, question, "answer").status_code == 302

    def test_a_visitor_is_asked_to_log_in(self, client: Client, question: Question) -> None:
        assert client.get(PAGE)["Location"].startswith("/login/")

    def test_who_labels_nothing_has_no_questions_page(self, client: Client, rhea: User) -> None:
        client.force_login(rhea)
        assert client.get("/label/").status_code == 404


class TestHowMuchItAsksOfTheDatabase:
    """Pinned: whatever the size of the queue."""

    def test_the_page(self, client_of_ada: Client, ask: Ask, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        for _ in range(5):
            ask()
        client_of_ada.get(PAGE)
        with django_assert_num_queries(15):
            client_of_ada.get(PAGE)

    def test_an_answer_with_the_next_question(
        self, client_of_ada: Client, ask: Ask, rhea: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(30):
            judge(ask(utility=number / 30).alert, rhea, Value.UNSURE)
        client_of_ada.get(PAGE)
        held = Lease.objects.get().question
        with django_assert_num_queries(34):
            send(client_of_ada, held, "answer", **HTMX)
