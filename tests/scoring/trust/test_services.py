"""Holding a judge back, and what a lead makes of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from feedback.models import Alert, CloserLook, LedgerEntry, Membership, Queue, Role, Scorer, Value
from scoring.fold import configuration_of, model_at
from scoring.lifecycle.deeds import do
from scoring.models import Amendment, AmendmentKind, Ruling, Suspect
from scoring.services import amending, take_in
from scoring.trust import selectors
from scoring.trust.services import AlreadyRuled, keep_out, let_in, vet_judges, vet_queues_behind
from tests.factories import NOON, judge, make_draft, make_person, make_queue, make_scorer
from tests.scoring.trust.history import ninety, truth

LATER = NOON + timedelta(days=1)


@pytest.fixture(scope="module")
def told(whole_module: None) -> None:
    """Rhea judges what is; tom marks everything false. Told once for all the tests here."""
    queue = make_queue()
    rhea, tom = (make_person(name, (queue, Role.REP)) for name in ("rhea", "tom"))
    for number, alert in enumerate(ninety(queue, make_scorer("voice-llm", queue))):
        if number % 3 == 0:
            judge(alert, tom, Value.FALSE_POSITIVE)
        else:
            judge(alert, rhea, truth(alert))


@pytest.fixture
def queue(told: None, db: None) -> Queue:
    """The queue where that happened."""
    return Queue.objects.get(slug="churn")


@pytest.fixture
def upstream(queue: Queue) -> Scorer:
    """Who raised the alerts."""
    return Scorer.objects.get(name="voice-llm")


@pytest.fixture
def rhea(queue: Queue) -> User:
    """Who judges what is."""
    return User.objects.get(username="rhea")


@pytest.fixture
def tom(queue: Queue) -> User:
    """Who marks everything false."""
    return User.objects.get(username="tom")


@pytest.fixture
def flood(tom: User) -> list[LedgerEntry]:
    """Tom's verdicts."""
    return list(LedgerEntry.objects.filter(judge=tom).order_by("position"))


def learnt(queue: Queue) -> int:
    """How many labels the model at the ledger's head has learnt."""
    return model_at(configuration_of(queue.pk), selectors.head_of(queue.pk)).model.learnt


class TestTheGate:
    def test_who_marks_everything_false_is_held_back(self, queue: Queue, tom: User) -> None:
        (held,) = vet_judges(queue=queue, now=LATER)
        assert (held.judge, held.way, held.ruling) == (tom, Suspect.Way.FALSE, Ruling.OPEN)
        assert (held.hold.kind, held.hold.until) == (AmendmentKind.HOLD_BACK, None)

    def test_nothing_is_lost_of_what_they_said(self, queue: Queue, flood: list[LedgerEntry]) -> None:
        vet_judges(queue=queue, now=LATER)
        assert LedgerEntry.objects.filter(pk__in=[entry.pk for entry in flood]).count() == len(flood)

    def test_the_learner_has_not_heard_it(self, queue: Queue, flood: list[LedgerEntry]) -> None:
        before = learnt(queue)
        (held,) = vet_judges(queue=queue, now=LATER)
        assert learnt(queue) == before - sum(entry.position > held.since for entry in flood)

    def test_a_second_look_holds_nobody_back_twice(self, queue: Queue) -> None:
        vet_judges(queue=queue, now=LATER)
        assert vet_judges(queue=queue, now=LATER) == []

    def test_it_says_so_in_the_log(self, queue: Queue, tom: User, capsys: Any, caplog: Any) -> None:
        vet_judges(queue=queue, now=LATER)
        assert "judge held back" in caplog.text + capsys.readouterr().err

    def test_the_sweep_finds_the_queue_and_then_rests(self, queue: Queue) -> None:
        assert vet_queues_behind(now=LATER) == 1
        assert selectors.queues_to_vet() == []


class TestACloserLook:
    def test_who_is_held_back_is_checked_more_often_and_nobody_else(self, queue: Queue, tom: User) -> None:
        for _ in range(2):
            vet_judges(queue=queue, now=LATER)
            assert [look.person for look in CloserLook.objects.filter(queue=queue)] == [tom]

    def test_it_ends_when_a_lead_lets_them_in(self, queue: Queue, lena: User) -> None:
        (held,) = vet_judges(queue=queue, now=LATER)
        let_in(user=lena, slug=queue.slug, suspect_id=held.pk, now=LATER)
        vet_judges(queue=queue, now=LATER)
        assert not CloserLook.objects.exists()


def test_the_only_rep_of_a_new_queue_is_not_held_back_for_what_its_scorer_thought(queue: Queue, rhea: User) -> None:
    """A backlog that the model scored when it knew nothing; most of it false."""
    new = make_queue("new")
    Membership.objects.create(user=rhea, queue=new, role=Role.REP)
    drafts = [make_draft(upstream_score=0.8) for _ in range(40)]
    for number, taken in enumerate(take_in(queue=new, scorer=make_scorer("rules", new), drafts=drafts, now=NOON)):
        judge(Alert.objects.get(pk=taken.alert_id), rhea, Value.FALSE_POSITIVE if number % 20 else Value.ACCURATE)
    assert vet_judges(queue=new, now=LATER) == []


@pytest.fixture
def suspect(queue: Queue, flood: list[LedgerEntry]) -> Suspect:
    return vet_judges(queue=queue, now=LATER)[0]


class TestLettingIn:
    def test_one_click_learns_it_all(self, queue: Queue, lena: User, suspect: Suspect) -> None:
        assert learnt(queue) < 90
        let_in(user=lena, slug=queue.slug, suspect_id=suspect.pk, now=LATER)
        assert learnt(queue) == 90

    def test_a_second_click_changes_nothing(self, queue: Queue, lena: User, suspect: Suspect) -> None:
        for _ in range(2):
            let_in(user=lena, slug=queue.slug, suspect_id=suspect.pk, now=LATER)
        assert Amendment.objects.filter(kind=AmendmentKind.LET_IN).count() == 1

    def test_the_same_verdicts_are_not_suspected_again(self, queue: Queue, lena: User, suspect: Suspect) -> None:
        let_in(user=lena, slug=queue.slug, suspect_id=suspect.pk, now=LATER)
        assert vet_judges(queue=queue, now=LATER) == []

    def test_it_may_follow_keeping_out(self, queue: Queue, lena: User, suspect: Suspect) -> None:
        keep_out(user=lena, slug=queue.slug, suspect_id=suspect.pk, from_now_on=False, now=LATER)
        let_in(user=lena, slug=queue.slug, suspect_id=suspect.pk, now=LATER)
        assert learnt(queue) == 90

    @pytest.mark.parametrize("who", ["rhea", "mallory"])
    def test_only_a_lead_of_the_queue_may(
        self, queue: Queue, suspect: Suspect, who: str, request: pytest.FixtureRequest
    ) -> None:
        with pytest.raises(Queue.DoesNotExist):
            let_in(user=request.getfixturevalue(who), slug=queue.slug, suspect_id=suspect.pk, now=LATER)
        assert Suspect.objects.get().ruling == Ruling.OPEN


class TestAHoldThatIsEndedOnThePageOfTheModel:
    @pytest.fixture
    def let_in_there(self, queue: Queue, lena: User, suspect: Suspect) -> Suspect:
        do(user=lena, slug=queue.slug, deed="let-in", given={"hold": str(suspect.hold.number)}, now=LATER)
        suspect.refresh_from_db()
        return suspect

    def test_is_a_word_on_its_judge(self, queue: Queue, lena: User, let_in_there: Suspect) -> None:
        assert (let_in_there.ruling, let_in_there.ruled_by) == (Ruling.LET_IN, lena)
        assert (learnt(queue), selectors.open_suspects(queue.pk)) == (90, [])

    def test_is_not_looked_at_again(self, queue: Queue, let_in_there: Suspect) -> None:
        assert vet_judges(queue=queue, now=LATER) == []

    def test_and_left_nobodys_word_does_not_stop_the_look(self, queue: Queue, lena: User, suspect: Suspect) -> None:
        amending.let_in(hold=suspect.hold, by=lena, now=LATER)
        assert vet_judges(queue=queue, now=LATER) == []
        suspect.refresh_from_db()
        assert (suspect.ruling, suspect.ruled_by, suspect.ruled_at) == (Ruling.LET_IN, lena, LATER)


class TestKeepingOut:
    def test_what_was_held_back_stays_out(self, queue: Queue, lena: User, suspect: Suspect) -> None:
        before = learnt(queue)
        keep_out(user=lena, slug=queue.slug, suspect_id=suspect.pk, from_now_on=False, now=LATER)
        assert (learnt(queue), selectors.open_suspects(queue.pk)) == (before, [])

    def test_from_now_on_the_judge_may_count_again(
        self, queue: Queue, lena: User, tom: User, suspect: Suspect, upstream: Scorer
    ) -> None:
        before = learnt(queue)
        keep_out(user=lena, slug=queue.slug, suspect_id=suspect.pk, from_now_on=True, now=LATER)
        (taken,) = take_in(queue=queue, scorer=upstream, drafts=[make_draft("Bye.")], now=LATER)
        judge(Alert.objects.get(pk=taken.alert_id), tom)
        assert learnt(queue) == before + 1

    def test_what_was_let_in_cannot_be_kept_out_by_an_old_page(
        self, queue: Queue, lena: User, suspect: Suspect
    ) -> None:
        let_in(user=lena, slug=queue.slug, suspect_id=suspect.pk, now=LATER)
        with pytest.raises(AlreadyRuled):
            keep_out(user=lena, slug=queue.slug, suspect_id=suspect.pk, from_now_on=False, now=LATER)
