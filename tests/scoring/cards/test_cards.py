"""Report cards, on screen and in the API: what they say, and to whom."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from feedback.models import Alert, FeatureName, Queue, Role, Scorer
from scoring.cards import selectors
from scoring.cards.selectors import card_of, versions_of
from scoring.lead.services import catch_up
from tests import factories
from tests.scoring.api.conftest import ApiClient, client_of
from tests.scoring.cards.history import raised, two_versions
from tests.scoring.lead.history import NOW

Counted = Callable[[int], AbstractContextManager[Any]]


@pytest.fixture(autouse=True)
def _it_is_june(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture(scope="module")
def told(whole_module: None) -> None:
    """160 alerts, told once for all the tests here."""
    queue = factories.make_queue()
    rhea, upstream = factories.make_person("rhea", (queue, Role.REP)), factories.make_scorer("voice-llm", queue)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: NOW)
        two_versions(queue, upstream, rhea)
        catch_up(queue=queue, now=NOW)


@pytest.fixture
def queue(told: None, db: None) -> Queue:
    """The queue of the history."""
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
    """Who judged it all."""
    return User.objects.get(username="rhea")


class TestTheCard:
    def test_precision_counts_what_was_hidden_and_stands_beside_the_naive_figure(
        self, history: Queue, upstream: Scorer
    ) -> None:
        card = card_of(queue=history, scorer_id=upstream.pk, version="2", now=NOW)
        assert card is not None
        assert card.version.naive.value == pytest.approx(40 / 84)
        assert card.version.precision.value == pytest.approx(0.4)

    def test_it_is_compared_with_the_version_before(self, history: Queue, upstream: Scorer) -> None:
        card = card_of(queue=history, scorer_id=upstream.pk, version=None, now=NOW)
        assert card is not None and card.previous is not None and card.change is not None
        assert (card.version.version, card.previous.version) == ("2", "1")
        assert card.change.low < -0.1 < card.change.high
        first = card_of(queue=history, scorer_id=upstream.pk, version="1", now=NOW)
        assert first is not None
        assert (first.previous, first.change) == (None, None)

    def test_it_says_where_it_is_wrong(self, history: Queue, upstream: Scorer) -> None:
        card = card_of(queue=history, scorer_id=upstream.pk, version="2", now=NOW)
        assert card is not None
        assert [(one.feature, one.value) for one in card.segments] == [("plan", "trial")]
        assert card.wordings[0].phrase == "发票抬头写错"
        assert card.reasons[0] == ("misread", 30)

    def test_its_clearest_false_positives_are_ten_false_ones(self, history: Queue, upstream: Scorer) -> None:
        card = card_of(queue=history, scorer_id=upstream.pk, version="2", now=NOW)
        assert card is not None
        assert len(card.examples) == 10
        false = set(Alert.objects.filter(entries__value="false_positive").values_list("external_id", flat=True))
        assert {one.external_id for one in card.examples} <= false
        assert any("发票" in str(reason.value) for one in card.examples for reason in one.reasons)
        assert all(reason.contribution < 0 for one in card.examples for reason in one.reasons)

    def test_it_looks_no_further_than_its_window(
        self, history: Queue, upstream: Scorer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(selectors, "NEWEST", 30)
        card = card_of(queue=history, scorer_id=upstream.pk, version="2", now=NOW)
        assert card is not None
        assert card.looked_into == 30

    def test_a_card_takes_as_many_queries_whatever_its_size(
        self, history: Queue, upstream: Scorer, django_assert_max_num_queries: Counted
    ) -> None:
        card_of(queue=history, scorer_id=upstream.pk, version="2", now=NOW)
        with django_assert_max_num_queries(9):
            card_of(queue=history, scorer_id=upstream.pk, version="2", now=NOW)

    def test_versions_stand_newest_first(self, history: Queue) -> None:
        assert [one.version for one in versions_of(history.pk, NOW)] == ["2", "1"]


class TestTheApi:
    def test_answers_a_scorer_with_its_newest_card(self, history: Queue, upstream: Scorer) -> None:
        body = client_of(upstream).get("report-card").json()
        assert (body["queue"], body["scorer"], body["card"]["version"]) == ("churn", "voice-llm", "2")
        assert body["card"]["precision"]["low"] < 0.4 < body["card"]["precision"]["high"]
        assert body["change"]["version"] == "1"
        assert len(body["clearest_false_positives"]) == 10
        assert body["reliability"]["n"] == 84

    def test_gives_the_version_that_is_asked_for(self, history: Queue, upstream: Scorer) -> None:
        body = client_of(upstream).get("report-card", version="1", queue="churn").json()
        assert (body["card"]["version"], body["card"]["alerts"]) == ("1", 60)

    def test_tells_a_scorer_of_its_own_alerts_only(self, history: Queue, upstream: Scorer, rhea: User) -> None:
        rules = factories.make_scorer("keyword-rules", history)
        raised(history, rules, rhea, False, text="发票抬头写错")
        catch_up(queue=history, now=NOW)
        body = client_of(rules).get("report-card").json()
        assert (body["card"]["alerts"], len(body["versions"])) == (1, 1)
        assert "bad-" not in str(body)

    def test_names_no_person(self, history: Queue, upstream: Scorer) -> None:
        assert b"rhea" not in client_of(upstream).get("report-card").content.lower()

    def test_knows_no_queue_of_others(self, history: Queue, stranger: ApiClient) -> None:
        assert stranger.get("report-card", queue="churn").status_code == 403

    @pytest.mark.parametrize(
        ("query", "status"), [({"version": "9"}, 404), ({"version": "x" * 41}, 422), ({"a": "1"}, 422)]
    )
    def test_refuses_what_is_not_there(
        self, history: Queue, upstream: Scorer, query: dict[str, str], status: int
    ) -> None:
        assert client_of(upstream).get("report-card", **query).status_code == status


@pytest.fixture
def stranger(other_queue: Queue) -> ApiClient:
    """The client of a scorer that was given another queue."""
    return client_of(factories.make_scorer("keyword-rules", other_queue))


CARDS, CARD = "/lead/churn/scorers/", "/lead/churn/scorers/voice-llm/"


class TestThePages:
    def test_the_list_has_every_version_with_both_figures(self, history: Queue, lena: User, client: Client) -> None:
        client.force_login(lena)
        page = client.get(CARDS).content.decode()
        assert page.count("naive: among shown") == page.count("Real among all raised") == 2
        assert f"{CARD}?version=2" in page

    def test_a_card_says_what_is_wrong_in_sentences(self, history: Queue, lena: User, client: Client) -> None:
        client.force_login(lena)
        page = client.get(CARD).content.decode()
        assert "voice-llm 2: 40 of 100 alerts are real" in page
        assert "It is wrong most often where plan is trial: 0% real" in page
        assert "The reason given most often: text misread, 30 of 30 times" in page
        assert "Its 10 clearest false positives" in page

    def test_a_card_says_why_it_looks_into_another_number_than_it_counts(
        self, history: Queue, upstream: Scorer, rhea: User, lena: User, client: Client
    ) -> None:
        client.force_login(lena)
        assert "Looked into: all 84 judged alerts." in client.get(CARD).content.decode()
        raised(history, upstream, rhea, True, scorer_version="2", weeks=30)
        catch_up(queue=history, now=NOW)
        said = client.get(CARD).content.decode()
        assert "the newest 85 judged alerts (1,000 at most), of any age; the 84 in the figure" in said

    @pytest.mark.parametrize(("language", "named"), [("en", "Tariff"), ("zh-hans", "套餐")])
    def test_a_feature_is_called_as_the_queue_calls_it(
        self, history: Queue, lena: User, client: Client, language: str, named: str
    ) -> None:
        FeatureName.objects.create(queue=history, feature="plan", name="Tariff", name_zh="套餐")
        client.force_login(lena)
        page = client.get(CARD, headers={"accept-language": language}).content.decode()
        assert f'<th scope="row" title="plan">{named}</th>' in page
        assert not re.search(r"\bplan\b", re.sub(r"<[^>]*>", " ", page))

    @pytest.mark.parametrize(("language", "named"), [("en", "Test customers"), ("zh-hans", "试用客户")])
    def test_so_is_a_value(self, history: Queue, lena: User, client: Client, language: str, named: str) -> None:
        FeatureName.objects.create(
            queue=history, feature="plan", value="trial", name="Test customers", name_zh="试用客户"
        )
        client.force_login(lena)
        text = re.sub(r"<[^>]*>", " ", client.get(CARD, headers={"accept-language": language}).content.decode())
        assert text.count(named) == 2 and "trial" not in text

    def test_a_version_has_an_address(self, history: Queue, lena: User, client: Client) -> None:
        client.force_login(lena)
        assert "voice-llm 1: 50 of 100" in client.get(CARD, {"version": "1"}).content.decode()
        assert client.get(CARD, {"version": "7"}).status_code == 404

    @pytest.mark.parametrize("address", [CARDS, CARD])
    @pytest.mark.parametrize("name", ["rhea", "ada", "mallory"])
    def test_for_others_than_the_lead_they_do_not_exist(
        self, history: Queue, ada: User, mallory: User, client: Client, address: str, name: str
    ) -> None:
        client.force_login(User.objects.get(username=name))
        assert client.get(address).status_code == 404

    @pytest.mark.parametrize("scorer", ["nobody", "keyword-rules"])
    def test_a_scorer_of_another_queue_has_no_card_here(
        self, history: Queue, stranger: ApiClient, lena: User, client: Client, scorer: str
    ) -> None:
        client.force_login(lena)
        assert client.get(f"/lead/churn/scorers/{scorer}/").status_code == 404
