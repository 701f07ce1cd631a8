"""Settled alerts that are put before a rep to see how far they agree."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from feedback import checking
from feedback.desk.later import Later
from feedback.desk.selectors import alert_on_desk
from feedback.desk.services import Choice, judge_on_desk, put_off, sit_down, take_next
from feedback.models import Alert, Check, CloserLook, LedgerEntry, OpenAlert, Queue, Scorer, Source, Value
from feedback.selectors import label_of_alert, standing_verdict
from feedback.services import checks, record_outcome, retract_verdict
from feedback.services.checks import next_check
from tests.factories import NOON, judge, make_queue, raise_alert

LATER = NOON + timedelta(days=1)


@pytest.fixture(autouse=True)
def _always(settings: Any) -> None:
    settings.CHECK_SHARE = 1.0


@pytest.fixture
def own(queue: Queue, upstream: Scorer, rhea: User) -> LedgerEntry:
    """Rhea has begun to work: before the first verdict nobody is checked."""
    return judge(raise_alert(queue, upstream, "mine"), rhea)


@pytest.fixture
def settled(queue: Queue, upstream: Scorer, tom: User) -> Alert:
    """Tom called it a false positive; the outcome says that it was accurate."""
    alert = raise_alert(queue, upstream, "settled")
    judge(alert, tom, Value.FALSE_POSITIVE)
    record_outcome(alert=alert, scorer=upstream, value=Value.ACCURATE, decision_id=uuid.uuid4(), now=NOON)
    return alert


@pytest.fixture
def waiting(queue: Queue, upstream: Scorer) -> Alert:
    return raise_alert(queue, upstream, "waiting")


def next_of(person: User, queue: Queue, now: datetime = LATER, **choice: Any) -> Any:
    return sit_down(user=person, slug=queue.slug, choice=Choice(**choice), later=Later({}, now), now=now).work


def decide(value: Value = Value.ACCURATE, seen: uuid.UUID | None = None) -> dict[str, Any]:
    return {"value": value, "decision_id": uuid.uuid4(), "seen": seen, "reason": "", "note": ""}


def opened_again_and_judged(person: User, colleague: User, queue: Queue, scorer: Scorer) -> LedgerEntry:
    """A check that was open again by the time the person judged it: their verdict."""
    theirs = judge(raise_alert(queue, scorer, "theirs"), colleague)
    shown = next_of(person, queue).alert
    retract_verdict(verdict=theirs, judge=colleague, decision_id=uuid.uuid4(), now=LATER)
    return judge_on_desk(alert=alert_on_desk(person, shown.pk), judge=person, decision=decide(), now=LATER).entry


def answer(person: User, queue: Queue, value: Value = Value.FALSE_POSITIVE, **more: Any) -> LedgerEntry:
    work = take_next(user=person, queue=queue, past=None, later=Later({}, LATER), now=LATER)
    assert work is not None
    decision = {"value": value, "decision_id": uuid.uuid4(), "seen": None, "reason": "", "note": "", **more}
    return judge_on_desk(alert=work.alert, judge=person, decision=decision, now=LATER).entry


@pytest.mark.usefixtures("own", "waiting")
class TestBeingShown:
    def test_next_brings_an_alert_whose_answer_is_known(self, rhea: User, queue: Queue, settled: Alert) -> None:
        assert next_of(rhea, queue).alert == settled

    def test_it_looks_like_an_alert_that_nobody_judged(self, rhea: User, queue: Queue, settled: Alert) -> None:
        work = next_of(rhea, queue)
        assert (work.standing, work.history, work.blind) == (None, [], True)
        assert (work.waits, work.tier) == (True, "")

    def test_the_page_says_nothing_of_what_others_said(
        self, client: Client, rhea: User, tom: User, queue: Queue, settled: Alert
    ) -> None:
        client.force_login(rhea)
        for address in ("", f"?alert={settled.pk}"):
            page = client.get(reverse("desk:desk", args=[queue.slug]) + address).content.decode()
            assert "settled" in page
            assert f">{tom.first_name} " not in page and "Record yours anyway" not in page

    def test_loading_the_page_again_brings_the_same_one(self, rhea: User, queue: Queue, settled: Alert) -> None:
        assert next_of(rhea, queue).alert == next_of(rhea, queue).alert == settled
        assert Check.objects.count() == 1

    def test_left_for_later_it_comes_again_in_an_hour_as_any_alert_does(
        self, rhea: User, queue: Queue, settled: Alert, waiting: Alert
    ) -> None:
        shown = next_of(rhea, queue).alert
        assert shown == settled
        put_off(user=rhea, alert=shown, typed={}, query=None, past=None, later=Later({}, LATER), now=LATER)
        assert next_of(rhea, queue, LATER + timedelta(minutes=59)).alert == waiting
        assert next_of(rhea, queue, LATER + timedelta(hours=1)).alert == settled

    def test_who_judged_it_is_never_asked(self, tom: User, queue: Queue, settled: Alert, waiting: Alert) -> None:
        assert next_of(tom, queue).alert != settled

    def test_without_a_share_there_are_none(
        self, rhea: User, queue: Queue, settled: Alert, waiting: Alert, settings: Any
    ) -> None:
        settings.CHECK_SHARE = 0.0
        assert next_of(rhea, queue).alert == waiting

    def test_asking_costs_one_query(
        self, rhea: User, queue: Queue, waiting: Alert, settings: Any, django_assert_num_queries: Any
    ) -> None:
        settings.CHECK_SHARE = 1e-12
        with django_assert_num_queries(1):
            assert next_check(user=rhea, queue=queue, source=Source.REP, now=LATER) is None

    def test_where_no_answer_is_known_a_colleague_s_verdict_is_looked_at_again(
        self, rhea: User, tom: User, queue: Queue, upstream: Scorer
    ) -> None:
        alert = raise_alert(queue, upstream, "toms")
        judge(alert, tom)
        assert next_of(rhea, queue).alert == alert
        assert Check.objects.get().certain is False

    @pytest.mark.parametrize(
        ("look_back", "most", "found", "queries"),
        [((1, 4, 50), 2, [3, 2], 2), ((1, 50), 3, [3, 2, 1], 2), ((50,), 9, [3, 2, 1, 0], 1), ((1, 2), 9, [3, 2], 2)],
    )
    def test_it_looks_back_no_further_than_it_must(
        self, rhea: User, tom: User, queue: Queue, upstream: Scorer, monkeypatch: pytest.MonkeyPatch,
        look_back: tuple[int, ...], most: int, found: list[int], queries: int,
        django_assert_num_queries: Any,
    ) -> None:  # fmt: skip
        alerts = [raise_alert(queue, upstream, f"toms {n}") for n in range(4)]
        head = max(judge(alert, tom).position for alert in alerts)
        known = {"queue": queue.pk, "person": rhea.pk, "source": "rep", "sources": ["rep"], "most": most}
        monkeypatch.setattr(checks, "LOOK_BACK", look_back)
        with django_assert_num_queries(queries):
            assert checks._settled(known, head) == [alerts[n].pk for n in found]


@pytest.mark.usefixtures("own", "waiting")
class TestHowOften:
    """A fifth of what next brings, as it is usually; five times as often is always."""

    @pytest.fixture(autouse=True)
    def _a_fifth(self, settings: Any) -> None:
        settings.CHECK_SHARE = 0.2

    def known(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Everybody is known well enough, and the draw says that it is no time for a check."""
        monkeypatch.setattr(checking, "FIRST_CHECKS", 0)
        monkeypatch.setattr(checks, "share_of", lambda *parts: 0.5)

    def test_the_first_ones_come_sooner(
        self, rhea: User, queue: Queue, settled: Alert, waiting: Alert, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(checks, "share_of", lambda *parts: 0.5)
        assert next_of(rhea, queue).alert == settled
        self.known(monkeypatch)
        Check.objects.all().delete()
        assert next_of(rhea, queue).alert == waiting

    def test_not_for_ever_where_nothing_can_be_asked(
        self, rhea: User, queue: Queue, settled: Alert, waiting: Alert, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(checks, "share_of", lambda *parts: 0.5)
        monkeypatch.setattr(checking, "FIRST_VERDICTS", 1)
        assert next_of(rhea, queue).alert == waiting

    def test_who_is_looked_at_more_closely_is_asked_more_often(
        self, rhea: User, tom: User, queue: Queue, settled: Alert, waiting: Alert, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.known(monkeypatch)
        checks.look_closer(queue=queue, people={tom.pk})
        assert next_of(rhea, queue).alert == waiting
        for _ in range(2):
            checks.look_closer(queue=queue, people={rhea.pk})
        assert next_of(rhea, queue).alert == settled
        assert CloserLook.objects.get().person == rhea

    def test_in_that_queue_only(
        self, rhea: User, queue: Queue, settled: Alert, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.known(monkeypatch)
        checks.look_closer(queue=make_queue("another"), people={rhea.pk})
        assert next_of(rhea, queue).alert != settled


@pytest.mark.usefixtures("own", "waiting")
class TestBeingJudged:
    def test_the_verdict_is_in_the_ledger_as_a_check(self, rhea: User, queue: Queue, settled: Alert) -> None:
        entry = answer(rhea, queue)
        assert (entry.alert, entry.source, entry.blind, entry.is_check) == (settled, Source.REP, True, True)
        assert Check.objects.get().entry == entry

    def test_nothing_about_the_alert_changes(self, rhea: User, tom: User, queue: Queue, settled: Alert) -> None:
        before = (label_of_alert(settled), standing_verdict(settled))
        answer(rhea, queue)
        assert (label_of_alert(settled), standing_verdict(settled)) == before
        assert not OpenAlert.objects.filter(alert=settled).exists()

    def test_it_is_not_shown_again(self, rhea: User, queue: Queue, settled: Alert, waiting: Alert) -> None:
        answer(rhea, queue)
        assert next_of(rhea, queue).alert == waiting

    def test_a_lead_at_the_desk_does_not_adjudicate_by_it(self, lena: User, queue: Queue, settled: Alert) -> None:
        judge(Alert.objects.get(text="waiting"), lena)
        assert answer(lena, queue).source == Source.REP

    def test_a_repeated_click_is_one_verdict(self, rhea: User, queue: Queue, settled: Alert) -> None:
        same = uuid.uuid4()
        alert = next_of(rhea, queue).alert
        decision = {"value": Value.ACCURATE, "decision_id": same, "seen": None, "reason": "", "note": ""}
        for _ in range(2):
            judge_on_desk(alert=alert, judge=rhea, decision=decision, now=LATER)
        assert LedgerEntry.objects.filter(alert=settled, judge=rhea).count() == 1

    def test_where_it_was_opened_again_meanwhile_the_verdict_closes_it(
        self, rhea: User, tom: User, queue: Queue, upstream: Scorer
    ) -> None:
        alert = raise_alert(queue, upstream, "toms")
        theirs = judge(alert, tom)
        shown = next_of(rhea, queue).alert
        retract_verdict(verdict=theirs, judge=tom, decision_id=uuid.uuid4(), now=LATER)
        decision = {"value": Value.ACCURATE, "decision_id": uuid.uuid4(), "seen": None, "reason": "", "note": ""}
        entry = judge_on_desk(alert=shown, judge=rhea, decision=decision, now=LATER).entry
        assert not entry.is_check
        assert not OpenAlert.objects.filter(alert=alert).exists()

    def test_judged_when_it_was_opened_again_it_comes_no_more(
        self, rhea: User, tom: User, queue: Queue, upstream: Scorer, waiting: Alert
    ) -> None:
        opened_again_and_judged(rhea, tom, queue, upstream)
        assert next_of(rhea, queue).alert == waiting

    def test_a_verdict_on_what_was_opened_again_can_be_changed_as_any(
        self, rhea: User, tom: User, queue: Queue, upstream: Scorer
    ) -> None:
        mine = opened_again_and_judged(rhea, tom, queue, upstream)
        alert = alert_on_desk(rhea, mine.alert_id)
        decision = decide(Value.FALSE_POSITIVE, seen=mine.decision_id)
        changed = judge_on_desk(alert=alert, judge=rhea, decision=decision, now=LATER).entry
        assert standing_verdict(alert) == changed


@pytest.mark.usefixtures("own", "waiting")
class TestTakingItBack:
    def test_the_alert_stays_settled(self, rhea: User, queue: Queue, settled: Alert) -> None:
        entry = answer(rhea, queue)
        retract_verdict(verdict=entry, judge=rhea, decision_id=uuid.uuid4(), now=LATER)
        assert not OpenAlert.objects.filter(alert=settled).exists()

    def test_it_is_shown_again_as_if_nobody_had_judged_it(
        self, client: Client, rhea: User, tom: User, queue: Queue, settled: Alert
    ) -> None:
        client.force_login(rhea)
        entry = answer(rhea, queue)
        page = client.post(reverse("desk:undo", args=[entry.decision_id]), {"decision_id": uuid.uuid4()}, follow=True)
        assert "settled" in page.content.decode() and f">{tom.first_name} " not in page.content.decode()

    def test_it_can_be_changed_among_ones_own_verdicts(
        self, client: Client, rhea: User, queue: Queue, settled: Alert
    ) -> None:
        client.force_login(rhea)
        entry = answer(rhea, queue)
        page = client.get(reverse("desk:judged", args=[queue.slug])).content.decode()
        assert "replaced by a later verdict" not in page
        form = {"value": "accurate", "decision_id": uuid.uuid4(), "seen": entry.decision_id, "back": "judged"}
        assert client.post(reverse("desk:verdict", args=[settled.pk]), form).status_code == 302
        assert LedgerEntry.objects.filter(alert=settled, judge=rhea).latest("position").is_check

    def test_the_colleague_s_own_verdict_still_stands_in_their_list(
        self, client: Client, rhea: User, tom: User, queue: Queue, upstream: Scorer
    ) -> None:
        judge(raise_alert(queue, upstream, "toms"), tom)
        answer(rhea, queue)
        client.force_login(tom)
        assert (
            "replaced by a later verdict" not in client.get(reverse("desk:judged", args=[queue.slug])).content.decode()
        )


@pytest.mark.usefixtures("own")
def test_the_share_is_about_what_was_asked_for(
    rhea: User, tom: User, queue: Queue, upstream: Scorer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CHECK_SHARE = 0.25
    monkeypatch.setattr(checking, "FIRST_CHECKS", 0)
    for number in range(60):
        alert = raise_alert(queue, upstream, f"alert {number}")
        if number % 3 == 0:
            judge(alert, tom)
    checks = [answer(rhea, queue).is_check for _ in range(40)]
    assert 4 <= sum(checks) <= 16
