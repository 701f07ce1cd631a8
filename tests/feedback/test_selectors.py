"""Reads that go through memberships."""

import pytest
from django.contrib.auth.models import User

from feedback.models import Queue, Role
from feedback.selectors import queue_for, queues_of


class TestAPersonsQueues:
    def test_are_those_in_which_the_role_is_their_own(self, queue: Queue, rhea: User, lena: User) -> None:
        assert list(queues_of(rhea, Role.REP)) == [queue]
        assert list(queues_of(rhea, Role.LEAD)) == []

    def test_of_another_role_do_not_exist(self, queue: Queue, rhea: User, lena: User) -> None:
        with pytest.raises(Queue.DoesNotExist):
            queue_for(rhea, queue.slug, Role.LEAD)
        assert queue_for(lena, queue.slug, Role.LEAD) == queue
