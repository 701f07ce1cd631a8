"""Reading an alert back, and following the verdicts."""

import uuid
from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from feedback.models import Alert, Queue, Value
from feedback.services import retract_verdict
from scoring.api import history
from scoring.services.quieting import About, suppress
from tests.factories import NOON, judge, make_scorer, raise_alert
from tests.scoring.api.conftest import ApiClient, alert, client_of


@pytest.fixture
def posted(api: ApiClient) -> Alert:
    """An alert that came through the API."""
    api.post("alerts", alert())
    return Alert.objects.select_related("queue", "scorer").get()


class TestAnAlert:
    def test_is_read_back_with_its_exposure(self, api: ApiClient, posted: Alert) -> None:
        body = api.get("alerts/t-1").json()
        assert (body["text"], body["open"], body["label"], body["verdicts"]) == ("I want to cancel.", True, None, [])
        (exposure,) = body["exposures"]
        assert (exposure["decision"], exposure["propensity"], exposure["position"]) == ("show", 1.0, 0)

    def test_names_the_suppression_that_it_fell_under_and_nobody(
        self, api: ApiClient, queue: Queue, lena: User
    ) -> None:
        made = suppress(queue=queue, about=About(phrase="cancel"), days=3, by=lena, now=timezone.now(), note="billing")
        assert api.post("alerts", alert()).json()["propensity"] == made.audit_share
        answer = api.get("alerts/t-1")
        (exposure,) = answer.json()["exposures"]
        ends = exposure["suppression"].pop("until")
        assert exposure["suppression"] == {"id": made.pk, "scope": "phrase"}
        assert datetime.fromisoformat(ends) == made.until
        assert b"lena" not in answer.content.lower() and b"billing" not in answer.content

    def test_that_nobody_kept_quiet_names_no_suppression(self, api: ApiClient, posted: Alert) -> None:
        (exposure,) = api.get("alerts/t-1").json()["exposures"]
        assert exposure["suppression"] is None

    def test_is_read_back_with_its_verdicts_and_nobodys_name(self, api: ApiClient, posted: Alert, rhea: User) -> None:
        judge(posted, rhea, Value.FALSE_POSITIVE, reason="misread", note="rhea thinks so")
        answer = api.get("alerts/t-1")
        (verdict,) = answer.json()["verdicts"]
        assert (verdict["value"], verdict["source"], verdict["reason"]) == ("false_positive", "rep", "misread")
        assert answer.json()["label"] == "false_positive" and not answer.json()["open"]
        assert b"rhea" not in answer.content

    def test_tells_what_a_retraction_took_back(self, api: ApiClient, posted: Alert, rhea: User) -> None:
        entry = judge(posted, rhea)
        retract_verdict(verdict=entry, judge=rhea, decision_id=uuid.uuid4(), now=NOON)
        verdict, retraction = api.get("alerts/t-1").json()["verdicts"]
        assert (verdict["kind"], verdict["retracts"]) == ("verdict", None)
        assert (retraction["kind"], retraction["value"], retraction["retracts"]) == ("retraction", None, 1)

    def test_may_have_any_printable_id(self, api: ApiClient) -> None:
        api.post("alerts", alert(external_id="票/7?a=1#é %2F"))
        answer = api.get("alerts/%E7%A5%A8%2F7%3Fa=1%23%C3%A9%20%252F")
        assert answer.json()["external_id"] == "票/7?a=1#é %2F"

    def test_of_another_scorer_is_not_found(self, stranger: ApiClient, posted: Alert) -> None:
        answer = stranger.get("alerts/t-1")
        assert answer.status_code == 404
        assert answer.json()["detail"] == stranger.get("alerts/t-0").json()["detail"].replace("t-0", "t-1")

    def test_whose_id_cannot_be_is_not_found(self, api: ApiClient) -> None:
        assert api.get("alerts/%00").status_code == api.get("alerts/%FF").status_code == 404


class TestTheVerdicts:
    def test_are_followed_with_a_cursor(self, api: ApiClient, posted: Alert, rhea: User, tom: User) -> None:
        judge(posted, rhea)
        first = api.get("verdicts", after=0).json()
        assert [one["position"] for one in first["verdicts"]] == [1] and (first["next"], first["more"]) == (1, False)
        assert api.get("verdicts", after=first["next"]).json()["verdicts"] == []
        judge(posted, tom, Value.UNSURE, seen=posted.entries.get().decision_id)
        assert [one["value"] for one in api.get("verdicts", after=1).json()["verdicts"]] == ["unsure"]

    def test_come_in_pages_without_gap_or_repetition(self, api: ApiClient, rhea: User) -> None:
        api.post("alerts/batch", [alert(external_id=f"t-{n}") for n in range(7)])
        for one in Alert.objects.order_by("pk"):
            judge(one, rhea)
        seen, page = [], {"next": 0, "more": True}
        while page["more"]:
            page = api.get("verdicts", after=page["next"], limit=3).json()
            seen += [one["external_id"] for one in page["verdicts"]]
        assert seen == [f"t-{n}" for n in range(7)]

    def test_are_those_about_ones_own_alerts(self, api: ApiClient, posted: Alert, rhea: User) -> None:
        rules = make_scorer("keyword-rules", posted.queue)
        judge(raise_alert(posted.queue, rules), rhea)
        judge(posted, rhea)
        page = api.get("verdicts").json()
        assert [one["position"] for one in page["verdicts"]] == [2] and page["next"] == 2
        assert [one["position"] for one in client_of(rules).get("verdicts").json()["verdicts"]] == [1]

    def test_are_looked_for_a_stretch_at_a_time(
        self, api: ApiClient, posted: Alert, rhea: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(history, "WINDOW", 2)
        rules = make_scorer("keyword-rules", posted.queue)
        for _ in range(3):
            judge(raise_alert(posted.queue, rules), rhea)
        judge(posted, rhea)
        first = api.get("verdicts").json()
        assert (first["verdicts"], first["next"], first["more"]) == ([], 2, True)
        assert [one["position"] for one in api.get("verdicts", after=2).json()["verdicts"]] == [4]

    def test_of_a_queue_of_others_are_refused(self, api: ApiClient, stranger: ApiClient) -> None:
        assert api.get("verdicts", queue="complaints").status_code == 403

    @pytest.mark.parametrize(
        "query", [{"after": "-1"}, {"after": "1.5"}, {"limit": "0"}, {"limit": "9999"}, {"a": "1"}]
    )
    def test_are_not_read_with_a_wrong_query(self, api: ApiClient, query: dict[str, str]) -> None:
        answer = api.get("verdicts", **query)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(query))}"

    def test_that_are_behind_the_cursor_are_none(self, api: ApiClient, posted: Alert) -> None:
        assert api.get("verdicts", after=10**9).json() == {
            "queue": "churn", "verdicts": [], "next": 10**9, "more": False,
        }  # fmt: skip
