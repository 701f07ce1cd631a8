"""The rep's desk, through its addresses, as plain forms: no script, no htmx."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from feedback.models import Alert, LedgerEntry, OpenAlert, Queue, Role, Scorer
from feedback.services import retract_verdict
from scoring.services import change_policy
from tests import factories

pytestmark = pytest.mark.django_db


def at_desk(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def hidden(page: str, name: str) -> str:
    """The value of the verdict form's hidden field."""
    form = page[page.index("verdict-bar__form") :]
    found = re.search(rf'name="{name}" value="([^"]*)"', form)
    assert found, f"no field {name}"
    return found[1]


def decide(client: Client, alert: Alert, value: str = "accurate", **fields: Any) -> Any:
    data = {"value": value, "decision_id": uuid.uuid4(), **fields}
    return client.post(f"/alerts/{alert.pk}/verdict/", data)


class TestHome:
    @pytest.mark.parametrize(
        ("role", "address"), [(Role.REP, "/queues/churn/"), (Role.LABELER, "/label/"), (Role.LEAD, "/lead/")]
    )
    def test_everybody_is_led_to_their_work(self, queue: Queue, role: Role, address: str) -> None:
        person = factories.make_person("someone", (queue, role))
        assert at_desk(person).get("/")["Location"] == address

    def test_who_belongs_nowhere_is_told_what_to_do(self, db: None) -> None:
        page = at_desk(factories.make_person("nobody")).get("/")
        assert "You are not in a queue yet" in page.content.decode()

    def test_a_visitor_is_asked_to_log_in_and_comes_back(self, queue: Queue) -> None:
        assert Client().get("/queues/churn/")["Location"] == "/login/?next=/queues/churn/"


class TestWhoMaySee:
    ADDRESSES = ("/queues/churn/", "/queues/churn/list/", "/queues/churn/fresh/", "/queues/churn/judged/")

    @pytest.mark.parametrize("address", ADDRESSES)
    @pytest.mark.parametrize("name", ["mallory", "ada"])
    def test_a_queue_that_is_not_ones_to_work_does_not_exist(
        self, alert: Alert, address: str, name: str, request: pytest.FixtureRequest
    ) -> None:
        assert at_desk(request.getfixturevalue(name)).get(address).status_code == 404

    @pytest.mark.parametrize("name", ["mallory", "ada"])
    def test_nor_can_its_alerts_be_judged(self, alert: Alert, name: str, request: pytest.FixtureRequest) -> None:
        assert decide(at_desk(request.getfixturevalue(name)), alert).status_code == 404
        assert not LedgerEntry.objects.exists()

    def test_nor_its_alerts_be_shown_on_the_desk_of_another_queue(
        self, alert: Alert, other_queue: Queue, mallory: User
    ) -> None:
        assert at_desk(mallory).get(f"/queues/complaints/?alert={alert.pk}").status_code == 404

    def test_nor_its_verdicts_be_undone_or_their_receipts_read(self, alert: Alert, rhea: User, mallory: User) -> None:
        entry = factories.judge(alert, rhea)
        client = at_desk(mallory)
        assert client.get(f"/verdicts/{entry.decision_id}/receipt/").status_code == 404
        assert client.post(f"/verdicts/{entry.decision_id}/undo/").status_code == 404
        assert LedgerEntry.objects.count() == 1

    def test_a_lead_of_the_queue_may_work_it(self, alert: Alert, lena: User) -> None:
        assert at_desk(lena).get("/queues/churn/").status_code == 200


class TestTheDesk:
    def test_shows_the_most_urgent_alert_with_the_customers_words_and_why(self, alert: Alert, rhea: User) -> None:
        page = at_desk(rhea).get("/queues/churn/").content.decode()
        assert f"{alert.customer} may leave" in page
        assert (
            re.sub("<[^>]+>|\\[for\\] |\\[against\\] ", "", page).count("We are thinking of leaving.") == 2
        )  # list and words
        assert "Why" in page

    def test_speaks_the_readers_language(self, alert: Alert, rhea: User) -> None:
        client = at_desk(rhea)
        client.cookies["django_language"] = "zh-hans"
        assert f"{alert.customer} 可能要流失" in client.get("/queues/churn/").content.decode()

    def test_escapes_what_customers_write(self, queue: Queue, upstream: Scorer, rhea: User) -> None:
        factories.raise_alert(queue, upstream, "<script>alert(1)</script>", customer_name="<b>Bobby</b>")
        page = at_desk(rhea).get("/queues/churn/").content.decode()
        assert "<script>alert" not in page
        assert "<b>Bobby" not in page

    def test_lists_the_most_urgent_first(self, queue: Queue, upstream: Scorer, rhea: User) -> None:
        mild, urgent = (factories.raise_alert(queue, upstream, upstream_score=score) for score in (0.2, 0.9))
        page = at_desk(rhea).get("/queues/churn/").content.decode()
        assert page.index(f"row-{urgent.pk}") < page.index(f"row-{mild.pk}")

    def test_names_the_hard_rule_that_gives_an_alert_its_tier(self, queue: Queue, upstream: Scorer, rhea: User) -> None:
        rule = {"name": "says it is leaving", "phrase": "cancel", "tier": "red"}
        change_policy(queue=queue, now=factories.NOON, stage="rank", hard_rules=[rule])
        factories.raise_alert(queue, upstream, "I want to cancel")
        page = at_desk(rhea).get("/queues/churn/").content.decode()
        assert "The rule “says it is leaving” gives it its tier" in page
        OpenAlert.objects.update(blind=True)
        assert "says it is leaving" not in at_desk(rhea).get("/queues/churn/").content.decode()

    def test_shows_an_audited_alert_without_any_opinion_of_the_model(self, alert: Alert, rhea: User) -> None:
        OpenAlert.objects.filter(alert=alert).update(blind=True)
        page = at_desk(rhea).get("/queues/churn/").content.decode()
        assert "judged without the model" in page
        shown = re.sub(r"<[^>]+>", "", page)
        assert "%" not in shown
        assert not any(tier in shown for tier in ("Red", "Orange", "Yellow"))
        assert "<mark" not in page

    def test_shows_of_an_audited_alert_nothing_that_others_said(self, alert: Alert, rhea: User, tom: User) -> None:
        said = factories.judge(alert, tom)
        retract_verdict(verdict=said, judge=tom, decision_id=uuid.uuid4(), now=factories.NOON)
        assert ">History<" in at_desk(rhea).get("/queues/churn/").content.decode()
        OpenAlert.objects.filter(alert=alert).update(blind=True)
        assert ">History<" not in at_desk(rhea).get("/queues/churn/").content.decode()

    def test_names_the_sheet_with_the_rest_of_a_verdict(self, alert: Alert, rhea: User) -> None:
        page = at_desk(rhea).get("/queues/churn/").content.decode()
        assert re.search(r'id="verdict-more"[^>]*role="group" aria-labelledby="verdict-more-title"', page)
        assert '<h2 id="verdict-more-title" class="verdict-more__title">More about this alert</h2>' in page

    def test_has_the_language_two_taps_away_on_a_phone(self, alert: Alert, rhea: User) -> None:
        page = at_desk(rhea).get("/queues/churn/").content.decode()
        top, sidebar = page[page.index('class="alert__top"') :], page[page.index('id="sidebar"') :]
        assert 'popovertarget="sidebar"' in top[: top.index("</div>")]
        assert sidebar.index('name="language"') < sidebar.index("<details>")

    def test_does_not_show_what_the_policy_hides(self, alert: Alert, rhea: User) -> None:
        OpenAlert.objects.filter(alert=alert).update(visible=False)
        assert "The queue is clear" in at_desk(rhea).get("/queues/churn/").content.decode()

    def test_says_that_a_clear_queue_is_clear(self, queue: Queue, rhea: User) -> None:
        assert "The queue is clear" in at_desk(rhea).get("/queues/churn/").content.decode()

    def test_an_address_that_makes_no_sense_shows_the_most_urgent(self, alert: Alert, rhea: User) -> None:
        page = at_desk(rhea).get("/queues/churn/?alert=x&past=:&after=nan:3&receipt=zzz")
        assert page.status_code == 200
        assert f"{alert.customer} may leave" in page.content.decode()

    def test_has_no_style_or_script_that_the_content_policy_would_refuse(self, alert: Alert, rhea: User) -> None:
        page = at_desk(rhea).get("/queues/churn/").content.decode()
        assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|hx-on|javascript:", page)


class TestPaging:
    @pytest.fixture
    def many(self, queue: Queue, upstream: Scorer) -> list[int]:
        """65 alerts, of which many are equally urgent; their ids in the order of the list."""
        for number in range(65):
            factories.raise_alert(queue, upstream, upstream_score=(number % 3) / 4)
        return list(OpenAlert.objects.order_by("-urgency", "-alert").values_list("alert_id", flat=True))

    def test_pages_neither_repeat_nor_skip_a_row(self, many: list[int], rhea: User) -> None:
        client, seen, address = at_desk(rhea), [], "/queues/churn/list/"
        while address:
            page = client.get(address).content.decode()
            seen += [int(pk) for pk in re.findall(r'id="row-(\d+)"', page)]
            following = re.search(r'rel="next" href="[^"]*after=([^"&]+)"', page)
            address = f"/queues/churn/list/?after={following[1]}" if following else ""
        assert seen == many

    def test_later_leads_through_every_alert_and_then_begins_again(self, many: list[int], rhea: User) -> None:
        client, past, seen = at_desk(rhea), "", []
        for _ in range(66):
            page = client.get(f"/queues/churn/?past={past}").content.decode()
            past = hidden(page, "past")
            seen.append(int(past.split(":")[1]))
        assert seen == [*many, many[0]]


class TestColleagues:
    @pytest.fixture
    def two(self, queue: Queue, upstream: Scorer) -> list[Alert]:
        """Two open alerts, the more urgent first."""
        return [factories.raise_alert(queue, upstream, upstream_score=score) for score in (0.9, 0.5)]

    def test_who_work_the_same_queue_are_given_different_alerts(self, two: list[Alert], rhea: User, tom: User) -> None:
        pages = [at_desk(person).get("/queues/churn/").content.decode() for person in (rhea, tom)]
        assert [f'data-alert="{alert.pk}"' in page for alert, page in zip(two, pages, strict=True)] == [True, True]

    def test_are_named_in_the_list(self, two: list[Alert], rhea: User, tom: User) -> None:
        at_desk(rhea).get("/queues/churn/")
        assert "with Rhea" in at_desk(tom).get("/queues/churn/list/").content.decode()
        assert "with Rhea" not in at_desk(rhea).get("/queues/churn/list/").content.decode()

    def test_are_named_on_an_alert_that_one_opens_all_the_same(self, two: list[Alert], rhea: User, tom: User) -> None:
        at_desk(rhea).get("/queues/churn/")
        page = at_desk(tom).get(f"/queues/churn/?alert={two[0].pk}").content.decode()
        assert "Rhea has this alert open too" in page

    def test_leave_nothing_to_do_when_they_have_all_that_is_open(self, alert: Alert, rhea: User, tom: User) -> None:
        at_desk(rhea).get("/queues/churn/")
        assert "on your colleagues’ desks" in at_desk(tom).get("/queues/churn/").content.decode()

    def test_keep_an_alert_while_their_page_is_open(self, alert: Alert, rhea: User) -> None:
        soon = timezone.now() + timedelta(seconds=5)
        OpenAlert.objects.filter(alert=alert).update(held_by=rhea, held_until=soon)
        at_desk(rhea).get(f"/queues/churn/fresh/?since={alert.pk}&shown=0&holding={alert.pk}")
        assert OpenAlert.objects.get(alert=alert).held_until > soon

    def test_cannot_hold_what_is_not_theirs_to_see(self, alert: Alert, other_queue: Queue, mallory: User) -> None:
        at_desk(mallory).get(f"/queues/complaints/fresh/?since=0&shown=0&holding={alert.pk}")
        at_desk(mallory).get(f"/queues/complaints/?alert={alert.pk}")
        assert OpenAlert.objects.get(alert=alert).held_by is None


class TestQueries:
    """However many alerts there are, a page asks the database the same few questions."""

    DESK, VERDICT = 14, 22  # of the 22: 9 in the ledger's transaction, 4 for the model to learn it

    @pytest.mark.parametrize("alerts", [1, 40])
    def test_of_the_desk(
        self,
        queue: Queue,
        upstream: Scorer,
        rhea: User,
        alerts: int,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for _ in range(alerts):
            factories.raise_alert(queue, upstream)
        client = at_desk(rhea)
        client.get("/queues/churn/")  # the process gets its replica of the model
        with django_assert_max_num_queries(self.DESK):
            client.get("/queues/churn/")

    @pytest.mark.parametrize("alerts", [2, 40])
    def test_of_a_verdict_and_its_next_alert(
        self,
        queue: Queue,
        upstream: Scorer,
        rhea: User,
        alerts: int,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        first, *_ = [factories.raise_alert(queue, upstream) for _ in range(alerts)]
        client = at_desk(rhea)
        client.get("/queues/churn/")
        with django_assert_max_num_queries(self.VERDICT):
            answer = client.post(
                f"/alerts/{first.pk}/verdict/",
                {"value": "accurate", "decision_id": uuid.uuid4()},
                HTTP_HX_REQUEST="true",
            )
        assert answer.status_code == 200
