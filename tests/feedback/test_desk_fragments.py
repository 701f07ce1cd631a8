"""What the desk answers to htmx: parts of the page, and only those."""

import json
import re
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from feedback.models import Alert, LedgerEntry, OpenAlert, Queue, Scorer
from scoring.services import learn
from tests import factories

pytestmark = pytest.mark.django_db
LATER = factories.NOON


@pytest.fixture
def htmx(rhea: User) -> Client:
    """rhea's browser, once htmx has taken over."""
    client = Client(headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/queues/churn/?alert=7"})
    client.force_login(rhea)
    return client


def decide(client: Client, alert: Alert, value: str = "accurate", **fields: Any) -> Any:
    return client.post(f"/alerts/{alert.pk}/verdict/", {"value": value, "decision_id": uuid.uuid4(), **fields})


class TestVerdictReply:
    def test_brings_the_next_alert_its_form_the_receipt_and_takes_the_row_away(
        self, queue: Queue, upstream: Scorer, htmx: Client
    ) -> None:
        first, second = (factories.raise_alert(queue, upstream, upstream_score=score) for score in (0.9, 0.5))
        answer = decide(htmx, first)
        page = answer.content.decode()
        assert page.lstrip().startswith(f'<article id="alert" class="alert" data-alert="{second.pk}"')
        assert f'action="/alerts/{second.pk}/verdict/"' in page
        assert f'data-judged="{first.pk}"' in page
        assert f"Accurate · {first.customer} · " in page
        assert answer["HX-Push-Url"] == f"/queues/churn/?alert={second.pk}"

    def test_sends_nothing_out_of_band_that_the_page_may_have_no_place_for(
        self, queue: Queue, upstream: Scorer, rhea: User, htmx: Client
    ) -> None:
        alerts = [factories.raise_alert(queue, upstream) for _ in range(2)]
        whole = Client()
        whole.force_login(rhea)
        page = whole.get("/queues/churn/").content.decode()
        reply = decide(htmx, alerts[0]).content.decode()
        sent = re.findall(r'id="([^"]+)"[^>]*hx-swap-oob', reply)
        assert sent == ["verdict-bar", "receipt", "count-churn"]
        assert all(f'id="{place}"' in page for place in sent)

    def test_has_no_page_around_it(self, alert: Alert, htmx: Client) -> None:
        assert "<html" not in decide(htmx, alert).content.decode()

    def test_of_the_last_alert_says_that_the_queue_is_clear(self, alert: Alert, htmx: Client) -> None:
        page = decide(htmx, alert).content.decode()
        assert "The queue is clear" in page
        assert '<div id="verdict-bar" hx-swap-oob="true"></div>' in page

    def test_of_a_refusal_keeps_the_alert_on_screen(self, alert: Alert, htmx: Client, tom: User) -> None:
        factories.judge(alert, tom)
        answer = decide(htmx, alert, "false_positive", note="typed with care")
        assert answer.status_code == 409
        assert f'data-alert="{alert.pk}"' in answer.content.decode()
        assert "typed with care" in answer.content.decode()

    def test_of_an_undo_shows_the_alert_again_and_has_the_list_fetched(
        self, alert: Alert, rhea: User, htmx: Client
    ) -> None:
        entry = factories.judge(alert, rhea)
        answer = htmx.post(f"/verdicts/{entry.decision_id}/undo/", {"decision_id": uuid.uuid4()})
        assert f'data-alert="{alert.pk}"' in answer.content.decode()
        assert "list-stale" in json.loads(answer["HX-Trigger-After-Settle"])


class TestRowClick:
    def test_brings_the_alert_alone_and_an_address_to_come_back_to(self, alert: Alert, htmx: Client) -> None:
        answer = htmx.get(f"/queues/churn/?alert={alert.pk}")
        assert "<html" not in answer.content.decode()
        assert answer["HX-Push-Url"] == f"/queues/churn/?alert={alert.pk}"

    def test_coming_back_through_history_brings_the_whole_page(self, alert: Alert, htmx: Client) -> None:
        page = htmx.get(
            f"/queues/churn/?alert={alert.pk}", headers={"HX-History-Restore-Request": "true"}
        ).content.decode()
        assert "<html" in page

    def test_caches_keep_parts_and_pages_apart(self, alert: Alert, htmx: Client) -> None:
        answer = htmx.get("/queues/churn/")
        assert "HX-Request" in answer["Vary"]
        assert "no-store" in answer["Cache-Control"]


class TestFresh:
    def test_is_silent_while_nothing_arrived(self, alert: Alert, htmx: Client) -> None:
        assert htmx.get(f"/queues/churn/fresh/?since={alert.pk}&shown=0").status_code == 204

    def test_counts_what_arrived_since_the_page_was_made(
        self, alert: Alert, queue: Queue, upstream: Scorer, htmx: Client
    ) -> None:
        for _ in range(3):
            factories.raise_alert(queue, upstream)
        answer = htmx.get(f"/queues/churn/fresh/?since={alert.pk}&shown=0").content.decode()
        assert "3 new alerts" in answer
        assert f"since={alert.pk}&amp;shown=3" in answer

    def test_says_nothing_twice(self, alert: Alert, queue: Queue, upstream: Scorer, htmx: Client) -> None:
        factories.raise_alert(queue, upstream)
        assert htmx.get(f"/queues/churn/fresh/?since={alert.pk}&shown=1").status_code == 204

    def test_does_not_count_what_the_policy_hides(
        self, alert: Alert, queue: Queue, upstream: Scorer, htmx: Client
    ) -> None:
        hidden = factories.raise_alert(queue, upstream)
        OpenAlert.objects.filter(alert=hidden).update(visible=False)
        assert htmx.get(f"/queues/churn/fresh/?since={alert.pk}&shown=0").status_code == 204

    def test_the_list_that_is_fetched_then_begins_counting_anew(
        self, alert: Alert, queue: Queue, upstream: Scorer, htmx: Client
    ) -> None:
        newer = factories.raise_alert(queue, upstream)
        page = htmx.get("/queues/churn/list/").content.decode()
        assert f'id="row-{newer.pk}"' in page
        assert f"fresh/?since={newer.pk}&amp;shown=0" in page


class TestReceipt:
    def receipt(self, client: Client, entry: LedgerEntry, asked: str = "1") -> str:
        return client.get(f"/verdicts/{entry.decision_id}/receipt/?asked={asked}").content.decode()

    def test_asks_again_until_the_open_alerts_are_re_ranked(self, alert: Alert, rhea: User, htmx: Client) -> None:
        text = self.receipt(htmx, factories.judge(alert, rhea))
        assert "asked=2" in text
        assert "re-ranking" in text

    def test_says_how_many_open_alerts_moved(
        self, alert: Alert, queue: Queue, upstream: Scorer, rhea: User, htmx: Client
    ) -> None:
        for _ in range(3):
            factories.raise_alert(queue, upstream)
        entry = factories.judge(alert, rhea)
        learn(queue_id=queue.pk, now=LATER)
        text = self.receipt(htmx, entry)
        assert "3 open alerts moved" in text
        assert "hx-get" not in text

    @pytest.mark.parametrize("asked", ["20", "999", "x", "-1", "²", "9" * 5_000])
    def test_gives_up_asking_but_says_that_the_verdict_is_saved(
        self, alert: Alert, rhea: User, htmx: Client, asked: str
    ) -> None:
        text = self.receipt(htmx, factories.judge(alert, rhea), asked)
        assert "saved" in text
        assert "hx-get" not in text


class TestLoggedOut:
    def test_a_part_of_a_page_says_so_where_it_is_and_leads_nobody_away(self, alert: Alert, htmx: Client) -> None:
        htmx.logout()
        answer = decide(htmx, alert)
        assert (answer.status_code, answer.content, "HX-Redirect" in answer) == (401, b"", False)
        assert not LedgerEntry.objects.exists()

    @pytest.mark.parametrize(
        ("referer", "back"),
        [
            ("http://testserver/queues/churn/?alert=7", "/queues/churn/%3Falert%3D7"),
            ("https://elsewhere.example/queues/churn/", "/"),
            ("", "/"),
        ],
    )
    def test_a_form_without_script_leads_back_to_its_page_and_says_that_nothing_was_saved(
        self, alert: Alert, referer: str, back: str
    ) -> None:
        client = Client()
        answer = client.post(f"/alerts/{alert.pk}/verdict/", {"value": "accurate"}, headers={"referer": referer})
        assert answer["Location"] == f"/login/?next={back}"
        assert "what you pressed last was not saved" in client.get("/login/").content.decode()
        assert not LedgerEntry.objects.exists()
