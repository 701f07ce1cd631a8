"""The request after a verdict's commit scores with that verdict learnt - in every process."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.db import connection

from feedback.models import Queue, Scorer, Value
from scoring.replica import replica_of
from tests.factories import judge, raise_alert

# Another process of the product: for every line it reads it says what its replica has learnt, and the model's digest.
OTHER_PROCESS = """
import sys, django
django.setup()
from scoring.replica import replica_of
for line in sys.stdin:
    with replica_of(int(line)).hold() as belief:
        print(belief.position, belief.model.digest(), flush=True)
"""


@pytest.fixture
def other_process(transactional_db: None) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that works on the same database."""
    base, _, _name = os.environ["DATABASE_URL"].partition("?")
    url = f"{base.rpartition('/')[0]}/{connection.settings_dict['NAME']}"
    query = os.environ["DATABASE_URL"].partition("?")[2]
    environment = {
        **os.environ,
        "DATABASE_URL": f"{url}?{query}" if query else url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS], env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    yield process
    process.communicate()


def ask(process: subprocess.Popen[str], queue: Queue) -> tuple[int, str]:
    """What the other process says of the queue's model now."""
    assert process.stdin and process.stdout
    process.stdin.write(f"{queue.pk}\n")
    process.stdin.flush()
    position, digest = process.stdout.readline().split()
    return int(position), digest


def here(queue: Queue) -> tuple[int, str]:
    with replica_of(queue.pk).hold() as belief:
        return belief.position, belief.model.digest()


class TestTwoProcesses:
    def test_both_have_learnt_a_verdict_as_soon_as_it_is_committed(
        self, other_process: subprocess.Popen[str], queue: Queue, upstream: Scorer, rhea: User
    ) -> None:
        for number, value in enumerate([Value.ACCURATE, Value.FALSE_POSITIVE, Value.ACCURATE], start=1):
            judge(raise_alert(queue, upstream, f"alert {number}"), rhea, value)
            assert ask(other_process, queue) == here(queue)
            assert here(queue)[0] == number
