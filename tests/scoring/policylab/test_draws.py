"""Who is audited is drawn with a secret of the installation."""

from typing import Any

import pytest

from feedback.models import Queue
from scoring.services import policies
from scoring.services.policies import policy_in_force


@pytest.fixture(autouse=True)
def _reads_afresh() -> None:
    policies._policy_of.cache_clear()


@pytest.mark.django_db
class TestTheSecretOfADraw:
    def test_is_another_in_every_installation(self, queue: Queue, settings: Any) -> None:
        found = set()
        for key in ("one", "two"):
            settings.SECRET_KEY = key
            policies._policy_of.cache_clear()
            found.add(policy_in_force(queue.pk).secret)
        assert len(found) == 2 and "" not in found and not found & {"one", "two"}

    def test_is_none_in_a_replay_which_draws_the_same_everywhere(self) -> None:
        throwaway = Queue.objects.create(slug="replay", name="replay", throwaway=True)
        assert policy_in_force(throwaway.pk).secret == ""

    def test_is_not_told_with_the_policy(self, queue: Queue) -> None:
        found = policy_in_force(queue.pk)
        assert found.secret not in repr(found)
