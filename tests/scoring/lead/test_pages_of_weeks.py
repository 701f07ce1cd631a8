"""The pages over HTTP, of a queue with ten weeks behind it: what they say, and at what cost."""

import csv
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from feedback.models import Membership, Queue, Role, Scorer
from scoring.lead.services import catch_up
from scoring.models import Stage
from scoring.services import change_policy
from tests import factories
from tests.scoring.lead.history import NOW, alert_at, judged_at, weeks_ago

TABLES = ("weeks", "said", "calibration", "anchoring", "drift", "learning", "days", "scorers", "people")
Counted = Callable[[int], AbstractContextManager[Any]]


@pytest.fixture(autouse=True)
def _it_is_june(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture(scope="module")
def told(whole_module: None) -> None:
    """Ten weeks in which precision rises, with a policy that hides in the last four; told once."""
    queue = factories.make_queue()
    upstream = factories.make_scorer("voice-llm", queue)
    rhea, tom = (factories.make_person(name, (queue, Role.REP)) for name in ("rhea", "tom"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: NOW)
        for week in range(10):
            for number in range(9):
                moment = weeks_ago(9.9 - week - number / 20)
                accurate = number < (4 if week < 5 else 8)
                judged_at(
                    queue,
                    upstream,
                    (rhea, tom)[number % 2],
                    moment,
                    accurate,
                    probability=0.3 + number / 20,
                    version="2.3",
                )
            if week >= 6:
                judged_at(queue, upstream, rhea, moment, False, probability=0.05, propensity=0.1, decision="audit")
                for _ in range(9):
                    alert_at(queue, upstream, moment, 0.05, 0.1, "hide")
        change_policy(queue=queue, now=NOW, stage=Stage.SUPPRESS)
        catch_up(queue=queue, now=NOW)


@pytest.fixture
def queue(told: None, db: None) -> Queue:
    """The queue with those weeks."""
    return Queue.objects.get(slug="churn")


@pytest.fixture
def history(queue: Queue) -> Queue:
    """Its name where a test is about what it tells."""
    return queue


@pytest.fixture
def upstream(queue: Queue) -> Scorer:
    """Who raised it all."""
    return Scorer.objects.get(name="voice-llm")


@pytest.fixture
def rhea(queue: Queue) -> User:
    """Who judged half of it."""
    return User.objects.get(username="rhea")


class TestQueuePage:
    def test_it_begins_with_a_sentence_that_says_what_it_shows(
        self, history: Queue, lena_reads: Callable[[str], str]
    ) -> None:
        page = lena_reads("/lead/churn/")
        assert "<h1>Churn warning: 80 of 100 shown alerts are real, up from 44 in April</h1>" in page

    def test_the_naive_figure_stands_beside_the_weighted_one(
        self, history: Queue, lena_reads: Callable[[str], str]
    ) -> None:
        page = lena_reads("/lead/churn/")
        assert page.index("naive · 95% interval") < page.index("Real among all raised, hidden ones too")
        assert "with 3 audited" in page

    def test_every_picture_is_an_image_with_a_title_and_its_numbers(
        self, history: Queue, lena_reads: Callable[[str], str]
    ) -> None:
        page = lena_reads("/lead/churn/")
        assert page.count('<svg class="plot"') == page.count("</desc>") == 5
        assert page.count("<details") >= len(TABLES)
        filled = [name for name in TABLES if name != "drift"]  # nothing moved
        assert all(reverse("lead:table", args=["churn", name]) in page for name in filled)
        assert " style=" not in page

    def test_it_says_which_stage_the_policy_is_in_and_what_that_does(
        self, history: Queue, lena_reads: Callable[[str], str]
    ) -> None:
        page = lena_reads("/lead/churn/")
        assert "stage: suppress, policy version 1" in page
        assert "The model hides alerts below 10% and shows 10% of those anyway" in page

    def test_what_is_not_counted_yet_is_said(
        self,
        history: Queue,
        lena_reads: Callable[[str], str],
        monkeypatch: pytest.MonkeyPatch,
        upstream: Scorer,
        rhea: User,
    ) -> None:
        monkeypatch.setattr("scoring.lead.pages.PAGE_ENTRIES", 1)
        for _ in range(3):
            judged_at(history, upstream, rhea, weeks_ago(0.1), accurate=True)
        assert "Not in these figures yet: 2 of the ledger’s entries" in lena_reads("/lead/churn/")

    def test_names_are_shown_in_the_readers_language(self, history: Queue, client: Client, lena: User) -> None:
        client.force_login(lena)
        page = client.get("/lead/churn/", headers={"Accept-Language": "zh-hans"}).content.decode()
        assert "流失预警" in page
        assert "<title>流失预警" in page


class TestOverview:
    def test_it_has_a_line_for_every_queue_of_the_lead(
        self, history: Queue, other_queue: Queue, lena: User, lena_reads: Callable[[str], str]
    ) -> None:
        Membership.objects.create(user=lena, queue=other_queue, role=Role.LEAD)
        page = lena_reads("/lead/")
        assert "<h1>Precision rose in 1 of your 2 queues</h1>" in page
        assert "Complaint warning: none of the alerts" in page

    def test_queues_of_others_are_not_on_it(
        self, history: Queue, other_queue: Queue, lena_reads: Callable[[str], str]
    ) -> None:
        assert "Complaint warning" not in lena_reads("/lead/")


class TestAddresses:
    def test_a_table_is_downloaded_under_its_queues_name(self, history: Queue, lena: User, client: Client) -> None:
        client.force_login(lena)
        response = client.get("/lead/churn/weeks.csv")
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response["Content-Disposition"] == 'attachment; filename="churn-weeks.csv"'
        rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
        assert sum(int(row["judged"]) for row in rows) == 94
        assert sum(int(row["raised"]) for row in rows) == 130


class TestCost:
    """Queries of a page whose figures are up to date, with the four of session, person and sidebar."""

    def read(self, client: Client, address: str, moment: datetime = NOW) -> None:
        assert client.get(address).status_code == 200

    def test_a_queues_page_takes_as_many_queries_whatever_its_size(
        self, history: Queue, lena: User, client: Client, django_assert_num_queries: Counted
    ) -> None:
        client.force_login(lena)
        self.read(client, "/lead/churn/")
        with django_assert_num_queries(23):
            self.read(client, "/lead/churn/")

    def test_the_overview_takes_three_more_for_each_queue(
        self, history: Queue, other_queue: Queue, lena: User, client: Client, django_assert_num_queries: Counted
    ) -> None:
        client.force_login(lena)
        self.read(client, "/lead/")
        with django_assert_num_queries(15):
            self.read(client, "/lead/")
