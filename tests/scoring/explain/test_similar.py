"""The most similar past alerts, as the database finds them."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from pytest_django.fixtures import DjangoAssertNumQueries

from feedback.models import Alert, Queue, Scorer, Value
from feedback.services import retract_verdict
from scoring import nearest
from scoring.explain import searching
from scoring.explain.services import remember, remember_behind
from scoring.explain.similar import similar_to
from scoring.models import MemoryStanding, RememberedAlert
from scoring.services.amending import hold_back, let_in
from tests import factories
from tests.factories import NOON, judge, raise_alert

LATE, RUDE, FINE = "The parcel is late, I want my money back.", "Your driver was rude to me.", "Lovely, thank you!"


@pytest.fixture
def late(queue: Queue, upstream: Scorer, rhea: User) -> Alert:
    """A past alert about a late parcel, judged accurate."""
    alert = raise_alert(queue, upstream, LATE)
    judge(alert, rhea)
    return alert


@pytest.fixture
def fine(queue: Queue, upstream: Scorer, rhea: User) -> Alert:
    """A past alert about nothing, judged a false positive."""
    alert = raise_alert(queue, upstream, FINE)
    judge(alert, rhea, Value.FALSE_POSITIVE)
    return alert


@pytest.fixture
def waiting(queue: Queue, upstream: Scorer) -> Alert:
    """An open alert about another late parcel."""
    return raise_alert(queue, upstream, "My parcel is late again.")


@pytest.fixture(params=["index", "one by one"])
def _each_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    """Through the index, which a small queue would not use, and without."""
    if request.param == "index":
        if not searching.install_index():
            pytest.skip("this server has no pgvector, or one older than 0.8")
        monkeypatch.setattr(searching, "ONE_BY_ONE", 0)
    else:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX IF EXISTS {searching.INDEX}")


@pytest.mark.usefixtures("_each_way")
class TestSimilarAlerts:
    def test_the_most_alike_comes_first_with_its_label_and_date(
        self, queue: Queue, late: Alert, fine: Alert, waiting: Alert
    ) -> None:
        remember(queue_id=queue.pk)
        first, second = similar_to(waiting).alerts
        assert (first.alert_id, first.accurate, first.decided_at) == (late.pk, True, NOON + timedelta(hours=1))
        assert (second.alert_id, second.accurate) == (fine.pk, False)
        assert first.similarity > second.similarity
        assert (first.text, first.customer, first.external_id) == (LATE, str(late.customer), late.external_id)

    def test_an_alert_is_not_similar_to_itself(self, queue: Queue, late: Alert) -> None:
        remember(queue_id=queue.pk)
        assert similar_to(late).alerts == ()

    def test_alerts_without_a_label_are_not_shown(self, queue: Queue, late: Alert, waiting: Alert) -> None:
        remember(queue_id=queue.pk)
        assert [one.alert_id for one in similar_to(waiting).alerts] == [late.pk]

    def test_other_queues_are_not_searched(self, other_queue: Queue, late: Alert, mallory: User) -> None:
        scorer = factories.make_scorer("elsewhere", other_queue)
        remember(queue_id=late.queue_id)
        assert similar_to(raise_alert(other_queue, scorer, LATE)).alerts == ()

    def test_at_most_five_are_shown(self, queue: Queue, upstream: Scorer, rhea: User, waiting: Alert) -> None:
        for _ in range(7):
            judge(raise_alert(queue, upstream, LATE), rhea)
        remember(queue_id=queue.pk)
        assert len(similar_to(waiting).alerts) == 5

    def test_it_costs_few_queries(
        self, queue: Queue, late: Alert, waiting: Alert, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        remember(queue_id=queue.pk)
        similar_to(waiting)
        with django_assert_max_num_queries(3):
            similar_to(waiting)


class TestWithoutTheExtension:
    def test_of_a_large_queue_the_newest_are_searched_and_that_is_said(
        self, queue: Queue, late: Alert, fine: Alert, waiting: Alert, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        remember(queue_id=queue.pk)
        monkeypatch.setattr(searching, "INDEX", "there_is_none")
        monkeypatch.setattr(searching, "ONE_BY_ONE", 1)
        found = similar_to(waiting)
        assert ([one.alert_id for one in found.alerts], found.newest) == ([fine.pk], 1)

    def test_a_queue_that_lost_labels_is_searched_whole_again(
        self, queue: Queue, rhea: User, late: Alert, fine: Alert, waiting: Alert, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        remember(queue_id=queue.pk)
        retract_verdict(verdict=fine.entries.get(), judge=rhea, decision_id=uuid.uuid4(), now=NOON + timedelta(hours=2))
        remember(queue_id=queue.pk)
        monkeypatch.setattr(searching, "INDEX", "there_is_none")
        monkeypatch.setattr(searching, "ONE_BY_ONE", 1)
        found = similar_to(waiting)
        assert ([one.alert_id for one in found.alerts], found.newest) == ([late.pk], None)


class TestRemembering:
    def test_a_label_that_is_taken_back_is_forgotten(self, queue: Queue, rhea: User, late: Alert) -> None:
        remember(queue_id=queue.pk)
        retract_verdict(verdict=late.entries.get(), judge=rhea, decision_id=uuid.uuid4(), now=NOON + timedelta(hours=2))
        remember(queue_id=queue.pk)
        assert not RememberedAlert.objects.exists()

    def test_a_changed_mind_changes_what_is_remembered(self, queue: Queue, rhea: User, late: Alert) -> None:
        remember(queue_id=queue.pk)
        judge(late, rhea, Value.FALSE_POSITIVE, seen=late.entries.get().decision_id, now=NOON + timedelta(hours=2))
        remember(queue_id=queue.pk)
        assert RememberedAlert.objects.get(alert=late).accurate is False

    def test_the_sweep_finds_queues_that_are_behind(self, queue: Queue, late: Alert) -> None:
        assert remember_behind() == [queue.pk]
        assert remember_behind() == []
        assert MemoryStanding.objects.get(queue=queue).position == 1

    def test_it_goes_in_strides_and_says_how_far_it_came(
        self, queue: Queue, late: Alert, fine: Alert, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("scoring.explain.services.STRIDE", 1)
        assert remember(queue_id=queue.pk, strides=1) == 1
        assert remember(queue_id=queue.pk) == 2
        assert RememberedAlert.objects.count() == 2

    def test_signatures_of_another_version_are_made_again(
        self, queue: Queue, late: Alert, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        remember(queue_id=queue.pk)
        RememberedAlert.objects.update(signature=bytes(nearest.BITS // 8))
        MemoryStanding.objects.update(version=0)
        assert remember_behind() == [queue.pk]
        assert RememberedAlert.objects.get().signature != bytes(nearest.BITS // 8)

    def test_what_is_remembered_already_is_not_sketched_again(
        self, queue: Queue, tom: User, late: Alert, fine: Alert
    ) -> None:
        remember(queue_id=queue.pk)
        RememberedAlert.objects.update(signature=bytes(nearest.BITS // 8))
        judge(late, tom, seen=late.entries.get().decision_id)
        remember(queue_id=queue.pk)
        assert RememberedAlert.objects.get(alert=late).signature == bytes(nearest.BITS // 8)
        assert MemoryStanding.objects.get().taught == {"rep": 2}

    def test_throwaway_queues_are_not_remembered(self, rhea: User) -> None:
        replayed = factories.make_queue("replayed", throwaway=True)
        person = factories.make_person("ines", (replayed, "rep"))
        judge(raise_alert(replayed, factories.make_scorer("stream", replayed)), person)
        assert remember_behind() == []


class TestAJudgeWhoIsHeldBack:
    @pytest.fixture
    def remembered(self, queue: Queue, upstream: Scorer, late: Alert, tom: User) -> Alert:
        """A late parcel that only tom has judged; rhea was right about the first one."""
        lie = raise_alert(queue, upstream, LATE)
        judge(lie, tom, Value.FALSE_POSITIVE)
        remember(queue_id=queue.pk)
        assert RememberedAlert.objects.count() == 2
        return lie

    def test_is_forgotten_and_remembered_once_let_in(
        self, queue: Queue, late: Alert, tom: User, lena: User, remembered: Alert
    ) -> None:
        hold = hold_back(queue=queue, since=1, until=None, judge=tom, note="", by=None, now=NOON)
        assert remember_behind() == [queue.pk]
        assert RememberedAlert.objects.get().alert == late
        assert MemoryStanding.objects.get().taught == {"rep": 1}
        assert remember_behind() == []
        let_in(hold=hold, by=lena, now=NOON)
        assert remember_behind() == [queue.pk]
        assert RememberedAlert.objects.filter(alert=remembered, accurate=False).exists()

    def test_leaves_the_label_to_others(self, queue: Queue, rhea: User, tom: User, remembered: Alert) -> None:
        judge(remembered, rhea, seen=remembered.entries.get().decision_id)
        remember(queue_id=queue.pk)
        assert not RememberedAlert.objects.filter(alert=remembered).exists()
        hold_back(queue=queue, since=1, until=None, judge=tom, note="", by=None, now=NOON)
        remember(queue_id=queue.pk)
        assert RememberedAlert.objects.get(alert=remembered).accurate
