"""An alert that is open again stands where the model has it now, not where it stood the day it came."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from feedback.models import Alert, OpenAlert, Queue, Scorer, Tier, Value
from feedback.services import retract_verdict
from feedback.services.standing import BLIND_AGAIN
from scoring import selectors, services
from scoring.models import Stage
from scoring.services.standings import stand_again
from tests.factories import NOON, judge, raise_alert

LATER = NOON + timedelta(hours=2)


@pytest.fixture
def fallen(queue: Queue, upstream: Scorer, rhea: User) -> Alert:
    """An alert that came in orange and is yellow, since many like it were false."""
    services.change_policy(queue=queue, now=NOON, stage=Stage.RANK, blind_share=0.0)
    alert = raise_alert(queue, upstream, "cancel our plan", upstream_score=0.95)
    assert OpenAlert.objects.get(alert=alert).tier == Tier.ORANGE
    for _ in range(12):
        judge(raise_alert(queue, upstream, "cancel our plan", upstream_score=0.95), rhea, Value.FALSE_POSITIVE)
    services.learn(queue_id=queue.pk, now=NOON)
    assert OpenAlert.objects.get(alert=alert).tier == Tier.YELLOW
    return alert


def standing(alert: Alert) -> Any:
    found = OpenAlert.objects.get(alert=alert)
    return pytest.approx((found.tier, found.probability, found.urgency), abs=1e-9)


def judge_and_take_back(alert: Alert, person: User, committed: Any) -> None:
    entry = judge(alert, person, Value.UNSURE)
    with committed(execute=True):
        retract_verdict(verdict=entry, judge=person, decision_id=uuid.uuid4(), now=LATER)


@pytest.mark.django_db
class TestAnAlertThatIsOpenAgain:
    def test_has_todays_tier_at_once(
        self, fallen: Alert, rhea: User, client: Client, django_capture_on_commit_callbacks: Any
    ) -> None:
        judge_and_take_back(fallen, rhea, django_capture_on_commit_callbacks)
        assert OpenAlert.objects.get(alert=fallen).tier == Tier.YELLOW
        client.force_login(rhea)
        head = client.get(f"/queues/churn/?alert={fallen.pk}").content.decode().partition('class="alert__time"')[2]
        assert "tier--yellow" in head.partition("</p>")[0]

    def test_stands_where_the_re_ranking_has_it(
        self, fallen: Alert, rhea: User, queue: Queue, django_capture_on_commit_callbacks: Any
    ) -> None:
        judge_and_take_back(fallen, rhea, django_capture_on_commit_callbacks)
        at_once = OpenAlert.objects.get(alert=fallen)
        reranked = services.learn(queue_id=queue.pk, now=LATER)
        assert reranked is not None and reranked.moved == 0
        assert (at_once.tier, at_once.probability, at_once.urgency) == standing(fallen)
        assert at_once.probability == selectors.explanation_of(fallen).probability

    def test_keeps_the_tier_that_a_hard_rule_gave_it(
        self, queue: Queue, upstream: Scorer, rhea: User, django_capture_on_commit_callbacks: Any
    ) -> None:
        rule = {"name": "leaving", "phrase": "cancel"}
        services.change_policy(queue=queue, now=NOON, stage=Stage.RANK, hard_rules=[rule])
        alert = raise_alert(queue, upstream, "cancel our plan", upstream_score=0.05)
        judge_and_take_back(alert, rhea, django_capture_on_commit_callbacks)
        assert OpenAlert.objects.get(alert=alert).tier == Tier.RED

    def test_that_is_judged_blind_stands_at_its_drawn_place(
        self, fallen: Alert, queue: Queue, upstream: Scorer, rhea: User, django_capture_on_commit_callbacks: Any
    ) -> None:
        services.change_policy(queue=queue, now=NOON, blind_share=1.0)
        for _ in range(20):
            judge(raise_alert(queue, upstream, "all is well", upstream_score=0.1), rhea)
        blind = raise_alert(queue, upstream, "all is well", upstream_score=0.1)
        before = OpenAlert.objects.get(alert=blind).urgency
        assert OpenAlert.objects.get(alert=blind).blind
        judge_and_take_back(blind, rhea, django_capture_on_commit_callbacks)
        assert OpenAlert.objects.get(alert=blind).urgency == before != BLIND_AGAIN

    def test_that_was_judged_meanwhile_is_left_alone(self, fallen: Alert, rhea: User) -> None:
        judge(fallen, rhea)
        stand_again(alert_id=fallen.pk)
        assert not OpenAlert.objects.filter(alert=fallen).exists()

    def test_keeps_what_a_worker_knew_later(self, fallen: Alert) -> None:
        OpenAlert.objects.filter(alert=fallen).update(position=99, tier=Tier.ORANGE)
        stand_again(alert_id=fallen.pk)
        assert OpenAlert.objects.get(alert=fallen).tier == Tier.ORANGE
