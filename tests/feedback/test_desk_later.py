"""An alert that is left for later: passed over for an hour, with what was typed about it."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from feedback.desk.later import MOST, Later
from feedback.models import Alert, LedgerEntry, Queue, Scorer
from tests import factories
from tests.factories import NOON
from tests.feedback.test_desk import at_desk, decide

DESK = "/queues/churn/"


@pytest.fixture
def three(queue: Queue, upstream: Scorer) -> list[Alert]:
    """Three open alerts, the most urgent first."""
    return [factories.raise_alert(queue, upstream, upstream_score=score) for score in (0.9, 0.5, 0.1)]


@pytest.fixture
def client(rhea: User) -> Client:
    return at_desk(rhea)


def leave(client: Client, alert: Alert, **fields: Any) -> str:
    """The page after an alert was left for later, as a plain form leads to it."""
    page: str = client.post(f"/alerts/{alert.pk}/later/", fields, follow=True).content.decode()
    return page


def on_desk(page: str, alert: Alert) -> bool:
    return f'data-alert="{alert.pk}"' in page


class TestThePage:
    def test_brings_the_next_alert_and_says_when_this_one_comes_again(self, client: Client, three: list[Alert]) -> None:
        page = leave(client, three[0])
        assert on_desk(page, three[1])
        assert f"{three[0].customer} · Put off: it comes again in an hour, or when nothing else waits." in page
        assert not LedgerEntry.objects.exists()

    def test_does_not_begin_with_it_when_it_is_opened_anew(self, client: Client, three: list[Alert]) -> None:
        leave(client, three[0])
        assert on_desk(client.get(DESK).content.decode(), three[1])

    def test_lists_it_all_the_same(self, client: Client, three: list[Alert]) -> None:
        leave(client, three[0])
        assert f'id="row-{three[0].pk}"' in client.get(f"{DESK}list/").content.decode()

    def test_passes_over_it_after_a_verdict_too_until_nothing_else_waits(
        self, client: Client, three: list[Alert]
    ) -> None:
        leave(client, three[0])
        assert f"alert={three[2].pk}" in decide(client, three[1])["Location"]
        decide(client, three[2])
        assert on_desk(client.get(DESK).content.decode(), three[0])

    def test_says_that_nothing_else_waits_where_it_comes_at_once(self, client: Client, alert: Alert) -> None:
        page = leave(client, alert)
        assert on_desk(page, alert)
        assert f"Here again: {alert.customer}. Nothing else waits." in page

    @pytest.mark.parametrize("name", ["back", "put_off"])
    @pytest.mark.parametrize("odd", ["x", "²", "9" * 5_000])
    def test_is_the_desk_where_the_address_names_no_alert(
        self, client: Client, three: list[Alert], name: str, odd: str
    ) -> None:
        assert on_desk(client.get(DESK, {name: odd}).content.decode(), three[0])

    def test_leads_back_to_it(self, client: Client, three: list[Alert]) -> None:
        page = leave(client, three[0])
        assert f'href="{DESK}?back={three[0].pk}"' in page
        back = client.get(f"{DESK}?back={three[0].pk}").content.decode()
        assert on_desk(back, three[0]) and f"Here again: {three[0].customer}." in back
        assert on_desk(client.get(DESK).content.decode(), three[0])

    def test_brought_back_the_undo_is_of_the_last_verdict_again(self, client: Client, three: list[Alert]) -> None:
        decide(client, three[0])
        leave(client, three[1])
        back = client.get(f"{DESK}?back={three[1].pk}").content.decode()
        assert f'action="/verdicts/{LedgerEntry.objects.get().decision_id}/undo/"' in back

    def test_keeps_what_was_typed_until_the_verdict(self, client: Client, three: list[Alert]) -> None:
        leave(client, three[0], note="ask <Ann>", reason="handled")
        page = client.get(f"{DESK}?alert={three[0].pk}").content.decode()
        assert "ask &lt;Ann&gt;</textarea>" in page
        assert 'value="handled" checked' in page
        decide(client, three[0], note="ask <Ann>")
        assert "ask &lt;Ann&gt;</textarea>" not in client.get(f"{DESK}?alert={three[0].pk}").content.decode()

    def test_is_a_part_for_htmx(self, client: Client, three: list[Alert]) -> None:
        page = client.post(f"/alerts/{three[0].pk}/later/", headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in page and on_desk(page, three[1])
        assert '<div id="receipt" hx-swap-oob="innerHTML">' in page and "Put off: it comes again" in page

    def test_shows_a_note_that_is_too_long_again(self, client: Client, three: list[Alert]) -> None:
        answer = client.post(f"/alerts/{three[0].pk}/later/", {"note": "n" * 2001})
        assert answer.status_code == 422 and "n" * 2001 in answer.content.decode()

    def test_says_nothing_of_an_alert_that_was_judged_meanwhile(
        self, client: Client, three: list[Alert], tom: User
    ) -> None:
        factories.judge(three[0], tom)
        page = leave(client, three[0])
        assert on_desk(page, three[1]) and "Put off" not in page

    def test_is_ones_own(self, three: list[Alert], client: Client, mallory: User) -> None:
        assert at_desk(mallory).post(f"/alerts/{three[0].pk}/later/").status_code == 404
        assert at_desk(mallory).get(f"{DESK}?back={three[0].pk}").status_code == 404

    @pytest.mark.parametrize("named", ["put_off=7", "back=x", "back=", "put_off=%C2%B2", "back=9999999999999999999999"])
    def test_of_an_address_that_names_nothing_is_the_plain_desk_or_none(
        self, client: Client, three: list[Alert], named: str
    ) -> None:
        answer = client.get(f"{DESK}?{named}")
        assert answer.status_code in (200, 404) and b"Put off" not in answer.content


class TestWhatIsKept:
    def test_for_an_hour(self) -> None:
        session: dict[str, Any] = {}
        Later(session, NOON).put_off(7, {"note": "n", "reason": ""})
        soon, over = (Later(session, NOON + timedelta(minutes=minutes)) for minutes in (59, 60))
        assert (soon.alert_ids, soon.typed(7)["note"]) == ([7], "n")
        assert (over.alert_ids, over.typed(7)["note"]) == ([], "")

    def test_the_newest_fifty(self) -> None:
        session: dict[str, Any] = {}
        for alert_id in [*range(MOST + 5), 10]:
            Later(session, NOON).put_off(alert_id, {})
        assert Later(session, NOON).alert_ids == [*range(5, 10), *range(11, MOST + 5), 10]

    def test_nothing_in_a_session_that_put_nothing_off(self) -> None:
        session: dict[str, Any] = {}
        later = Later(session, NOON)
        later.bring_back(7), later.forget(7)
        assert session == {}

    def test_what_was_typed_of_one_that_was_brought_back(self) -> None:
        later = Later({}, NOON)
        later.put_off(7, {"note": "n", "reason": ""})
        later.bring_back(7)
        assert (later.alert_ids, later.typed(7)["note"]) == ([], "n")


class TestSentTwice:
    def test_is_put_off_once(self, client: Client, three: list[Alert]) -> None:
        for _ in range(2):
            leave(client, three[0], decision_id=uuid.uuid4())
        assert list(client.session["put_off"]) == [str(three[0].pk)]
