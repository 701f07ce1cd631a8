"""Suppressions that people make, and alerts that are judged blind."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from feedback.models import Alert, Check, Exposure, OpenAlert, Queue, Scorer
from feedback.services import raise_again
from scoring.models import Stage, Suppression
from scoring.policylab.hidden import left
from scoring.services import change_policy
from scoring.services.quieting import About, SuppressionRefused, lift, quiet_customer, suppress
from tests import factories
from tests.factories import NOON
from tests.feedback.test_ledger import at_once

PAGE = "/lead/churn/quiet/"


@pytest.fixture(autouse=True)
def _it_is_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOON)


def raise_for(queue: Queue, scorer: Scorer, customer: str = "acme", **fields: Any) -> Alert:
    return factories.raise_alert(queue, scorer, **{"customer_id": customer, "customer_name": customer, **fields})


def first(alert: Alert) -> Exposure:
    return Exposure.objects.filter(alert=alert).earliest("pk")


@pytest.fixture
def quieted(queue: Queue, upstream: Scorer, rhea: User) -> Suppression:
    """rhea quieted acme, whose alert stood at the scorer's .6; audits are as good as off."""
    change_policy(queue=queue, now=NOON, stage=Stage.RANK)
    alert = raise_for(queue, upstream, upstream_score=0.6)
    return quiet_customer(alert=alert, days=30, by=rhea, now=NOON)


def in_the_list(client: Client, person: User) -> str:
    client.force_login(person)
    return client.get(PAGE).content.decode()


class TestAQuietCustomer:
    def test_is_hidden_at_any_stage_with_its_audit_share_as_propensity(
        self, quieted: Suppression, queue: Queue, upstream: Scorer
    ) -> None:
        found = [first(raise_for(queue, upstream)) for _ in range(30)]
        assert {one.propensity for one in found} == {0.1}
        assert {one.cause for one in found} == {f"quiet:{quieted.pk}"}
        assert {"hide"} <= {one.decision for one in found} <= {"hide", "audit"}

    def test_is_one_customer(self, quieted: Suppression, queue: Queue, upstream: Scorer) -> None:
        assert first(raise_for(queue, upstream, "other")).decision == "show"

    def test_comes_back_with_an_alert_that_is_worse(self, quieted: Suppression, queue: Queue, upstream: Scorer) -> None:
        worse = raise_for(queue, upstream, upstream_score=0.76)
        assert first(worse).decision == "show"
        assert Suppression.objects.get(ends=quieted).alert == worse
        assert first(raise_for(queue, upstream)).decision == "show"

    def test_comes_back_when_the_time_is_over(self, quieted: Suppression, queue: Queue, upstream: Scorer) -> None:
        before, after = (NOON + timedelta(days=30, seconds=s) for s in (-1, 0))
        assert first(raise_for(queue, upstream, raised_at=before)).cause
        assert first(raise_for(queue, upstream, raised_at=after)).decision == "show"

    def test_comes_back_with_one_click(
        self, quieted: Suppression, queue: Queue, upstream: Scorer, rhea: User, client: Client
    ) -> None:
        client.force_login(rhea)
        assert client.post(f"{PAGE}lift/", {"id": quieted.pk}).status_code == 302
        assert first(raise_for(queue, upstream)).decision == "show"

    def test_that_is_lifted_says_that_what_was_hidden_stays_so_and_how_much_it_is(
        self, quieted: Suppression, queue: Queue, upstream: Scorer, rhea: User, client: Client
    ) -> None:
        found = [raise_for(queue, upstream) for _ in range(30)]
        kept_quiet = [one for one in found if first(one).decision == "hide"]
        raise_again(alert=kept_quiet[0], by=rhea, now=NOON)
        client.force_login(rhea)
        page = client.post(f"{PAGE}lift/", {"id": quieted.pk}, follow=True).content.decode()
        assert "Lifted: acme, until it gets worse" in page
        assert f"{len(kept_quiet) - 1} alerts that it hid stay in the list of hidden alerts" in page
        assert OpenAlert.objects.filter(queue=queue, visible=False).count() == len(kept_quiet) - 1

    def test_that_hid_nothing_is_lifted_with_one_sentence(
        self, quieted: Suppression, rhea: User, client: Client
    ) -> None:
        client.force_login(rhea)
        page = client.post(f"{PAGE}lift/", {"id": quieted.pk}, follow=True).content.decode()
        assert "It no longer hides alerts that come.</p>" in page

    def test_is_never_hidden_from_a_hard_rule(self, quieted: Suppression, queue: Queue, upstream: Scorer) -> None:
        change_policy(queue=queue, now=NOON, hard_rules=[{"name": "leaving", "phrase": "cancel"}])
        found = first(raise_for(queue, upstream, text="I cancel"))
        assert (found.decision, found.rule, found.propensity) == ("show", "leaving", 1.0)

    def test_comes_back_with_a_worse_alert_that_a_hard_rule_shows(
        self, quieted: Suppression, queue: Queue, upstream: Scorer
    ) -> None:
        change_policy(queue=queue, now=NOON, hard_rules=[{"name": "leaving", "phrase": "cancel"}])
        raise_for(queue, upstream, text="I cancel")
        assert not Suppression.objects.filter(ends=quieted).exists()
        worse = raise_for(queue, upstream, text="I cancel", upstream_score=0.76)
        assert (first(worse).decision, first(worse).rule) == ("show", "leaving")
        assert Suppression.objects.get(ends=quieted).alert == worse
        assert first(raise_for(queue, upstream)).decision == "show"

    def test_is_asked_for_from_the_desk_and_the_alert_stays_there(
        self, queue: Queue, upstream: Scorer, rhea: User, client: Client
    ) -> None:
        alert = raise_for(queue, upstream)
        client.force_login(rhea)
        page = client.get(f"/queues/churn/?alert={alert.pk}").content.decode()
        assert f'<form id="quiet-customer" method="post" action="{PAGE}customer/"' in page
        answer = client.post(f"{PAGE}customer/", {"alert": alert.pk, "days": 30}, follow=True)
        assert answer.redirect_chain == [(f"/queues/churn/?alert={alert.pk}", 302)]
        assert "Further alerts of acme stay hidden until one is worse, for at most 30 days" in answer.content.decode()
        assert Suppression.objects.get().created_by == rhea

    @pytest.mark.parametrize(
        ("passed", "said"),
        [
            (timedelta(0), "for at most 30 days"),
            (timedelta(seconds=7), "for at most 30 days"),
            (timedelta(days=28, hours=23), "for at most 2 days"),
            (timedelta(days=29), "for at most 1 day"),
            (timedelta(days=29, hours=23, minutes=59), "for at most 1 hour"),
        ],
    )
    def test_has_as_long_to_go_a_moment_later(self, quieted: Suppression, passed: timedelta, said: str) -> None:
        assert left(quieted, quieted.created_at + passed) == said

    def test_leaves_a_receipt_where_htmx_asks(self, queue: Queue, upstream: Scorer, rhea: User, client: Client) -> None:
        alert = raise_for(queue, upstream)
        client.force_login(rhea)
        answer = client.post(
            f"{PAGE}customer/", {"alert": alert.pk, "days": 30}, headers={"HX-Request": "true"}
        ).content.decode()
        assert answer.strip().startswith('<div class="receipt"><p>Further alerts of acme stay hidden')
        assert "<html" not in answer and f'href="{PAGE}"' in answer

    def test_of_a_blind_alert_says_nothing_of_its_score(self, quieted: Suppression, rhea: User, client: Client) -> None:
        client.force_login(rhea)
        sent = {"alert": quieted.alert_id, "days": 30}
        answer = client.post(f"{PAGE}customer/", sent, headers={"HX-Request": "true"}).content.decode()
        assert "%" not in answer
        assert "worse means a higher tier, a probability of" in in_the_list(client, rhea)
        OpenAlert.objects.filter(alert=quieted.alert).update(blind=True)
        page = in_the_list(client, rhea)
        assert "acme, until it gets worse" in page and "worse means" not in page

    def test_of_a_check_says_nothing_of_its_score_to_whom_it_is_put(
        self, quieted: Suppression, rhea: User, lena: User, client: Client
    ) -> None:
        assert quieted.alert is not None
        check = Check.objects.create(queue=quieted.queue, person=rhea, alert=quieted.alert, certain=True, drawn_at=NOON)
        assert "worse means" not in in_the_list(client, rhea)
        assert "worse means" in in_the_list(client, lena)
        check.delete()
        assert "worse means" in in_the_list(client, rhea)

    def test_is_quiet_once(self, quieted: Suppression, upstream: Scorer, rhea: User) -> None:
        assert quieted.alert is not None
        assert quiet_customer(alert=quieted.alert, days=3, by=rhea, now=NOON) == quieted

    @pytest.mark.django_db(transaction=True)
    def test_is_quiet_once_where_many_ask_at_once(self, queue: Queue, upstream: Scorer, rhea: User) -> None:
        alert = raise_for(queue, upstream)
        made = at_once([lambda: quiet_customer(alert=alert, days=30, by=rhea, now=NOON)] * 8)
        assert len({one.pk for one in made}) == Suppression.objects.count() == 1  # type: ignore[attr-defined]

    def test_of_another_queue_cannot_be_reached(self, quieted: Suppression, mallory: User, client: Client) -> None:
        client.force_login(mallory)
        assert client.post(f"{PAGE}lift/", {"id": quieted.pk}).status_code == 404
        assert client.post("/lead/complaints/quiet/lift/", {"id": quieted.pk}).status_code == 404
        assert not Suppression.objects.filter(ends=quieted).exists()

    def test_is_lifted_by_who_made_it_or_a_lead(
        self, quieted: Suppression, tom: User, lena: User, client: Client
    ) -> None:
        client.force_login(tom)
        assert client.post(f"{PAGE}lift/", {"id": quieted.pk}).status_code == 404
        client.force_login(lena)
        assert client.post(f"{PAGE}lift/", {"id": quieted.pk}).status_code == 302


ABOUT: list[tuple[Callable[[Scorer], About], dict[str, Any]]] = [
    (lambda scorer: About(scorer_id=scorer.pk), {}),
    (lambda scorer: About(scorer_id=scorer.pk, scorer_version="2"), {"scorer_version": "2"}),
    (lambda scorer: About(phrase="发票"), {"text": "我要发票"}),
    (lambda scorer: About(feature="plan", value="pro"), {"features": {"plan": "pro"}}),
    (lambda scorer: About(feature="logins", value="3"), {"features": {"logins": 3.0}}),
    (lambda scorer: About(feature="vip", value="true"), {"features": {"vip": True}}),
    (lambda scorer: About(feature="vip", value="False"), {"features": {"vip": False}}),
]


class TestASuppression:
    @pytest.mark.parametrize(("about", "fits"), ABOUT)
    def test_hides_what_it_names(
        self, queue: Queue, upstream: Scorer, lena: User, about: Callable[[Scorer], About], fits: dict[str, Any]
    ) -> None:
        suppress(queue=queue, about=about(upstream), days=3, by=lena, now=NOON)
        assert first(raise_for(queue, upstream, **fits)).propensity == 0.1

    @pytest.mark.parametrize(("about", "_fits"), ABOUT[1:])
    def test_leaves_alone_what_it_does_not(
        self, queue: Queue, upstream: Scorer, lena: User, about: Callable[[Scorer], About], _fits: dict[str, Any]
    ) -> None:
        suppress(queue=queue, about=about(upstream), days=3, by=lena, now=NOON)
        assert first(raise_for(queue, upstream, features={"plan": "basic"})).decision == "show"

    @pytest.mark.parametrize("days", [0, 181])
    def test_has_an_end(self, queue: Queue, lena: User, days: int) -> None:
        with pytest.raises(SuppressionRefused):
            suppress(queue=queue, about=About(phrase="invoice"), days=days, by=lena, now=NOON)

    @pytest.mark.parametrize("about", [About(feature="plan"), About(phrase="x"), About(phrase="\u200b\u200b\u0301")])
    def test_of_nothing_is_refused(self, queue: Queue, lena: User, about: About) -> None:
        with pytest.raises(SuppressionRefused):
            suppress(queue=queue, about=about, days=3, by=lena, now=NOON)

    def test_never_changes(self, quieted: Suppression) -> None:
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            Suppression.objects.filter(pk=quieted.pk).update(audit_share=1)

    def test_is_lifted_once(self, quieted: Suppression, rhea: User) -> None:
        assert lift(suppression=quieted, by=rhea, now=NOON) == lift(suppression=quieted, by=rhea, now=NOON)

    def test_is_a_leads_to_make(self, queue: Queue, rhea: User, lena: User, client: Client) -> None:
        sent = {"phrase": "invoice", "days": "3", "note": "billing run"}
        client.force_login(rhea)
        assert client.post(f"{PAGE}suppress/", sent).status_code == 404
        client.force_login(lena)
        looked = re.search(r'name="looked_at" value="(\w+)"', client.post(f"{PAGE}suppress/", sent).content.decode())
        assert looked is not None and not Suppression.objects.exists()
        page = client.post(f"{PAGE}suppress/", {**sent, "looked_at": looked[1]}, follow=True).content.decode()
        assert "Suppressed: text with “invoice”; 3 more days." in page and "billing run" in page

    @pytest.mark.parametrize(
        "sent",
        [{}, {"phrase": "invoice", "days": "999"}, {"phrase": "invoice", "feature": "f", "value": "v", "days": "1"}],
    )
    def test_that_cannot_be_read_is_shown_again(
        self, queue: Queue, lena: User, client: Client, sent: dict[str, str]
    ) -> None:
        client.force_login(lena)
        assert client.post(f"{PAGE}suppress/", sent).status_code == 422
        assert Suppression.objects.count() == 0

    def test_costs_intake_no_query_beside_the_policys(
        self, quieted: Suppression, queue: Queue, upstream: Scorer, lena: User
    ) -> None:
        raise_for(queue, upstream)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            raise_for(queue, upstream)
        about_it = [one["sql"] for one in asked.captured_queries if "suppression" in one["sql"]]
        assert len(about_it) == 1
        assert "scoring_policyversion" in about_it[0]


class TestBlindJudging:
    def test_a_new_queue_shows_half_of_its_alerts_without_the_score_once_it_has_learnt(
        self, queue: Queue, upstream: Scorer, rhea: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("scoring.services.intake.BLIND_FROM", 1)
        assert not first(raise_for(queue, upstream)).blind
        factories.judge(raise_for(queue, upstream), rhea)
        blind = [first(raise_for(queue, upstream)).blind for _ in range(60)]
        assert 15 <= sum(blind) <= 45
        assert OpenAlert.objects.filter(blind=True).count() == sum(blind)


class TestHowLongItHasToGo:
    @pytest.mark.parametrize(
        ("hours", "said"),
        [(0.2, "1 more hour"), (22.4, "23 more hours"), (23.4, "1 more day"), (24.1, "2 more days")],
    )
    def test_it_is_rounded_up(self, hours: float, said: str) -> None:
        assert left(Suppression(until=NOON + timedelta(hours=hours)), NOON) == said
