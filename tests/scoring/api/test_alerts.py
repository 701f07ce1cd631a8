"""Posting alerts, one and many."""

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User

from feedback.models import Alert, Exposure, OpenAlert, Queue, Scorer, Value
from tests.factories import judge
from tests.scoring.api.conftest import ApiClient, alert

# What one customer is called in alerts that come one after another.
NAMES = ("", "North", "South", "")


class TestOneAlert:
    def test_is_answered_with_its_score(self, api: ApiClient) -> None:
        answer = api.post("alerts", alert())
        assert answer.status_code == 201
        body = answer.json()
        assert (body["external_id"], body["queue"], body["standing"]) == ("t-1", "churn", "created")
        assert 0 < body["probability"] < 1 and body["tier"] in {"yellow", "orange", "red"}
        assert body["decision"] == "show" and body["propensity"] == 1.0 and body["position"] == 0

    def test_is_answered_with_the_reasons(self, api: ApiClient) -> None:
        (reason,) = api.post("alerts", alert(upstream_score=0.9)).json()["reasons"]
        assert (reason["kind"], reason["name"], reason["value"]) == ("prior", "upstream_score", 0.9)
        assert reason["contribution"] > 0

    def test_is_answered_with_every_kind_of_reason(self, api: ApiClient, queue: Queue, rhea: User) -> None:
        for number in range(12):
            raised = api.post("alerts", alert(external_id=f"past-{number}", text=f"leaving {number % 2}"))
            value = Value.ACCURATE if number % 2 else Value.FALSE_POSITIVE
            judge(Alert.objects.get(external_id=raised.json()["external_id"]), rhea, value)
        kinds = {reason["kind"] for reason in api.post("alerts", alert(text="leaving 1")).json()["reasons"]}
        assert kinds & {"lately", "customer"}

    def test_is_written_scored_and_opened(self, api: ApiClient, upstream: Scorer) -> None:
        body = api.post("alerts", alert(features={"plan": "pro", "seats": 3, "vip": True, "since": None})).json()
        written = Alert.objects.get(scorer=upstream, external_id="t-1")
        assert written.features == {"plan": "pro", "seats": 3, "vip": True, "since": None}
        assert Exposure.objects.get(alert=written).probability == body["probability"]
        assert OpenAlert.objects.filter(alert=written).exists()

    def test_keeps_every_field(self, api: ApiClient) -> None:
        evidence = [{"label": "Last login", "value": "12 天前"}]
        posted = alert(evidence=evidence, channel="chat", scorer_version="3.1", raised_at="2026-03-01T09:30:00+08:00")
        api.post("alerts", posted | {"customer_name": "Ｎｏｒｔｈ & Søn"})
        kept = api.get("alerts/t-1").json()
        assert {name: kept[name] for name in ("evidence", "channel", "scorer_version", "raised_at")} == {
            "evidence": evidence, "channel": "chat", "scorer_version": "3.1", "raised_at": "2026-03-01T01:30:00Z",
        }  # fmt: skip
        assert Alert.objects.get().customer.name == "Ｎｏｒｔｈ & Søn"

    def test_names_a_customer_that_came_without_a_name(self, api: ApiClient) -> None:
        for number, name in enumerate(NAMES):
            api.post("alerts", alert(external_id=f"t-{number}", customer_name=name))
        assert Alert.objects.latest("pk").customer.name == "North"

    def test_is_the_same_alert_when_it_is_posted_again(self, api: ApiClient) -> None:
        first, again = api.post("alerts", alert()), api.post("alerts", alert())
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json() == first.json() | {"standing": "repeated"}
        assert Alert.objects.count() == 1

    def test_may_list_its_features_in_another_order(self, api: ApiClient) -> None:
        api.post("alerts", alert(features={"a": 1, "b": 2}))
        assert api.post("alerts", alert(features={"b": 2, "a": 1})).status_code == 200

    @pytest.mark.parametrize("other", [{"text": "Other"}, {"upstream_score": 0.1}, {"features": {"a": 1}}])
    def test_with_a_known_id_and_other_content_is_a_conflict(self, api: ApiClient, other: dict[str, object]) -> None:
        api.post("alerts", alert())
        answer = api.post("alerts", alert(**other))
        assert answer.status_code == 409
        assert answer.json()["errors"][0]["pointer"] == "/external_id"
        assert Alert.objects.get().text == "I want to cancel."

    def test_goes_to_the_queue_it_names(self, api: ApiClient, upstream: Scorer, other_queue: Queue) -> None:
        upstream.queues.add(other_queue)
        assert api.post("alerts", alert(queue="complaints")).json()["queue"] == "complaints"

    def test_must_name_its_queue_where_there_are_several(
        self, api: ApiClient, upstream: Scorer, other_queue: Queue
    ) -> None:
        upstream.queues.add(other_queue)
        answer = api.post("alerts", alert())
        assert answer.status_code == 422
        (wrong,) = answer.json()["errors"]
        assert wrong["pointer"] == "/queue" and "churn, complaints" in wrong["detail"]

    def test_does_not_go_to_a_queue_of_others(self, api: ApiClient, other_queue: Queue) -> None:
        there, nowhere = api.post("alerts", alert(queue="complaints")), api.post("alerts", alert(queue="nowhere"))
        assert there.status_code == nowhere.status_code == 403
        assert there.json()["detail"].replace("complaints", "nowhere") == nowhere.json()["detail"]
        assert not Alert.objects.exists()

    def test_asks_the_database_nine_times(self, api: ApiClient, django_assert_num_queries: object) -> None:
        api.post("alerts", alert())
        with django_assert_num_queries(9):  # type: ignore[operator]
            api.post("alerts", alert(external_id="t-2"))


class TestABatch:
    def test_is_answered_item_by_item_in_order(self, api: ApiClient) -> None:
        api.post("alerts", alert(external_id="known"))
        items = [alert(external_id="new"), alert(external_id="known"), alert(external_id="known", text="Other")]
        answer = api.post("alerts/batch", [*items, {"external_id": "no-customer"}, 5])
        assert answer.status_code == 200
        assert [one["status"] for one in answer.json()["results"]] == [201, 200, 409, 422, 422]
        assert [one["index"] for one in answer.json()["results"]] == [0, 1, 2, 3, 4]

    def test_keeps_its_good_items_when_one_is_bad(self, api: ApiClient) -> None:
        results = api.post("alerts/batch", [alert(upstream_score=2), alert(external_id="good")]).json()["results"]
        assert results[0]["problem"]["errors"][0]["pointer"] == "/upstream_score"
        assert results[1]["alert"]["external_id"] == "good"
        assert [one.external_id for one in Alert.objects.all()] == ["good"]

    def test_names_a_customer_by_the_first_item_that_has_a_name(self, api: ApiClient) -> None:
        api.post("alerts/batch", [alert(external_id=f"t-{n}", customer_name=name) for n, name in enumerate(NAMES)])
        assert {one.customer.name for one in Alert.objects.all()} == {"North"}

    def test_scores_each_item_as_if_it_came_alone(self, api: ApiClient) -> None:
        alone = api.post("alerts", alert(external_id="alone", upstream_score=0.31)).json()
        first, *_ = api.post("alerts/batch", [alert(upstream_score=0.31), alert(external_id="x")]).json()["results"]
        assert first["alert"]["probability"] == alone["probability"]

    def test_may_be_lines_of_json(self, api: ApiClient) -> None:
        answer = api.lines("alerts/batch", alert(), b"", b'{"external_id": ', alert(external_id="t-2"), b"  ")
        assert [one["status"] for one in answer.json()["results"]] == [201, 400, 201]

    def test_may_go_to_several_queues(self, api: ApiClient, upstream: Scorer, other_queue: Queue) -> None:
        upstream.queues.add(other_queue)
        items = [
            alert(queue="complaints"),
            alert(external_id="t-2", queue="churn"),
            alert(external_id="t-3", queue="x"),
        ]
        results = api.post("alerts/batch", items).json()["results"]
        assert [one["status"] for one in results] == [201, 201, 403]
        assert [one["alert"]["queue"] for one in results[:2]] == ["complaints", "churn"]

    def test_with_too_many_items_is_refused_whole(self, api: ApiClient, settings: LazySettings) -> None:
        settings.API_MAX_BATCH = 2
        answer = api.post("alerts/batch", [alert(external_id=str(n)) for n in range(3)])
        assert answer.status_code == 413 and "API_MAX_BATCH" in answer.json()["detail"]
        assert not Alert.objects.exists()

    @pytest.mark.parametrize("body", [[], {}, "text", None, 3])
    def test_is_an_array_with_at_least_one_item(self, api: ApiClient, body: object) -> None:
        assert api.post("alerts/batch", body).status_code == 422

    def test_asks_the_database_no_more_for_many(self, api: ApiClient, django_assert_num_queries: object) -> None:
        api.post("alerts", alert())
        with django_assert_num_queries(9):  # type: ignore[operator]
            api.post("alerts/batch", [alert(external_id=f"b-{n}") for n in range(50)])
