"""The loop, end to end, through the product's addresses: post, judge, learn, re-rank, ask, answer, read the figures."""

import json
import re
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from feedback.models import Alert, LedgerEntry, OpenAlert, Queue, Scorer
from feedback.nudges import muted
from feedback.services import issue_key
from labeling import tasks as labeling_tasks
from labeling.models import Question
from scoring import tasks as scoring_tasks
from scoring.models import Stage
from scoring.services import change_policy
from tests.factories import NOON


def post(key: str, **alert: Any) -> dict[str, Any]:
    """What a scorer gets back for an alert."""
    body = {"external_id": uuid.uuid4().hex, "customer_id": "c-1", "customer_name": "Northwind Retail", **alert}
    client = Client(headers={"Authorization": f"Api-Key {key}"})
    answer = client.post("/api/v1/alerts", json.dumps(body), content_type="application/json")
    assert answer.status_code == 201, answer.content
    return {**answer.json(), "id": Alert.objects.get(external_id=body["external_id"]).pk}


def judge(person: User, alert_id: int, value: str) -> Any:
    """A rep's click on the desk, as a plain form."""
    client = Client()
    client.force_login(person)
    return client.post(f"/alerts/{alert_id}/verdict/", {"value": value, "decision_id": uuid.uuid4()}, follow=True)


def page(person: User, address: str) -> str:
    """What a person sees at an address, without the markup."""
    client = Client()
    client.force_login(person)
    answer = client.get(address, follow=True)
    assert answer.status_code == 200, (address, answer.status_code)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def key(queue: Queue, upstream: Scorer) -> str:
    """A scorer's key, in a queue that the model may rank."""
    change_policy(queue=queue, now=NOON, stage=Stage.RANK)
    return issue_key(scorer=upstream, name="journey")[1]


class TestTheLoop:
    def test_a_verdict_is_in_the_next_score_and_in_the_order_of_the_queue(
        self, key: str, queue: Queue, rhea: User
    ) -> None:
        first, waiting = (post(key, text="how do I export my data", upstream_score=0.5) for _ in range(2))
        judge(rhea, first["id"], "false_positive")
        again = post(key, text="how do I export my data", upstream_score=0.5)
        assert again["probability"] < first["probability"] and again["position"] == 1
        scoring_tasks.learn(queue.pk)
        assert OpenAlert.objects.get(alert_id=waiting["id"]).probability == pytest.approx(again["probability"])

    def test_undoing_it_brings_the_alert_and_the_score_back(self, key: str, rhea: User) -> None:
        first = post(key, text="please cancel")
        judge(rhea, first["id"], "false_positive")
        client = Client()
        client.force_login(rhea)
        client.post(f"/verdicts/{LedgerEntry.objects.get().decision_id}/undo/", {"decision_id": uuid.uuid4()})
        assert OpenAlert.objects.filter(alert_id=first["id"]).exists()
        assert post(key, text="please cancel")["probability"] == first["probability"]

    def test_the_receipt_says_what_the_click_changed(self, key: str, queue: Queue, rhea: User) -> None:
        alerts = [post(key, text="how do I export my data") for _ in range(3)]
        judge(rhea, alerts[0]["id"], "false_positive")
        scoring_tasks.learn(queue.pk)
        receipt = page(rhea, f"/verdicts/{LedgerEntry.objects.get().decision_id}/receipt/")
        assert re.search(r"\b2\b.*moved", receipt)

    def test_a_labelers_answer_teaches_the_same_model(self, key: str, queue: Queue, ada: User) -> None:
        for number in range(6):
            post(key, text=f"is this a complaint {number}")
        with muted():
            labeling_tasks.fill(queue.pk)
        question = Question.objects.order_by("-utility", "id").first()
        assert question and "is this a complaint" in page(ada, f"/label/{queue.slug}/")
        client = Client()
        client.force_login(ada)
        answer = {"verdict": "accurate", "decision_id": uuid.uuid4()}
        client.post(f"/label/{queue.slug}/questions/{question.pk}/answer/", answer)
        assert LedgerEntry.objects.get().source == "labeler"
        assert post(key, text="is this a complaint")["position"] == 1

    def test_the_lead_reads_what_the_reps_decided(self, key: str, queue: Queue, rhea: User, lena: User) -> None:
        for number in range(12):
            judge(rhea, post(key, text=f"alert {number}")["id"], "accurate" if number % 2 else "false_positive")
        scoring_tasks.count()
        assert re.search(r"50(\.0)?\s?%", page(lena, f"/lead/{queue.slug}/"))

    def test_the_scorer_follows_the_verdicts(self, key: str, queue: Queue, rhea: User) -> None:
        judge(rhea, post(key, external_id="call-1", text="cancel")["id"], "accurate")
        answer = Client(headers={"Authorization": f"Api-Key {key}"}).get("/api/v1/verdicts", {"queue": queue.slug})
        (verdict,) = answer.json()["verdicts"]
        assert (verdict["external_id"], verdict["value"], verdict["position"]) == ("call-1", "accurate", 1)


ADDRESSES = [
    "/queues/{queue}/", "/queues/{queue}/?alert={alert}", "/queues/{queue}/list/", "/queues/{queue}/fresh/",
    "/queues/{queue}/judged/", "/label/{queue}/", "/lead/{queue}/", "/verdicts/{decision}/receipt/",
]  # fmt: skip


class TestNobodySeesAQueueThatIsNotTheirs:
    @pytest.mark.parametrize("address", ADDRESSES)
    def test_by_any_address(self, address: str, key: str, queue: Queue, rhea: User, mallory: User) -> None:
        alert = post(key, text="secret words")
        judge(rhea, alert["id"], "accurate")
        decision = LedgerEntry.objects.get().decision_id
        client = Client()
        client.force_login(mallory)
        answer = client.get(address.format(queue=queue.slug, alert=alert["id"], decision=decision))
        assert answer.status_code == 404

    def test_nor_judges_or_undoes_in_it(self, key: str, queue: Queue, rhea: User, mallory: User) -> None:
        alert = post(key, text="secret words")
        assert judge(mallory, alert["id"], "accurate").status_code == 404
        judge(rhea, alert["id"], "accurate")
        client = Client()
        client.force_login(mallory)
        undo = client.post(f"/verdicts/{LedgerEntry.objects.get().decision_id}/undo/", {"decision_id": uuid.uuid4()})
        assert (undo.status_code, LedgerEntry.objects.count()) == (404, 1)

    def test_whoever_is_not_logged_in_is_asked_to(self, alert: Alert, queue: Queue) -> None:
        answer = Client().get(f"/queues/{queue.slug}/")
        assert (answer.status_code, answer.url.startswith("/login/")) == (302, True)  # type: ignore[attr-defined]
