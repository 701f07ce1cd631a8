"""The pages over HTTP: what they say, to whom, and at what cost."""

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

from feedback.models import Membership, Queue, Role, Scorer, Value
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


@pytest.fixture
def history(queue: Queue, upstream: Scorer, rhea: User, tom: User) -> Queue:
    """Ten weeks in which precision rises, with a policy that hides in the last four of them."""
    for week in range(10):
        for number in range(9):
            moment = weeks_ago(9.9 - week - number / 20)
            accurate = number < (4 if week < 5 else 8)
            judged_at(
                queue, upstream, (rhea, tom)[number % 2], moment, accurate, probability=0.3 + number / 20, version="2.3"
            )
        if week >= 6:
            judged_at(queue, upstream, rhea, moment, False, probability=0.05, propensity=0.1, decision="audit")
            for _ in range(9):
                alert_at(queue, upstream, moment, 0.05, 0.1, "hide")
    change_policy(queue=queue, stage=Stage.SUPPRESS)
    catch_up(queue=queue, now=NOW)
    return queue


@pytest.fixture
def lena_reads(client: Client, lena: User) -> Callable[[str], str]:
    """What lena sees at an address."""
    client.force_login(lena)

    def read(address: str) -> str:
        response = client.get(address)
        assert response.status_code == 200, response
        return response.content.decode()

    return read


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

    def test_a_new_queue_explains_what_it_does_not_know(self, queue: Queue, lena_reads: Callable[[str], str]) -> None:
        page = lena_reads("/lead/churn/")
        assert "none of the alerts of the last four weeks has been judged yet" in page
        assert "Not known: no alert arrived" in page

    def test_the_next_request_shows_a_verdict_without_any_worker(
        self, queue: Queue, upstream: Scorer, rhea: User, lena_reads: Callable[[str], str]
    ) -> None:
        assert "Nobody has judged" in lena_reads("/lead/churn/")
        judged_at(queue, upstream, rhea, weeks_ago(0.1), accurate=True)
        assert "1 of 1 judged alerts are real, too few to say more" in lena_reads("/lead/churn/")

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
        assert "Still counting: 2 ledger entries" in lena_reads("/lead/churn/")

    def test_names_are_shown_in_the_readers_language(self, history: Queue, client: Client, lena: User) -> None:
        client.force_login(lena)
        page = client.get("/lead/churn/", headers={"Accept-Language": "zh-hans"}).content.decode()
        assert "流失预警" in page
        assert "<title>流失预警" in page

    def test_a_scorers_name_is_escaped(self, queue: Queue, rhea: User, lena_reads: Callable[[str], str]) -> None:
        scorer = factories.make_scorer("<script>alert(1)</script>", queue)
        judged_at(queue, scorer, rhea, weeks_ago(1), accurate=True, version="<b>")
        page = lena_reads("/lead/churn/")
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)" in page


class TestPeople:
    def test_each_persons_verdicts_retractions_and_pace_are_counted(
        self, queue: Queue, upstream: Scorer, rhea: User, lena_reads: Callable[[str], str]
    ) -> None:
        for seconds in (0, 20, 50):
            alert = alert_at(queue, upstream, weeks_ago(1))
            factories.judge(alert, rhea, Value.ACCURATE, now=NOW.replace(hour=9, minute=0, second=seconds))
        table = list(csv.DictReader(io.StringIO(lena_reads("/lead/churn/people.csv").removeprefix("\ufeff"))))
        assert [(row["person"], row["verdicts"], row["retractions"], row["median_seconds"]) for row in table] == [
            ("Rhea", "3", "0", "25.0")
        ]


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

    def test_who_leads_nothing_is_told_so(self, queue: Queue, client: Client, rhea: User) -> None:
        client.force_login(rhea)
        page = client.get("/lead/").content.decode()
        assert "No queue to lead" in page
        assert "Churn warning:" not in page


ADDRESSES = ["/lead/churn/", *(f"/lead/churn/{name}.csv" for name in TABLES)]


@pytest.mark.parametrize("address", ADDRESSES)
class TestWhoMayRead:
    def test_the_lead_may(self, queue: Queue, lena_reads: Callable[[str], str], address: str) -> None:
        assert lena_reads(address)

    @pytest.mark.parametrize("name", ["rhea", "ada", "mallory"])
    def test_for_others_the_queue_does_not_exist(
        self, queue: Queue, rhea: User, ada: User, mallory: User, client: Client, address: str, name: str
    ) -> None:
        client.force_login(User.objects.get(username=name))
        assert client.get(address).status_code == 404

    def test_a_visitor_is_asked_to_log_in(self, queue: Queue, client: Client, address: str) -> None:
        response = client.get(address)
        assert (response.status_code, response["Location"]) == (302, f"/login/?next={address}")

    def test_nothing_can_be_posted(self, queue: Queue, lena: User, client: Client, address: str) -> None:
        client.force_login(lena)
        assert client.post(address).status_code == 405


class TestAddresses:
    @pytest.mark.parametrize("address", ["/lead/nothing/", "/lead/churn/nothing.csv", "/lead/nothing/weeks.csv"])
    def test_what_is_not_there_is_not_found(self, queue: Queue, lena: User, client: Client, address: str) -> None:
        client.force_login(lena)
        assert client.get(address).status_code == 404

    def test_a_table_is_downloaded_under_its_queues_name(self, history: Queue, lena: User, client: Client) -> None:
        client.force_login(lena)
        response = client.get("/lead/churn/weeks.csv")
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response["Content-Disposition"] == 'attachment; filename="churn-weeks.csv"'
        rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
        assert sum(int(row["judged"]) for row in rows) == 94
        assert sum(int(row["raised"]) for row in rows) == 130

    def test_pages_are_kept_in_no_shared_cache(self, queue: Queue, lena: User, client: Client) -> None:
        client.force_login(lena)
        assert "private" in client.get("/lead/churn/")["Cache-Control"]


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
