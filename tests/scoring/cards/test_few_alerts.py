"""Report cards of few alerts, or of none."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from feedback.models import Queue, Scorer, Value
from scoring.cards.selectors import card_of
from scoring.lead.services import catch_up
from tests import factories
from tests.scoring.api.conftest import client_of
from tests.scoring.cards.history import raised
from tests.scoring.lead.history import NOW

CARDS, CARD = "/lead/churn/scorers/", "/lead/churn/scorers/voice-llm/"


@pytest.fixture(autouse=True)
def _it_is_june(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


class TestTheCard:
    def test_a_verdict_taken_back_leaves_no_reason(self, queue: Queue, upstream: Scorer, rhea: User) -> None:
        alert = raised(queue, upstream, rhea, False, reason="misread")
        seen = alert.entries.get().decision_id
        factories.judge(alert, rhea, Value.FALSE_POSITIVE, reason="handled", seen=seen, now=NOW)
        catch_up(queue=queue, now=NOW)
        card = card_of(queue=queue, scorer_id=upstream.pk, version=None, now=NOW)
        assert card is not None
        assert card.reasons == [("handled", 1)]


class TestTheApi:
    def test_of_a_scorer_that_raised_nothing_is_not_found(self, queue: Queue, upstream: Scorer) -> None:
        assert client_of(upstream).get("report-card").status_code == 404


class TestThePages:
    def test_say_why_a_figure_is_not_known(
        self, queue: Queue, upstream: Scorer, rhea: User, lena: User, client: Client
    ) -> None:
        client.force_login(lena)
        raised(queue, upstream, None, True)
        catch_up(queue=queue, now=NOW)
        assert client.get(CARD).content.decode().count("not known yet: none has been judged") == 2
        raised(queue, upstream, rhea, True)
        raised(queue, upstream, None, False, decision="hide", propensity=0.1)
        catch_up(queue=queue, now=NOW)
        for address in (CARD, CARDS):
            assert "some were hidden, and no audit of such has been judged" in client.get(address).content.decode()

    def test_hostile_words_are_escaped(
        self, queue: Queue, upstream: Scorer, rhea: User, lena: User, client: Client
    ) -> None:
        for _ in range(12):
            raised(queue, upstream, rhea, False, scorer_version="<b>", text="<script>alert(1)</script>",
                   external_id=f"<i>{_}", features={"<u>": "<s>"})  # fmt: skip
        client.force_login(lena)
        page = client.get(CARD, {"version": "<b>"}).content.decode()
        assert "&lt;i&gt;3" in page
        assert not any(tag in page for tag in ("<script>alert", "<i>3", "<u>", "<s>", "<b>"))

    def test_a_queue_without_alerts_says_so(self, queue: Queue, lena: User, client: Client) -> None:
        client.force_login(lena)
        assert "No alerts yet" in client.get(CARDS).content.decode()
