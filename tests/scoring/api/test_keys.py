"""Keys: who may post at all."""

from datetime import timedelta

import pytest
from django.utils import timezone

from feedback.models import Queue, Scorer, ScorerKey
from feedback.services import issue_key, revoke_key
from tests.scoring.api.conftest import ApiClient, alert


class TestAKey:
    def test_is_stored_as_a_hash(self, api: ApiClient) -> None:
        assert api.key is not None
        secret = api.key.partition(".")[2]
        assert not any(secret in str(value) for row in ScorerKey.objects.values_list() for value in row)

    def test_is_refused_from_the_next_request_on_when_it_is_revoked(self, api: ApiClient) -> None:
        assert api.get("verdicts").status_code == 200
        revoke_key(key=ScorerKey.objects.get())
        assert api.get("verdicts").status_code == 401

    def test_is_refused_when_it_has_expired(self, api: ApiClient) -> None:
        ScorerKey.objects.update(expiry_date=timezone.now() - timedelta(seconds=1))
        assert api.get("verdicts").status_code == 401

    def test_remembers_its_last_use(self, api: ApiClient) -> None:
        api.get("verdicts")
        used = ScorerKey.objects.get().last_used_at
        assert used is not None and timezone.now() - used < timedelta(minutes=1)

    def test_is_not_used_by_a_wrong_secret(self, api: ApiClient) -> None:
        assert api.key is not None
        assert ApiClient(f"{api.key[:8]}.{'x' * 32}").get("verdicts").status_code == 401
        assert ScorerKey.objects.get().last_used_at is None

    def test_can_be_one_of_several(self, api: ApiClient, upstream: Scorer) -> None:
        _, second = issue_key(scorer=upstream, name="second")
        assert ApiClient(second).post("alerts", alert()).status_code == 201
        assert api.post("alerts", alert()).status_code == 200

    @pytest.mark.parametrize("key", ["", "x", "a.b", "\x00" * 8 + "." + "a" * 32, "é" * 50, "a" * 5000])
    def test_that_is_none_is_refused_with_a_challenge(self, queue: Queue, key: str) -> None:
        answer = ApiClient(key or None).get("verdicts")
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == 'Api-Key realm="alertloop"'
        assert answer["Content-Type"] == "application/problem+json"

    def test_of_a_scorer_that_is_switched_off_is_refused(self, api: ApiClient, upstream: Scorer) -> None:
        upstream.is_active = False
        upstream.save()
        answer = api.post("alerts", alert())
        assert answer.status_code == 403 and "switched off" in answer.json()["detail"]
