"""Report cards of few alerts, or of none."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from feedback.models import Queue, Scorer, Source, Value
from scoring.cards.selectors import card_of
from scoring.lead.services import FRESH_FOR, catch_up
from scoring.models import FigureStanding
from scoring.services.amending import hold_back
from tests import factories
from tests.scoring.api.conftest import alert, client_of
from tests.scoring.cards.history import raised
from tests.scoring.lead.history import NOW, weeks_ago

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

    def test_a_mind_that_was_changed_leaves_no_reason(
        self, queue: Queue, upstream: Scorer, rhea: User, lena: User
    ) -> None:
        alert = raised(queue, upstream, rhea, False, reason="misread")
        for person, value, source in (
            (rhea, Value.ACCURATE, Source.REP), (lena, Value.FALSE_POSITIVE, Source.LEAD)
        ):  # fmt: skip
            seen = alert.entries.latest("position").decision_id
            factories.judge(alert, person, value, source=source, seen=seen, now=NOW)
        catch_up(queue=queue, now=NOW)
        card = card_of(queue=queue, scorer_id=upstream.pk, version=None, now=NOW)
        assert card is not None
        assert card.reasons == [("", 1)]

    def test_a_judge_who_is_held_back_gives_none(self, queue: Queue, upstream: Scorer, rhea: User, tom: User) -> None:
        alert = raised(queue, upstream, rhea, False, reason="misread")
        seen = alert.entries.get().decision_id
        factories.judge(alert, tom, Value.FALSE_POSITIVE, reason="handled", seen=seen, now=NOW)
        hold_back(queue=queue, since=1, until=None, judge=tom, note="", by=None, now=NOW)
        catch_up(queue=queue, now=NOW)
        card = card_of(queue=queue, scorer_id=upstream.pk, version=None, now=NOW)
        assert card is not None
        assert card.reasons == [("misread", 1)]


class TestTheApi:
    def test_of_a_scorer_that_raised_nothing_is_not_found(self, queue: Queue, upstream: Scorer) -> None:
        assert client_of(upstream).get("report-card").status_code == 404

    def test_answers_before_the_first_alert_is_counted(self, queue: Queue, upstream: Scorer) -> None:
        raised(queue, upstream, None, True, scorer_version="7")
        body = client_of(upstream).get("report-card").json()
        assert (body["counted"], body["card"]["version"], body["card"]["alerts"]) == (False, "7", 0)
        assert body["card"]["precision"]["value"] is None
        catch_up(queue=queue, now=NOW)
        body = client_of(upstream).get("report-card").json()
        assert (body["counted"], body["card"]["version"], body["card"]["alerts"]) == (True, "7", 1)

    def test_knows_a_new_version_beside_the_counted_ones(self, queue: Queue, upstream: Scorer) -> None:
        raised(queue, upstream, None, True, scorer_version="7")
        catch_up(queue=queue, now=NOW)
        raised(queue, upstream, None, True, scorer_version="8", weeks=0.0)
        body = client_of(upstream).get("report-card", version="8").json()
        assert [one["version"] for one in body["versions"]] == ["8", "7"]
        assert (body["counted"], body["change"]) == (False, None)
        assert client_of(upstream).get("report-card", version="9").status_code == 404

    def test_answers_with_a_new_version_before_it_is_counted(self, queue: Queue, upstream: Scorer) -> None:
        raised(queue, upstream, None, True, scorer_version="7")
        catch_up(queue=queue, now=NOW)
        raised(queue, upstream, None, True, scorer_version="8", weeks=0.0)
        body = client_of(upstream).get("report-card").json()
        assert (body["counted"], body["card"]["version"], body["card"]["alerts"]) == (False, "8", 0)
        assert [one["version"] for one in body["versions"]] == ["8", "7"]
        catch_up(queue=queue, now=NOW + FRESH_FOR)
        body = client_of(upstream).get("report-card").json()
        assert (body["counted"], body["card"]["version"], body["card"]["alerts"]) == (True, "8", 1)

    def test_a_new_version_is_counted_when_the_page_says_so(self, queue: Queue, upstream: Scorer) -> None:
        raised(queue, upstream, None, True, scorer_version="7")
        catch_up(queue=queue, now=NOW)
        raised(queue, upstream, None, True, scorer_version="8", weeks=0.0)
        for seconds, counted in ((59, False), (75, True)):
            catch_up(queue=queue, now=NOW + timedelta(seconds=seconds))
            assert client_of(upstream).get("report-card").json()["counted"] is counted

    def test_of_a_counted_version_compares_with_a_counted_one(self, queue: Queue, upstream: Scorer, rhea: User) -> None:
        for version in ("1", "3"):
            raised(queue, upstream, rhea, True, scorer_version=version, weeks=0.0)
        catch_up(queue=queue, now=NOW)
        raised(queue, upstream, None, True, scorer_version="2", weeks=0.0)
        body = client_of(upstream).get("report-card", version="3").json()
        assert [one["version"] for one in body["versions"]] == ["3", "2", "1"]
        assert (body["counted"], body["change"]["version"]) == (True, "1")

    def test_counts_by_the_time_of_receipt(self, queue: Queue, upstream: Scorer) -> None:
        posted = alert(raised_at=weeks_ago(40.0).isoformat())
        assert client_of(upstream).post("alerts", posted).status_code == 201
        catch_up(queue=queue, now=NOW)
        assert client_of(upstream).get("report-card").json()["card"]["alerts"] == 1

    def test_of_a_scorer_that_raised_nothing_of_late_is_not_found(self, queue: Queue, upstream: Scorer) -> None:
        raised(queue, upstream, None, True, weeks=30.0)
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

    def test_a_card_that_nobody_has_counted_says_so(
        self, queue: Queue, upstream: Scorer, lena: User, client: Client, settings: LazySettings
    ) -> None:
        settings.COUNT_EVERY_SECONDS = 20
        catch_up(queue=queue, now=NOW)
        raised(queue, upstream, None, True, weeks=0.0)
        FigureStanding.objects.update(counted_at=NOW)
        client.force_login(lena)
        page = client.get(CARD).content.decode()
        assert "voice-llm: nothing counted yet, the figures follow within some 80 seconds" in page
        assert page.count("not known yet: nothing has been counted") == 2

    def test_one_alert_is_one(self, queue: Queue, upstream: Scorer, rhea: User, lena: User, client: Client) -> None:
        raised(queue, upstream, rhea, True)
        client.force_login(lena)
        page = client.get(CARD).content.decode()
        assert "voice-llm: 1 alert, too few judged" in page and "Looked into: the one judged alert." in page

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
