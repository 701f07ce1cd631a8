"""Search on the desk, through its address: what it finds, in which order, and what it never shows."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from feedback.desk import search
from feedback.desk.query import MOST_CHARACTERS, MOST_WORDS, Query
from feedback.models import Alert, Check, Exposure, OpenAlert, Queue, Scorer, Source, Value
from feedback.selectors import standing_verdict
from feedback.services import retract_verdict
from tests import factories

pytestmark = pytest.mark.django_db

DESK = "/queues/churn/"


@pytest.fixture
def client(rhea: User) -> Client:
    """rhea's browser."""
    client = Client()
    client.force_login(rhea)
    return client


def found(client: Client, query: str) -> list[int]:
    """The alerts that a search lists, in its order."""
    page = client.get(f"{DESK}list/", {"q": query}).content.decode()
    return [int(pk) for pk in re.findall(r'id="row-(\d+)"', page)]


def said(client: Client, query: str) -> str:
    """What the page says of a search, for everybody's ears."""
    page = client.get(DESK, {"q": query}).content.decode()
    status = re.search(r'id="found"[^>]*>(.*?)</p>', page, re.S)
    assert status
    return " ".join(status[1].split())


def judged(alert: Alert, person: User, **fields: Any) -> Alert:
    standing = standing_verdict(alert)
    seen = {"seen": standing.decision_id} if standing else {}
    factories.judge(alert, person, now=timezone.now() - timedelta(days=1), **seen, **fields)
    return alert


class TestQuery:
    def test_is_the_words_once_each(self) -> None:
        assert Query.parse("  angry\tangry  退款\u3000now ") == Query(("angry", "退款", "now"))

    @pytest.mark.parametrize("text", ["", "   ", "\x00", "\u200b\n"])
    def test_without_a_word_is_none(self, text: str) -> None:
        assert Query.parse(text) is None

    def test_has_no_control_character(self) -> None:
        assert Query.parse("a\x00b\x1bc") == Query(("a", "b", "c"))

    def test_is_cut_where_it_is_too_long_and_knows(self) -> None:
        long, many = Query.parse("x" * 5000), Query.parse("a b c d e f g h i j")
        assert long == Query(("x" * MOST_CHARACTERS,), cut=True)
        assert many is not None and many.cut and len(many.words) == MOST_WORDS


class TestFinds:
    @pytest.fixture
    def northwind(self, queue: Queue, upstream: Scorer) -> Alert:
        factories.raise_alert(queue, upstream, "All is well.", external_id="other", customer_id="somebody")
        return factories.raise_alert(
            queue, upstream, "Third outage: 我们要换别家, École 100% off_line",
            external_id="call-4711", customer_id="c-88", customer_name="Northwind 北风",
        )  # fmt: skip

    @pytest.mark.parametrize(
        "query",
        [
            "outage", "OUTAGE", "outa", "换别", "换", "北", "école", "ÉCOLE", "northwind", "C-88", "call-4711", "4711",
            "northwind outage", "outage 北 88", "100%", "off_line",
        ],
    )  # fmt: skip
    def test_an_open_alert_by_customer_id_or_words(self, northwind: Alert, client: Client, query: str) -> None:
        assert found(client, query) == [northwind.pk]

    @pytest.mark.parametrize("query", ["outage well", "zebra", "1000%", "o__age", "%", "out%age", "\\", "'; --"])
    def test_nothing_that_lacks_a_word(self, queue: Queue, upstream: Scorer, client: Client, query: str) -> None:
        factories.raise_alert(queue, upstream, "Third outage")
        assert found(client, query) == []
        assert "Nothing found" in said(client, query)

    def test_a_nul_and_an_endless_query_do_no_harm(self, northwind: Alert, client: Client) -> None:
        assert found(client, "outage\x00") == [northwind.pk]
        assert found(client, "北\x00") == [northwind.pk]
        assert "That was too long: only “xxx" in said(client, "x" * 7000)

    def test_no_word_at_all_is_the_list(self, northwind: Alert, client: Client) -> None:
        assert len(found(client, " \x00 ")) == 2

    def test_exact_ids_first_then_the_most_urgent(self, queue: Queue, upstream: Scorer, client: Client) -> None:
        scores = (("c-8", 0.2), ("c-81", 0.5), ("c-82", 0.9))
        mild, middle, urgent = (
            factories.raise_alert(queue, upstream, customer_id=name, customer_name="", upstream_score=score)
            for name, score in scores
        )
        assert found(client, "c-8") == [mild.pk, urgent.pk, middle.pk]

    def test_no_more_than_a_page_and_says_so(self, queue: Queue, upstream: Scorer, client: Client) -> None:
        for _ in range(31):
            factories.raise_alert(queue, upstream, "Outage")
        assert len(found(client, "outage")) == 30
        assert said(client, "outage").startswith("Open: 30+ ·")
        assert "another word narrows it down" in said(client, "outage")


class TestJudged:
    def test_are_found_after_the_open_ones_with_who_said_what(
        self, queue: Queue, upstream: Scorer, tom: User, client: Client
    ) -> None:
        old, new = (judged(factories.raise_alert(queue, upstream, "Outage"), tom) for _ in range(2))
        waiting = factories.raise_alert(queue, upstream, "Outage")
        assert found(client, "outage") == [waiting.pk, new.pk, old.pk]
        page = client.get(f"{DESK}list/?q=outage").content.decode()
        assert 'class="verdict verdict--accurate">Accurate<' in page
        assert "Tom · 1\xa0day ago" in page

    def test_show_the_verdict_that_stands(self, alert: Alert, tom: User, lena: User, client: Client) -> None:
        judged(alert, tom)
        judged(alert, lena, value=Value.FALSE_POSITIVE, source=Source.LEAD)
        page = client.get(f"{DESK}list/?q=leaving").content.decode()
        assert found(client, "leaving") == [alert.pk]
        assert "verdict--false_positive" in page and "verdict--accurate" not in page

    def test_not_before_the_last_30_days(self, alert: Alert, tom: User, client: Client) -> None:
        factories.judge(alert, tom, now=timezone.now() - timedelta(days=31))
        assert found(client, "leaving") == []

    def test_nor_beyond_so_many_verdicts(
        self, queue: Queue, upstream: Scorer, tom: User, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(search, "MOST_ENTRIES", 1)
        alerts = [factories.raise_alert(queue, upstream, "Outage") for _ in range(3)]
        for days, alert in zip((3, 2, 1), alerts, strict=True):
            factories.judge(alert, tom, now=timezone.now() - timedelta(days=days))
        assert found(client, "outage") == [alerts[2].pk, alerts[1].pk]

    def test_one_that_is_open_again_is_found_once(self, alert: Alert, tom: User, client: Client) -> None:
        entry = factories.judge(alert, tom, now=timezone.now())
        retract_verdict(verdict=entry, judge=tom, decision_id=uuid.uuid4(), now=timezone.now())
        assert found(client, "leaving") == [alert.pk]
        assert said(client, "leaving").endswith(": 0")


class TestKeeps:
    """What a person may not see, a search does not show."""

    @pytest.mark.parametrize("name", ["mallory", "ada"])
    def test_a_queue_to_those_who_work_it(self, alert: Alert, name: str, request: pytest.FixtureRequest) -> None:
        stranger = Client()
        stranger.force_login(request.getfixturevalue(name))
        assert stranger.get(f"{DESK}?q=leaving").status_code == 404
        assert stranger.get(f"{DESK}list/?q=leaving").status_code == 404

    def test_other_queues_to_themselves(
        self, other_queue: Queue, upstream: Scorer, mallory: User, queue: Queue, client: Client
    ) -> None:
        upstream.queues.add(other_queue)
        elsewhere = [
            factories.raise_alert(other_queue, upstream, "Outage", customer_id=f"c-8{n}", external_id=f"o-{n}")
            for n in range(2)
        ]
        judged(elsewhere[0], mallory)
        for query in ("outage", "c-80", "c-81", "o-0", "o-1"):
            assert found(client, query) == []

    @pytest.mark.parametrize("query", ["leaving", "c-hidden", "x-hidden"])
    def test_hidden_alerts_hidden(self, queue: Queue, upstream: Scorer, client: Client, query: str) -> None:
        hidden = factories.raise_alert(queue, upstream, customer_id="c-hidden", external_id="x-hidden")
        OpenAlert.objects.filter(alert=hidden).update(visible=False)
        assert found(client, query) == []

    def test_hidden_alerts_that_only_an_outcome_or_a_lead_judged(
        self, alert: Alert, lena: User, tom: User, client: Client
    ) -> None:
        exposure = Exposure.objects.get(alert=alert)
        exposure.pk, exposure.decision = None, "hide"
        exposure.save()
        judged(alert, lena, source=Source.LEAD)
        assert found(client, "leaving") == []
        judged(alert, tom)
        assert found(client, "leaving") == [alert.pk]

    def test_blind_alerts_blind(self, alert: Alert, client: Client) -> None:
        OpenAlert.objects.filter(alert=alert).update(blind=True)
        shown = re.sub(r"<[^>]+>", "", client.get(f"{DESK}?q=leaving").content.decode())
        assert "%" not in shown
        assert not any(tier in shown for tier in ("Red", "Orange", "Yellow"))

    def test_from_a_check_what_a_colleague_said(
        self, alert: Alert, queue: Queue, tom: User, rhea: User, client: Client
    ) -> None:
        judged(alert, tom)
        Check.objects.create(queue=queue, person=rhea, alert=alert, certain=False, drawn_at=timezone.now())
        assert found(client, "leaving") == []
        judged(alert, rhea, is_check=True)
        assert found(client, "leaving") == [alert.pk]

    def test_markup_as_text(self, alert: Alert, client: Client) -> None:
        page = client.get(DESK, {"q": '"><b>x'}).content.decode()
        assert "<b>x" not in page


class TestAddresses:
    def test_a_page_without_script_has_field_and_results(self, alert: Alert, client: Client) -> None:
        page = client.get(f"{DESK}?view=list&q=Leaving").content.decode()
        assert re.search(r'name="q" value="Leaving"', page)
        assert f'href="{DESK}?alert={alert.pk}&amp;q=Leaving"' in page
        assert 'class="desk desk--list"' in page

    @pytest.mark.parametrize(("before", "header"), [("", "HX-Push-Url"), ("?view=list&q=l", "HX-Replace-Url")])
    def test_what_is_typed_is_one_step_of_the_history(
        self, alert: Alert, client: Client, before: str, header: str
    ) -> None:
        headers = {"HX-Request": "true", "HX-Trigger": "search", "HX-Current-URL": f"http://testserver{DESK}{before}"}
        answer = client.get(f"{DESK}list/?q=leaving&holding={alert.pk}", headers=headers)
        assert answer[header] == f"{DESK}?view=list&alert={alert.pk}&q=leaving"

    def test_a_list_that_renews_itself_leaves_the_address(self, alert: Alert, client: Client) -> None:
        answer = client.get(f"{DESK}list/?q=leaving", headers={"HX-Request": "true"})
        assert not {"HX-Push-Url", "HX-Replace-Url"} & set(answer.headers)

    def test_an_alert_that_was_found_leads_back_to_the_results(self, alert: Alert, client: Client) -> None:
        answer = client.get(f"{DESK}?alert={alert.pk}&q=leaving", headers={"HX-Request": "true"})
        assert answer["HX-Push-Url"] == f"{DESK}?alert={alert.pk}&q=leaving"
        assert f'href="{DESK}?view=list&amp;q=leaving"' in answer.content.decode()


class TestPatience:
    def test_ends_with_a_word_and_what_was_found_by_id(
        self, queue: Queue, upstream: Scorer, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        named = factories.raise_alert(queue, upstream, customer_id="c-88")
        factories.raise_alert(queue, upstream, "c-88 called")
        monkeypatch.setattr(search, "_WORD", "(SELECT pg_sleep(30) IS NULL)")
        monkeypatch.setattr(search, "PATIENCE_MS", 50)
        assert found(client, "c-88") == [named.pk]
        assert "took too long" in said(client, "c-88")
        assert said(client, "called").startswith("The search took too long")


class TestQueries:
    @pytest.mark.parametrize("alerts", [1, 20])
    def test_are_the_same_few_however_much_is_found(
        self,
        queue: Queue,
        upstream: Scorer,
        tom: User,
        alerts: int,
        client: Client,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for _ in range(alerts):
            factories.raise_alert(queue, upstream, "Outage")
            judged(factories.raise_alert(queue, upstream, "Outage"), tom)
        with django_assert_num_queries(23):
            client.get(f"{DESK}list/?q=outage")
