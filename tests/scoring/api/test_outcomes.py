"""Posting outcomes."""

import uuid
from typing import Any

import pytest

from feedback.models import LedgerEntry, OpenAlert, Source
from tests.scoring.api.conftest import ApiClient, alert


def outcome(**fields: Any) -> dict[str, Any]:
    return {"external_id": "t-1", "value": "accurate", "decision_id": str(uuid.uuid4())} | fields


@pytest.fixture(autouse=True)
def _posted(api: ApiClient) -> None:
    api.post("alerts", alert())


class TestAnOutcome:
    def test_becomes_an_entry_of_the_ledger(self, api: ApiClient) -> None:
        answer = api.post("outcomes", outcome(value="false_positive"))
        assert answer.status_code == 201 and answer.json()["position"] == 1
        entry = LedgerEntry.objects.get()
        assert (entry.source, entry.value, entry.scorer and entry.scorer.name) == (
            Source.OUTCOME, "false_positive", "voice-llm",
        )  # fmt: skip
        assert not OpenAlert.objects.exists()

    def test_that_is_repeated_is_one_entry(self, api: ApiClient) -> None:
        posted = outcome()
        first, again = api.post("outcomes", posted), api.post("outcomes", posted)
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json() == first.json() | {"standing": "repeated"}
        assert LedgerEntry.objects.count() == 1

    def test_that_says_the_same_under_a_new_id_is_answered_with_the_first(self, api: ApiClient) -> None:
        first, again = api.post("outcomes", outcome()), api.post("outcomes", outcome())
        assert again.status_code == 200
        assert again.json() == first.json() | {"standing": "repeated"}
        assert LedgerEntry.objects.count() == 1

    def test_may_be_corrected_by_another(self, api: ApiClient) -> None:
        for value in ("accurate", "false_positive", "accurate"):
            assert api.post("outcomes", outcome(value=value)).status_code == 201
        assert api.get("alerts/t-1").json()["label"] == "accurate"

    def test_whose_id_was_used_for_another_is_a_conflict(self, api: ApiClient) -> None:
        used = str(uuid.uuid4())
        api.post("outcomes", outcome(decision_id=used))
        answer = api.post("outcomes", outcome(decision_id=used, value="false_positive"))
        assert answer.status_code == 409 and answer.json()["errors"][0]["pointer"] == "/decision_id"
        assert LedgerEntry.objects.count() == 1

    def test_about_another_scorers_alert_is_not_found(self, stranger: ApiClient) -> None:
        answer = stranger.post("outcomes", outcome())
        assert answer.status_code == 404 and answer.json()["errors"][0]["pointer"] == "/external_id"
        assert not LedgerEntry.objects.exists()

    @pytest.mark.parametrize(
        ("field", "value"),
        [("value", "unsure"), ("decision_id", "x"), ("decision_id", 5), ("decision_id", "{" + "0" * 34 + "}")],
    )
    def test_says_which_field_is_wrong(self, api: ApiClient, field: str, value: object) -> None:
        answer = api.post("outcomes", outcome(**{field: value}))
        assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == f"/{field}"


class TestManyOutcomes:
    def test_are_answered_one_by_one_in_order(self, api: ApiClient) -> None:
        posted = [outcome(), outcome(external_id="nowhere"), outcome(value=""), 7, outcome(value="false_positive")]
        answer = api.post("outcomes", posted)
        assert answer.status_code == 200
        assert [one["status"] for one in answer.json()["results"]] == [201, 404, 422, 422, 201]

    def test_may_be_lines_of_json(self, api: ApiClient) -> None:
        results = api.lines("outcomes", outcome(), b"{").json()["results"]
        assert [one["status"] for one in results] == [201, 400]

    def test_need_at_least_one(self, api: ApiClient) -> None:
        assert api.post("outcomes", []).status_code == 422
