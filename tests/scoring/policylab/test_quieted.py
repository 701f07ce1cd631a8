"""What the desk says of an alert whose customer a person has quieted."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from feedback.desk.selectors import inbox_page
from feedback.models import Alert, Exposure, OpenAlert, Queue, Scorer, Value
from feedback.services import raise_again
from scoring.models import Stage, Suppression
from scoring.policylab.quieted import quieted_among, quieted_line
from scoring.services import change_policy
from scoring.services.quieting import lift, quiet_customer
from tests import factories
from tests.factories import NOON

LATER = NOON + timedelta(days=1)
WHO = "Rhea quieted acme until"
UNSAID = "Why this alert is shown is said after the verdict."


def raise_for(queue: Queue, scorer: Scorer, at: datetime = LATER, **fields: Any) -> Alert:
    said = {"customer_id": "acme", "customer_name": "acme", "raised_at": at, "upstream_score": 0.6}
    return factories.raise_alert(queue, scorer, **{**said, **fields})


def line(alert: Alert, blind: bool = False, now: datetime = LATER) -> str:
    return quieted_line(Alert.objects.get(pk=alert.pk), blind, now)


def in_the_list(queue: Queue, now: datetime = LATER) -> frozenset[int]:
    return quieted_among(inbox_page(queue).rows, now)


def drawn(queue: Queue, scorer: Scorer, decision: str) -> Alert:
    """One of the quieted customer's alerts with which the draw did this."""
    for _ in range(200):
        alert = raise_for(queue, scorer)
        if Exposure.objects.get(alert=alert).decision == decision:
            return alert
    raise AssertionError(decision)


@pytest.fixture(autouse=True)
def _it_is_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: LATER)


@pytest.fixture
def before(queue: Queue, upstream: Scorer) -> Alert:
    """acme's alert, at which rhea has had enough of them."""
    change_policy(queue=queue, now=NOON, stage=Stage.RANK, blind_share=0.0)
    return raise_for(queue, upstream, NOON)


@pytest.fixture
def quieted(before: Alert, rhea: User) -> Suppression:
    return quiet_customer(alert=before, days=30, by=rhea, now=NOON)


class TestAnAlertOfAQuietedCustomer:
    def test_that_was_there_before_says_who_and_until_when(
        self, quieted: Suppression, before: Alert, queue: Queue
    ) -> None:
        assert line(before).startswith(WHO) and line(before).endswith("This alert was here before.")
        assert in_the_list(queue) == {before.pk}

    def test_that_is_worse_says_that_the_quiet_is_over(
        self, quieted: Suppression, queue: Queue, upstream: Scorer
    ) -> None:
        worse = raise_for(queue, upstream, upstream_score=0.9)
        assert line(worse).startswith(WHO) and "is worse: it is shown, and the quiet is over" in line(worse)
        assert "lifted since" not in line(worse)
        assert worse.pk in in_the_list(queue)

    def test_that_comes_after_the_worse_one_says_nothing(
        self, quieted: Suppression, queue: Queue, upstream: Scorer
    ) -> None:
        raise_for(queue, upstream, upstream_score=0.9)
        after = raise_for(queue, upstream)
        assert line(after) == "" and after.pk not in in_the_list(queue)

    def test_that_a_hard_rule_shows_names_the_rule(self, quieted: Suppression, queue: Queue, upstream: Scorer) -> None:
        change_policy(queue=queue, now=NOON, hard_rules=[{"name": "leaving", "phrase": "cancel"}])
        assert "The rule “leaving” shows it all the same." in line(raise_for(queue, upstream, text="I cancel"))

    def test_that_was_raised_again_names_who_did(
        self, quieted: Suppression, queue: Queue, upstream: Scorer, tom: User
    ) -> None:
        hidden = drawn(queue, upstream, "hide")
        assert "That is what hid this alert." in line(hidden)
        raise_again(alert=hidden, by=tom, now=LATER)
        assert "Tom raised this alert again." in line(hidden)

    def test_says_when_the_quiet_was_lifted_since(
        self, quieted: Suppression, before: Alert, queue: Queue, upstream: Scorer, rhea: User
    ) -> None:
        hidden = drawn(queue, upstream, "hide")
        lift(suppression=quieted, by=rhea, now=LATER + timedelta(hours=1))
        assert "that has been lifted since. That is what hid this alert." in line(hidden)
        assert line(before) == ""

    def test_is_its_alert_in_that_queue_only(
        self, quieted: Suppression, other_queue: Queue, upstream: Scorer, queue: Queue
    ) -> None:
        upstream.queues.add(other_queue)
        assert line(raise_for(other_queue, upstream)) == ""
        assert line(raise_for(queue, upstream, customer_id="other", customer_name="other")) == ""

    def test_says_nothing_when_the_time_was_over(self, quieted: Suppression, queue: Queue, upstream: Scorer) -> None:
        end = NOON + timedelta(days=30)
        assert line(raise_for(queue, upstream, end), now=end) == ""


class TestABlindOne:
    def test_that_is_worse_and_one_that_is_audited_say_the_same(
        self, quieted: Suppression, queue: Queue, upstream: Scorer
    ) -> None:
        audited = drawn(queue, upstream, "audit")
        change_policy(queue=queue, now=LATER, blind_share=1.0)
        worse = raise_for(queue, upstream, upstream_score=0.9)
        OpenAlert.objects.filter(alert=worse).update(blind=True)
        assert line(audited, blind=True) == line(worse, blind=True)
        assert line(worse, blind=True).startswith(WHO) and line(worse, blind=True).endswith(UNSAID)
        assert {audited.pk, worse.pk} <= in_the_list(queue)

    def test_says_nothing_of_a_quiet_that_was_asked_for_at_its_sight(
        self, quieted: Suppression, before: Alert, queue: Queue
    ) -> None:
        OpenAlert.objects.filter(alert=before).update(blind=True)
        assert line(before, blind=True) == ""
        assert in_the_list(queue) == frozenset()

    def test_says_why_after_the_verdict(
        self, quieted: Suppression, queue: Queue, upstream: Scorer, rhea: User, client: Client
    ) -> None:
        audited = drawn(queue, upstream, "audit")
        client.force_login(rhea)
        page = client.get(f"/queues/churn/?alert={audited.pk}").content.decode()
        assert WHO in page and UNSAID in page and "customer quieted" in page
        factories.judge(audited, rhea, Value.FALSE_POSITIVE)
        page = client.get(f"/queues/churn/?alert={audited.pk}").content.decode()
        assert "It was drawn to be shown all the same, to check." in page and UNSAID not in page


class TestTheDesk:
    def test_of_other_customers_says_nothing(self, before: Alert, rhea: User, client: Client) -> None:
        client.force_login(rhea)
        page = client.get(f"/queues/churn/?alert={before.pk}").content.decode()
        assert "quieted" not in page
