"""A scorer says what its features are called."""

import json
from typing import Any

import pytest
from django.test import Client

from feedback.models import FeatureName, Queue, Scorer
from scoring.api.fields import MAX_NAMES, MAX_VALUES
from tests.factories import make_scorer
from tests.scoring.api.conftest import ApiClient, client_of

PATH = "feature-names"
LOGINS = {"logins_30d": {"en": "Logins in 30 days", "zh": "近 30 天登录"}}
PRO = {"pro": {"en": "Professional", "zh": "专业版"}}
MANY = {f"v{n}": {"en": "x"} for n in range(MAX_VALUES)}


def put(api: ApiClient, body: Any) -> Any:
    """PUT below /api/v1/; a body that is no bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client(headers=api.headers()).put(f"/api/v1/{PATH}", content, content_type="application/json")


class TestNames:
    def test_are_answered_as_they_are_in_force(self, api: ApiClient) -> None:
        answer = put(api, {"queue": "churn", "names": LOGINS})
        assert answer.status_code == 200
        assert answer.json() == {
            "queue": "churn",
            "names": {"logins_30d": LOGINS["logins_30d"] | {"by": "you", "values": {}}},
            "kept": [],
        }
        assert api.get(PATH, queue="churn").json() == answer.json()

    def test_need_one_language_only(self, api: ApiClient) -> None:
        assert put(api, {"names": {"plan": {"zh": "版本"}}}).json()["names"]["plan"] == {
            "en": "",
            "zh": "版本",
            "by": "you",
            "values": {},
        }

    def test_of_values_are_answered_below_their_feature(self, api: ApiClient) -> None:
        answer = put(
            api, {"names": {"plan": {"en": "Plan", "values": PRO}, "vip": {"values": {"true": {"en": "Key"}}}}}
        )
        assert answer.status_code == 200
        assert answer.json()["names"] == {
            "plan": {"en": "Plan", "zh": "", "by": "you", "values": {"pro": PRO["pro"] | {"by": "you"}}},
            "vip": {"en": "", "zh": "", "by": None, "values": {"true": {"en": "Key", "zh": "", "by": "you"}}},
        }
        assert api.get(PATH, queue="churn").json()["names"] == answer.json()["names"]
        assert put(api, {"names": {"plan": {"en": "Plan"}}}).json()["names"]["plan"]["values"] == {}

    def test_of_values_that_a_person_gave_stay_and_that_is_said(self, api: ApiClient, queue: Queue) -> None:
        FeatureName.objects.create(queue=queue, feature="plan", value="pro", name="Pro")
        answer = put(api, {"names": {"plan": {"en": "Plan", "values": PRO}}}).json()
        assert answer["kept"] == ["plan"]
        assert answer["names"]["plan"]["by"] == "you" and answer["names"]["plan"]["values"]["pro"]["by"] == "person"

    def test_that_are_left_out_are_dropped(self, api: ApiClient) -> None:
        put(api, {"names": LOGINS})
        assert put(api, {"names": {}}).json()["names"] == {}

    def test_of_a_person_or_another_scorer_stay_and_that_is_said(self, api: ApiClient, queue: Queue) -> None:
        FeatureName.objects.create(queue=queue, feature="plan", name="Tariff")
        put(client_of(make_scorer("rules", queue)), {"names": {"seats": {"en": "Seats"}}})
        answer = put(api, {"names": {"plan": {"en": "Plan"}, "seats": {"en": "Chairs"}, **LOGINS}}).json()
        assert answer["kept"] == ["plan", "seats"]
        assert {key: one["by"] for key, one in answer["names"].items()} == {
            "plan": "person", "seats": "another_scorer", "logins_30d": "you",
        }  # fmt: skip
        assert (answer["names"]["plan"]["en"], answer["names"]["seats"]["en"]) == ("Tariff", "Seats")


class TestRefusals:
    @pytest.mark.parametrize(
        ("names", "pointer"),
        [
            ({"plan": {}}, "/names/plan"),
            ({"plan": {"en": None}}, "/names/plan/en"),
            ({"plan": {"en": ""}}, "/names/plan/en"),
            ({"plan": {"en": " Plan"}}, "/names/plan/en"),
            ({"plan": {"zh": "版\u202e本"}}, "/names/plan/zh"),
            ({"plan": {"en": "a\x00"}}, "/names/plan/en"),
            ({"plan": {"en": "a" * 81}}, "/names/plan/en"),
            ({"plan": {"en": 5}}, "/names/plan/en"),
            ({"plan": {"fr": "Forfait", "en": "Plan"}}, "/names/plan/fr"),
            ({"plan": "Plan"}, "/names/plan"),
            ({"": {"en": "Plan"}}, "/names/"),
            ({"a\x00b": {"en": "Plan"}}, "/names/a\x00b"),
            ({"p" * 81: {"en": "Plan"}}, "/names/" + "p" * 81),
            ({"a/b": {}}, "/names/a~1b"),
            ({f"f{n}": {"en": "x"} for n in range(MAX_NAMES + 1)}, "/names"),
            ({"plan": {"values": {}}}, "/names/plan/values"),
            ({"plan": {"values": {"pro": {}}}}, "/names/plan/values/pro"),
            ({"plan": {"values": {"pro": "Pro"}}}, "/names/plan/values/pro"),
            ({"plan": {"values": {"": {"en": "Pro"}}}}, "/names/plan/values/"),
            ({"plan": {"values": {"p" * 81: {"en": "Pro"}}}}, "/names/plan/values/" + "p" * 81),
            ({"plan": {"values": {"pro": {"en": "Pro", "values": PRO}}}}, "/names/plan/values/pro/values"),
            ({"plan": {"values": MANY | PRO}}, "/names/plan/values"),
            ({f"f{n}": {"en": "x", "values": MANY} for n in range(10)}, ""),
            ([], "/names"),
        ],
    )
    def test_say_where_and_change_nothing(self, api: ApiClient, names: object, pointer: str) -> None:
        put(api, {"names": LOGINS})
        answer = put(api, {"names": names})
        assert answer.status_code == 422 and answer["Content-Type"] == "application/problem+json"
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
        assert FeatureName.objects.get().name == "Logins in 30 days"

    @pytest.mark.parametrize("body", [b"{", b'{"names": {"a": {"en": "x"}, "a": {"en": "y"}}}', b""])
    def test_a_body_that_cannot_be_read(self, api: ApiClient, body: bytes) -> None:
        assert put(api, body).status_code == 400

    def test_a_body_that_is_too_large(self, api: ApiClient, settings: Any) -> None:
        settings.API_MAX_BODY_BYTES = 50
        assert put(api, {"names": LOGINS}).status_code == 413

    def test_without_a_key(self, queue: Queue) -> None:
        assert put(ApiClient(None), {"queue": "churn", "names": LOGINS}).status_code == 401
        assert ApiClient(None).get(PATH, queue="churn").status_code == 401

    def test_of_a_queue_that_is_not_the_scorers(self, stranger: ApiClient, queue: Queue) -> None:
        assert put(stranger, {"queue": "churn", "names": LOGINS}).status_code == 403
        assert stranger.get(PATH, queue="churn").status_code == 403
        assert not FeatureName.objects.exists()

    def test_a_queue_that_has_to_be_named(self, upstream: Scorer, other_queue: Queue) -> None:
        upstream.queues.add(other_queue)
        assert put(client_of(upstream), {"names": LOGINS}).json()["errors"][0]["pointer"] == "/queue"

    def test_other_methods(self, api: ApiClient) -> None:
        answer = api.post(PATH, {"names": LOGINS})
        assert answer.status_code == 405 and answer["Allow"] == "GET, PUT, HEAD"
        assert (
            Client(headers=api.headers()).put("/api/v1/alerts", b"{}", content_type="application/json").status_code
            == 405
        )
