"""Two requests at once that hold the same new alerts."""

import threading
import time

import pytest
from django.db import connection, transaction

from feedback.models import Alert, Queue, Scorer
from feedback.services import AlertDraft, Raised, Standing, raise_alerts
from tests.factories import NOON, make_draft

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def wait_until_somebody_waits() -> None:
    """Until another connection to this database waits for a row of ours."""
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(WAITING)
            if cursor.fetchone() != (0,):
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")


class OtherRequest(threading.Thread):
    """A batch that is written on a connection of its own."""

    def __init__(self, queue: Queue, scorer: Scorer, drafts: list[AlertDraft]) -> None:
        super().__init__()
        self.batch = {"queue": queue, "scorer": scorer, "drafts": drafts, "now": NOON}
        self.raised: list[Raised] = []

    def run(self) -> None:
        """Write the batch and hang up."""
        try:
            self.raised = raise_alerts(**self.batch)  # type: ignore[arg-type]
        finally:
            connection.close()


@pytest.mark.django_db(transaction=True)
class TestTwoBatchesAtOnce:
    def test_that_hold_the_same_new_alerts_wait_for_one_another(self, queue: Queue, upstream: Scorer) -> None:
        raise_alerts(queue=queue, scorer=upstream, drafts=[make_draft(customer_id="known")], now=NOON)
        first, second = (make_draft(external_id=one, customer_id="known") for one in ("a", "b"))
        other = OtherRequest(queue, upstream, [second, first])
        with transaction.atomic():
            raise_alerts(queue=queue, scorer=upstream, drafts=[first], now=NOON)
            other.start()
            wait_until_somebody_waits()
            raise_alerts(queue=queue, scorer=upstream, drafts=[second], now=NOON)
        other.join()
        assert [one.standing for one in other.raised] == [Standing.REPEATED, Standing.REPEATED]

    def test_alerts_of_a_batch_are_numbered_in_the_order_of_the_batch(self, queue: Queue, upstream: Scorer) -> None:
        drafts = [make_draft(external_id=one) for one in ("b", "c", "a")]
        raise_alerts(queue=queue, scorer=upstream, drafts=drafts, now=NOON)
        assert list(Alert.objects.order_by("pk").values_list("external_id", flat=True)) == ["b", "c", "a"]
