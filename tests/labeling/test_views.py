"""The labeler's pages, as plain forms and as htmx uses them."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from feedback.models import LedgerEntry, Queue, Scorer, Value
from labeling.models import Because, Hold, Lease, Question
from labeling.services import answer, claim_next
from labeling.templatetags.labeling_tags import why_asked
from tests.factories import raise_alert
from tests.labeling.conftest import Ask

PAGE = "/label/churn/"
HTMX = {"HTTP_HX_REQUEST": "true"}


def send(client: Client, question: Question, act: str, verdict: str = "accurate", **extra: object) -> Any:
    headers = {name: value for name, value in extra.items() if name.startswith("HTTP_")}
    data = {"verdict": verdict, "decision_id": uuid.uuid4(), **{k: v for k, v in extra.items() if k not in headers}}
    return client.post(f"{PAGE}questions/{question.pk}/{act}/", data, **headers)


class TestTheQuestion:
    def test_it_says_why_it_is_asked(self, client_of_ada: Client, question: Question) -> None:
        assert "Why you are asked: the model cannot tell, so your answer" in client_of_ada.get(PAGE).content.decode()

    @pytest.mark.parametrize("because", Because.values)
    def test_every_reason_is_said_in_plain_words(self, question: Question, because: str) -> None:
        question.because = because
        assert 20 < len(why_asked(question)) < 60

    def test_a_second_look_says_who_disagrees_and_not_how(self, client_of_ada: Client, question: Question) -> None:
        Question.objects.update(because=Because.DISAGREEMENT)
        page = client_of_ada.get(PAGE).content.decode()
        assert "Why you are asked: the model and a rep’s verdict on it disagree</p>" in page

    def test_it_shows_the_words_and_the_values(
        self, client_of_ada: Client, ask: Ask, queue: Queue, upstream: Scorer
    ) -> None:
        ask(raise_alert(queue, upstream, "<b>We leave</b>", features={"open_tickets": 7, "nps_last": 10.0}))
        page = client_of_ada.get(PAGE).content.decode()
        assert "&lt;b&gt;We leave&lt;/b&gt;" in page
        assert re.search(r'<dt title="open_tickets">open tickets</dt>\s*<dd>7</dd>', page)
        assert re.search(r'<dt title="nps_last">nps last</dt>\s*<dd>10</dd>', page)

    def test_the_evidence_comes_before_the_values(
        self, client_of_ada: Client, ask: Ask, queue: Queue, upstream: Scorer
    ) -> None:
        ask(raise_alert(queue, upstream, evidence=[{"label": "Rule", "value": "export"}], features={"calls": 2}))
        page = client_of_ada.get(PAGE).content.decode()
        assert page.index("<dt>Rule</dt>") < page.index(">calls</dt>")

    def test_nothing_on_it_tells_what_the_model_thinks(self, client_of_ada: Client, ask: Ask, alert: object) -> None:
        ask(alert, probability=0.87654, uncertainty=0.12346, utility=0.98765)
        page = client_of_ada.get(PAGE).content.decode()
        assert not re.search(r"\.876|87[.,]6|8[78] ?%|[.,]123|[.,]987|tier--|likely", page)

    def test_the_guideline_stands_beside_it(self, client_of_ada: Client, question: Question) -> None:
        Queue.objects.update(guideline="**Accurate**: they leave.\n\n**False positive**: they stay.")
        page = client_of_ada.get(PAGE).content.decode()
        assert "<h3>Accurate</h3><p>they leave.</p>" in page

    @pytest.mark.parametrize(
        ("typed", "shown"),
        [
            ("看的是**我们销售说的话**，不是客户说的。", "看的是<strong>我们销售说的话</strong>，不是客户说的。"),
            ("**Mind**: **this** and **that**", "<h3>Mind</h3><p><strong>this</strong> and <strong>that</strong></p>"),
            ("a **<b onclick=x>** b", "a <strong>&lt;b onclick=x&gt;</strong> b"),
            ("**<script>**: no", "<h3>&lt;script&gt;</h3><p>no</p>"),
            ("2 ** 3 ** 4 and a ** alone", "<p>2 ** 3 ** 4 and a ** alone</p>"),
        ],
    )
    def test_strong_words_stand_anywhere_in_it_and_nothing_else_is_markup(
        self, client_of_ada: Client, question: Question, typed: str, shown: str
    ) -> None:
        Queue.objects.update(guideline=typed)
        assert shown in client_of_ada.get(PAGE).content.decode()

    def test_reloading_shows_the_same_question(self, client_of_ada: Client, ask: Ask) -> None:
        ask(), ask()
        client_of_ada.get(PAGE), client_of_ada.get(PAGE)
        assert Lease.objects.count() == 1

    def test_without_one_the_page_says_what_happens_next(self, client_of_ada: Client) -> None:
        assert "Nothing to ask right now" in client_of_ada.get(PAGE).content.decode()

    def test_home_leads_to_the_first_queue(self, client_of_ada: Client) -> None:
        assert client_of_ada.get("/label/")["Location"] == PAGE


class TestAnswering:
    def test_a_plain_form_is_led_to_the_next_question(self, client_of_ada: Client, question: Question) -> None:
        client_of_ada.get(PAGE)
        reply = send(client_of_ada, question, "answer", "false_positive")
        assert (reply.status_code, reply["Location"]) == (302, PAGE)
        assert LedgerEntry.objects.get().value == Value.FALSE_POSITIVE

    def test_the_next_question_is_in_the_reply(self, client_of_ada: Client, ask: Ask) -> None:
        first, second = ask(utility=0.9), ask(utility=0.1)
        client_of_ada.get(PAGE)
        reply = send(client_of_ada, first, "answer", **HTMX)
        assert f"/questions/{second.pk}/answer/" in reply.content.decode()
        assert "Recorded: accurate." in reply.content.decode()

    def test_the_reply_is_the_part_of_the_page_that_changes(self, client_of_ada: Client, question: Question) -> None:
        client_of_ada.get(PAGE)
        reply = send(client_of_ada, question, "answer", **HTMX).content.decode()
        assert reply.lstrip().startswith('<div class="label" id="label"')
        assert "<html" not in reply

    def test_the_same_form_twice_is_one_answer(self, client_of_ada: Client, question: Question) -> None:
        client_of_ada.get(PAGE)
        for _ in range(2):
            send(client_of_ada, question, "answer", decision_id="6f8f6a6e-3d6a-4c55-8a0c-1d1b3a1f5c11")
        assert LedgerEntry.objects.count() == 1

    def test_a_late_answer_to_a_taken_question_is_refused_in_words(
        self, client_of_ada: Client, ben: User, question: Question
    ) -> None:
        client_of_ada.get(PAGE)
        claim_next(queue=question.queue, labeler=ben, now=timezone.now() + timedelta(hours=1))
        reply = send(client_of_ada, question, "answer", **HTMX)
        assert reply.status_code == 409
        assert "a colleague has taken it" in reply.content.decode()
        assert not LedgerEntry.objects.exists()

    def test_a_second_tab_is_shown_what_was_answered(self, client_of_ada: Client, question: Question) -> None:
        client_of_ada.get(PAGE)
        send(client_of_ada, question, "answer")
        reply = send(client_of_ada, question, "answer", "false_positive", **HTMX)
        assert reply.status_code == 409
        assert "you answered: accurate" in reply.content.decode()

    def test_an_unreadable_form_changes_nothing(self, client_of_ada: Client, question: Question) -> None:
        client_of_ada.get(PAGE)
        reply = send(client_of_ada, question, "answer", "maybe", **HTMX)
        assert reply.status_code == 409
        assert Lease.objects.get().state == Hold.HELD


class TestSkippingAndUndoing:
    def test_a_skip_brings_the_next_question(self, client_of_ada: Client, ask: Ask) -> None:
        first, second = ask(utility=0.9), ask(utility=0.1)
        client_of_ada.get(PAGE)
        reply = send(client_of_ada, first, "skip", **HTMX)
        assert f"/questions/{second.pk}/answer/" in reply.content.decode()

    def test_undo_brings_the_question_back(self, client_of_ada: Client, ask: Ask) -> None:
        first, _second = ask(utility=0.9), ask(utility=0.1)
        client_of_ada.get(PAGE)
        send(client_of_ada, first, "answer")
        reply = send(client_of_ada, first, "undo", **HTMX)
        assert f"/questions/{first.pk}/answer/" in reply.content.decode()
        assert LedgerEntry.objects.count() == 2

    def test_undo_names_the_answer_and_the_customer(self, client_of_ada: Client, ask: Ask) -> None:
        asked = [ask(utility=0.9), ask(utility=0.5), ask(utility=0.1)]
        client_of_ada.get(PAGE)
        send(client_of_ada, asked[0], "answer", "false_positive", **HTMX), send(client_of_ada, asked[1], "skip", **HTMX)
        said = [send(client_of_ada, one, "undo", **HTMX).content.decode() for one in (asked[1], asked[0])]
        assert f'<p class="receipt">Here again: {asked[1].alert.customer}.</p>' in said[0]
        taken = f"Taken back: false positive · {asked[0].alert.customer}. Nothing more of today to take back."
        assert f'<p class="receipt">{taken}</p>' in said[1]

    def test_undo_stops_at_answers_of_earlier_days(self, client_of_ada: Client, ada: User, question: Question) -> None:
        before = timezone.now() - timedelta(days=2)
        claim_next(queue=question.queue, labeler=ada, now=before)
        answer(question=question, labeler=ada, value=Value.ACCURATE, decision_id=uuid.uuid4(), now=before)
        reply = send(client_of_ada, question, "undo", **HTMX)
        assert (reply.status_code, LedgerEntry.objects.count()) == (409, 1)
        assert "Nothing more of today to take back." in reply.content.decode()

    def test_an_older_answer_that_was_opened_can_be_undone(
        self, client_of_ada: Client, ada: User, question: Question
    ) -> None:
        before = timezone.now() - timedelta(days=2)
        claim_next(queue=question.queue, labeler=ada, now=before)
        answer(question=question, labeler=ada, value=Value.ACCURATE, decision_id=uuid.uuid4(), now=before)
        assert 'name="earlier" value="1"' in client_of_ada.get(f"{PAGE}questions/{question.pk}/").content.decode()
        send(client_of_ada, question, "undo", earlier="1", **HTMX)
        assert LedgerEntry.objects.count() == 2

    def test_the_undo_button_is_about_the_last_act(self, client_of_ada: Client, ask: Ask) -> None:
        first, second = ask(utility=0.9), ask(utility=0.1)
        client_of_ada.get(PAGE)
        send(client_of_ada, first, "answer"), client_of_ada.get(PAGE)
        send(client_of_ada, second, "skip")
        assert f"/questions/{second.pk}/undo/" in client_of_ada.get(PAGE).content.decode()


class TestTheStrip:
    def test_it_leads_to_each_of_the_last_answers(self, client_of_ada: Client, question: Question) -> None:
        client_of_ada.get(PAGE)
        send(client_of_ada, question, "answer")
        page = client_of_ada.get(PAGE).content.decode()
        assert f'class="strip--accurate" href="{PAGE}questions/{question.pk}/"' in page

    def test_an_earlier_answer_can_be_changed(self, client_of_ada: Client, question: Question) -> None:
        client_of_ada.get(PAGE)
        send(client_of_ada, question, "answer", "accurate")
        assert 'name="changing"' in client_of_ada.get(f"{PAGE}questions/{question.pk}/").content.decode()
        send(client_of_ada, question, "answer", "false_positive", changing="1")
        assert Lease.objects.get().answer.value == Value.FALSE_POSITIVE  # type: ignore[union-attr]

    def test_a_skipped_question_can_be_answered_after_all(self, client_of_ada: Client, question: Question) -> None:
        client_of_ada.get(PAGE)
        send(client_of_ada, question, "skip")
        assert 'name="changing"' not in client_of_ada.get(f"{PAGE}questions/{question.pk}/").content.decode()
        send(client_of_ada, question, "answer")
        assert Lease.objects.get().state == Hold.ANSWERED

    def test_a_question_in_hand_is_on_the_page_itself(self, client_of_ada: Client, question: Question) -> None:
        client_of_ada.get(PAGE)
        assert client_of_ada.get(f"{PAGE}questions/{question.pk}/")["Location"] == PAGE


class TestTheHeartbeat:
    def test_it_prolongs_the_lease(self, client_of_ada: Client, question: Question) -> None:
        client_of_ada.get(PAGE)
        Lease.objects.update(expires_at=timezone.now() + timedelta(seconds=1))
        assert send(client_of_ada, question, "hold").status_code == 204
        assert Lease.objects.get().expires_at > timezone.now() + timedelta(seconds=60)

    def test_it_ends_with_the_lease(self, client_of_ada: Client, question: Question) -> None:
        assert send(client_of_ada, question, "hold").status_code == 286
