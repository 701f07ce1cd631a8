"""The list of hidden alerts: what it says, and raising one again."""

import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from feedback.models import Alert, Exposure, OpenAlert, Queue, Scorer
from feedback.services import raise_again
from scoring.evidence import history_of
from scoring.services import change_policy
from tests import factories
from tests.factories import NOON
from tests.scoring.policylab.test_quiet import PAGE, first, in_the_list, raise_for


@pytest.fixture(autouse=True)
def _it_is_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOON)


class TestTheList:
    @pytest.mark.parametrize("role", ["lena", "rhea"])
    def test_shows_what_is_hidden_and_why(
        self, hides: Queue, upstream: Scorer, client: Client, lena: User, rhea: User, role: str
    ) -> None:
        raise_for(hides, upstream, "acme")
        page = in_the_list(client, {"lena": lena, "rhea": rhea}[role])
        assert "acme" in page
        assert re.search(r"(\d+)% on arrival, below the 100% of version 1 · \1% now", page)

    def test_writes_a_probability_so_that_it_differs_from_the_threshold(
        self, hides: Queue, upstream: Scorer, client: Client, lena: User
    ) -> None:
        alert = raise_for(hides, upstream, "acme")
        change_policy(queue=hides, now=NOON, hide_below=first(alert).probability + 0.00004)
        raise_for(hides, upstream, "beta")
        said = re.search(r"([\d.]+)% on arrival, below the ([\d.]+)% of version 2", in_the_list(client, lena))
        assert said is not None and 0 < float(said[2]) - float(said[1]) < 0.02

    def test_marks_what_the_policy_would_show_today(
        self, hides: Queue, upstream: Scorer, client: Client, lena: User
    ) -> None:
        risen, low = raise_for(hides, upstream, "risen"), raise_for(hides, upstream, "low")
        change_policy(queue=hides, now=NOON, hide_below=0.7)
        assert ">would be shown today<" not in in_the_list(client, lena)
        OpenAlert.objects.filter(alert=risen).update(probability=0.71)
        page = client.get(PAGE).content.decode()
        assert page.count(">would be shown today<") == 1
        assert page.index(f"alert={low.pk}") < page.index("71% now") < page.index(">would be shown today<")

    def test_asks_no_query_an_alert(self, hides: Queue, upstream: Scorer, client: Client, lena: User) -> None:
        def asked() -> int:
            with CaptureQueriesContext(connection) as queries:
                in_the_list(client, lena)
            return len(queries)

        raise_for(hides, upstream)
        asked()
        before = asked()
        for n in range(3):
            raise_for(hides, upstream, f"c{n}")
        assert asked() == before

    def test_says_that_the_newest_comes_first_and_keeps_to_it(
        self, hides: Queue, upstream: Scorer, client: Client, lena: User
    ) -> None:
        early, late = (raise_for(hides, upstream, f"c{n}", upstream_score=0.9 - n / 2) for n in range(2))
        page = in_the_list(client, lena)
        assert page.index("Newest first") < page.index(f"alert={late.pk}") < page.index(f"alert={early.pk}")

    def test_shows_the_time_that_it_is_ordered_by(
        self, hides: Queue, upstream: Scorer, client: Client, lena: User
    ) -> None:
        alert = raise_for(hides, upstream, raised_at=NOON)
        came = Alert.objects.get(pk=alert.pk).received_at
        assert f'<time datetime="{timezone.localtime(came).isoformat()}">' in in_the_list(client, lena)

    def test_is_in_the_menu_of_its_queue(self, hides: Queue, client: Client, rhea: User) -> None:
        client.force_login(rhea)
        assert f'<a href="{PAGE}">Hidden alerts</a>' in client.get(f"/queues/{hides.slug}/").content.decode()
        assert f'<a href="{PAGE}" aria-current="page">Hidden alerts</a>' in in_the_list(client, rhea)

    def test_leaves_out_what_is_shown(self, hides: Queue, upstream: Scorer, client: Client, lena: User) -> None:
        raise_for(hides, upstream, "ruled", text="I cancel")
        assert "No open alert is hidden" in in_the_list(client, lena)

    def test_goes_on_where_a_page_ended(
        self, hides: Queue, upstream: Scorer, client: Client, lena: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("scoring.policylab.hidden.PAGE_ROWS", 2)
        alerts = [raise_for(hides, upstream, f"c{n}-") for n in range(3)]
        assert f"?before={alerts[1].pk}" in in_the_list(client, lena)
        page = client.get(f"{PAGE}?before={alerts[1].pk}").content.decode()
        assert ("c0-" in page, "c1-" in page, "c2-" in page) == (True, False, False)

    @pytest.mark.parametrize("name", ["ada", "mallory"])
    def test_does_not_exist_for_others(self, hides: Queue, ada: User, mallory: User, client: Client, name: str) -> None:
        client.force_login(User.objects.get(username=name))
        assert client.get(PAGE).status_code == 404

    @pytest.mark.parametrize("before", ["", "x", "-1", "9" * 30])
    def test_begins_at_the_top_where_the_place_cannot_be_read(
        self, hides: Queue, lena: User, client: Client, before: str
    ) -> None:
        client.force_login(lena)
        assert client.get(f"{PAGE}?before={before}").status_code == 200


class TestRaisingAgain:
    def test_puts_a_hidden_alert_on_the_desk_where_it_can_be_judged(
        self, hides: Queue, upstream: Scorer, rhea: User, client: Client
    ) -> None:
        alert = raise_for(hides, upstream)
        client.force_login(rhea)
        response = client.post(f"{PAGE}again/", {"id": alert.pk})
        assert response["Location"] == f"/queues/churn/?alert={alert.pk}"
        assert OpenAlert.objects.get(alert=alert).visible
        assert factories.judge(alert, rhea).position == 1

    def test_appends_an_exposure_that_says_by_whom(self, hides: Queue, upstream: Scorer, rhea: User) -> None:
        alert = raise_for(hides, upstream)
        assert raise_again(alert=alert, by=rhea, now=NOON)
        last = Exposure.objects.filter(alert=alert).latest("pk")
        assert (last.decision, last.propensity, last.cause, last.raised_by) == ("show", 1.0, "again", rhea)
        assert first(alert).decision == "hide"

    def test_is_no_draw_so_its_verdict_stands_for_no_other(self, hides: Queue, upstream: Scorer, rhea: User) -> None:
        alert = raise_for(hides, upstream)
        raise_again(alert=alert, by=rhea, now=NOON)
        factories.judge(alert, rhea)
        evidence = history_of(hides.pk).evidence
        assert (len(evidence), evidence.sampled.tolist(), evidence.shown.tolist()) == (1, [False], [False])

    def test_again_changes_nothing(self, hides: Queue, upstream: Scorer, rhea: User) -> None:
        alert = raise_for(hides, upstream)
        assert [raise_again(alert=alert, by=rhea, now=NOON) for _ in range(2)] == [True, False]
        assert Exposure.objects.filter(alert=alert).count() == 2

    @pytest.mark.parametrize("name", ["ada", "mallory"])
    def test_is_for_reps_and_leads_of_the_queue(
        self, hides: Queue, upstream: Scorer, ada: User, mallory: User, client: Client, name: str
    ) -> None:
        alert = raise_for(hides, upstream)
        client.force_login(User.objects.get(username=name))
        assert client.post(f"{PAGE}again/", {"id": alert.pk}).status_code == 404
        assert not OpenAlert.objects.get(alert=alert).visible

    @pytest.mark.parametrize("sent", [{}, {"id": "x"}, {"id": "9" * 30}, {"id": "77"}])
    def test_of_what_is_not_there_is_not_found(
        self, hides: Queue, rhea: User, client: Client, sent: dict[str, str]
    ) -> None:
        client.force_login(rhea)
        assert client.post(f"{PAGE}again/", sent).status_code == 404

    def test_leaves_a_lead_with_the_list_where_they_were(
        self, hides: Queue, upstream: Scorer, lena: User, client: Client
    ) -> None:
        alert = raise_for(hides, upstream)
        client.force_login(lena)
        response = client.post(f"{PAGE}again/", {"id": alert.pk, "before": alert.pk + 1}, follow=True)
        assert response.redirect_chain == [(f"{PAGE}?before={alert.pk + 1}", 302)]
        assert "1 alert is back in the queue." in response.content.decode()


class TestRaisingMany:
    def test_raises_what_a_lead_ticked(self, hides: Queue, upstream: Scorer, lena: User, client: Client) -> None:
        alerts = [raise_for(hides, upstream) for _ in range(3)]
        client.force_login(lena)
        sent = {"which": "ticked", "id": [alerts[0].pk, alerts[2].pk]}
        page = client.post(f"{PAGE}raise/", sent, follow=True).content.decode()
        assert "2 alerts are back in the queue." in page
        assert [OpenAlert.objects.get(alert=one).visible for one in alerts] == [True, False, True]
        assert Exposure.objects.filter(cause="again", raised_by=lena).count() == 2

    def test_again_says_that_none_was_hidden(self, hides: Queue, upstream: Scorer, lena: User, client: Client) -> None:
        sent = {"which": "ticked", "id": raise_for(hides, upstream).pk}
        client.force_login(lena)
        pages = [client.post(f"{PAGE}raise/", sent, follow=True).content.decode() for _ in range(2)]
        assert "1 alert is back" in pages[0] and "0 alerts are back" in pages[1]

    def test_raises_all_that_todays_policy_would_show_and_no_other(
        self, hides: Queue, upstream: Scorer, lena: User, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("scoring.policylab.hidden.PAGE_ROWS", 1)
        risen, low, high = (raise_for(hides, upstream) for _ in range(3))
        change_policy(queue=hides, now=NOON, hide_below=0.7)
        OpenAlert.objects.filter(alert__in=[risen, high]).update(probability=0.71)
        client.force_login(lena)
        page = client.post(f"{PAGE}raise/", {"which": "today"}, follow=True).content.decode()
        assert "2 alerts are back in the queue.<" in page
        assert OpenAlert.objects.get(visible=False).alert == low

    def test_is_bounded_and_says_that_there_may_be_more(
        self, hides: Queue, upstream: Scorer, lena: User, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("scoring.policylab.raising.MOST", 2)
        alerts = [raise_for(hides, upstream) for _ in range(3)]
        change_policy(queue=hides, now=NOON, stage="rank")
        client.force_login(lena)
        assert client.post(f"{PAGE}raise/", {"id": [one.pk for one in alerts]}).status_code == 404
        page = client.post(f"{PAGE}raise/", {"which": "today"}, follow=True).content.decode()
        assert "2 alerts are back in the queue. There may be more." in page

    @pytest.mark.parametrize(
        ("which", "said"),
        [("ticked", "No alert was ticked."), ("today", "No hidden alert would be shown today.")],
    )
    def test_of_nothing_says_so(self, hides: Queue, lena: User, client: Client, which: str, said: str) -> None:
        client.force_login(lena)
        assert said in client.post(f"{PAGE}raise/", {"which": which}, follow=True).content.decode()

    def test_raises_none_where_one_is_another_queues(
        self, hides: Queue, other_queue: Queue, upstream: Scorer, lena: User, client: Client
    ) -> None:
        upstream.queues.add(other_queue)
        mine, theirs = raise_for(hides, upstream), raise_for(other_queue, upstream)
        client.force_login(lena)
        assert client.post(f"{PAGE}raise/", {"id": [mine.pk, theirs.pk]}).status_code == 404
        assert not OpenAlert.objects.get(alert=mine).visible

    @pytest.mark.parametrize("name", ["rhea", "ada", "mallory"])
    def test_is_a_leads(
        self, hides: Queue, upstream: Scorer, rhea: User, ada: User, mallory: User, client: Client, name: str
    ) -> None:
        alert = raise_for(hides, upstream)
        client.force_login(User.objects.get(username=name))
        assert "raise-many" not in client.get(PAGE).content.decode()
        assert client.post(f"{PAGE}raise/", {"which": "ticked", "id": alert.pk}).status_code == 404
        assert not OpenAlert.objects.get(alert=alert).visible
