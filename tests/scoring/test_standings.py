"""Reading and writing where the open alerts stand, while people work on them."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from feedback.models import Alert, OpenAlert, Queue, Scorer, Value
from feedback.services.holds import hold
from scoring import services
from scoring.board import Board, Standings
from scoring.models import Reranking, Stage
from scoring.online_model import ModelConfig
from scoring.services import standings
from tests.factories import NOON, judge, raise_alert


@pytest.fixture
def alerts(queue: Queue, upstream: Scorer) -> list[Alert]:
    """Four open alerts that say the same: a verdict about one moves the others."""
    services.change_policy(queue=queue, now=NOON, stage=Stage.RANK)
    return [raise_alert(queue, upstream, "cancel our plan") for _ in range(4)]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Something that happens after a re-ranking has read where the alerts stand, and before it writes."""
    read = Board.refresh

    def arrange(happens: Callable[[], object]) -> None:
        def refresh(board: Board) -> Standings:
            found = read(board)
            happens()
            return found

        monkeypatch.setattr(Board, "refresh", refresh)

    return arrange


@pytest.fixture
def somebody_else(transactional_db: None) -> Iterator[BaseDatabaseWrapper]:
    """Another connection, in a transaction of its own."""
    other: Any = connection.copy()
    other.set_autocommit(False)
    yield other
    other.rollback()
    other.close()


def written(position: int) -> set[int]:
    """The alerts whose standing was written at a position."""
    return set(OpenAlert.objects.filter(position=position).values_list("alert_id", flat=True))


@pytest.mark.django_db
class TestReading:
    def test_says_what_the_table_says_in_order_of_id(self, alerts: list[Alert], queue: Queue) -> None:
        OpenAlert.objects.filter(alert=alerts[1]).update(hard=True, tier=2, upstream_score=None, visible=False)
        OpenAlert.objects.filter(alert=alerts[0]).update(blind=True, urgency=1.25)
        read = Board(queue.pk, ModelConfig()).refresh()
        columns = "alert_id", "tier", "probability", "urgency", "hard", "blind", "upstream_score"
        expected = OpenAlert.objects.order_by("alert_id").values_list(*columns)
        found = zip(*(getattr(read, name).tolist() for name in columns), strict=True)
        assert [tuple(None if value != value else value for value in row) for row in found] == list(expected)

    def test_a_queue_without_open_alerts_has_no_rows(self, queue: Queue, alerts: list[Alert]) -> None:
        OpenAlert.objects.all().delete()
        read = Board(queue.pk, ModelConfig()).refresh()
        assert len(read.alert_id) == len(read.place) == 0


@pytest.mark.django_db
class TestWriting:
    def test_an_alert_that_somebody_holds_since_it_was_read_is_written_and_stays_theirs(
        self, alerts: list[Alert], rhea: User, tom: User, queue: Queue, meanwhile: Any
    ) -> None:
        judge(alerts[0], rhea, Value.FALSE_POSITIVE)
        meanwhile(lambda: hold(alert_id=alerts[2].pk, person=tom, now=NOON))
        services.learn(queue_id=queue.pk, now=NOON)
        assert written(1) == {alert.pk for alert in alerts[1:]}
        assert OpenAlert.objects.get(alert=alerts[2]).held_by_id == tom.pk

    def test_an_alert_that_is_judged_meanwhile_is_not_open_again(
        self, alerts: list[Alert], rhea: User, queue: Queue, meanwhile: Any
    ) -> None:
        judge(alerts[0], rhea, Value.FALSE_POSITIVE)
        meanwhile(lambda: OpenAlert.objects.filter(alert=alerts[1]).delete())
        services.learn(queue_id=queue.pk, now=NOON)
        assert written(1) == {alerts[2].pk, alerts[3].pk}
        assert OpenAlert.objects.count() == 2

    def test_a_standing_from_a_later_position_stays(
        self, alerts: list[Alert], rhea: User, queue: Queue, meanwhile: Any
    ) -> None:
        judge(alerts[0], rhea, Value.FALSE_POSITIVE)
        meanwhile(lambda: OpenAlert.objects.filter(alert=alerts[1]).update(position=2, probability=0.25))
        services.learn(queue_id=queue.pk, now=NOON)
        assert OpenAlert.objects.get(alert=alerts[1]).probability == 0.25
        assert written(1) == {alerts[2].pk, alerts[3].pk}

    def test_what_a_killed_worker_left_is_written_by_the_next(
        self, alerts: list[Alert], rhea: User, queue: Queue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(standings, "CHUNK", 1)
        judge(alerts[0], rhea, Value.FALSE_POSITIVE)
        write, done = standings._write, []

        def dies(*given: Any) -> bool:
            if done:
                raise SystemExit
            return bool(done.append(write(*given)) or done[0])

        monkeypatch.setattr(standings, "_write", dies)
        with pytest.raises(SystemExit):
            services.learn(queue_id=queue.pk, now=NOON)
        assert (written(1), Reranking.objects.count()) == ({alerts[1].pk}, 0)
        monkeypatch.setattr(standings, "_write", write)
        services.learn(queue_id=queue.pk, now=NOON)
        assert written(1) == {alert.pk for alert in alerts[1:]}


class TestWaiting:
    def test_a_row_that_a_verdict_is_taking_away_is_skipped_and_the_rest_are_written(
        self, alerts: list[Alert], rhea: User, queue: Queue, somebody_else: BaseDatabaseWrapper
    ) -> None:
        judge(alerts[0], rhea, Value.FALSE_POSITIVE)
        with somebody_else.cursor() as cursor:
            cursor.execute("DELETE FROM feedback_openalert WHERE alert_id = %s", [alerts[1].pk])
        services.learn(queue_id=queue.pk, now=NOON)
        assert written(1) == {alerts[2].pk, alerts[3].pk}

    def test_an_alert_that_is_being_held_at_that_moment_is_not_missed(
        self, alerts: list[Alert], rhea: User, queue: Queue, somebody_else: BaseDatabaseWrapper, monkeypatch: Any
    ) -> None:
        judge(alerts[0], rhea, Value.FALSE_POSITIVE)
        with somebody_else.cursor() as cursor:
            cursor.execute(
                "UPDATE feedback_openalert SET held_until = %s WHERE alert_id = %s", [NOON + timedelta(1), alerts[1].pk]
            )
        write = standings._write

        def lets_go(*given: Any) -> bool:
            found = write(*given)
            somebody_else.commit()
            return found

        monkeypatch.setattr(standings, "_write", lets_go)
        services.learn(queue_id=queue.pk, now=NOON)
        assert written(1) == {alert.pk for alert in alerts[1:]}
