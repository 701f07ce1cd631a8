"""What the reps did with the alerts: verdicts with delays and mistakes, changed minds, and outcomes from the CRM."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from uuid import UUID, uuid5

from scoring.demo import workdays
from scoring.demo.events import AlertRaised, Event, OutcomeArrived, VerdictGiven, VerdictRetracted
from scoring.demo.library import QueueStory, common_words
from scoring.demo.people import Person, members
from scoring.demo.raising import Told

ACCURATE, FALSE_POSITIVE, UNSURE = "accurate", "false_positive", "unsure"

_DECISIONS = UUID("5b8d0f3e-8a39-4a6e-9c6f-2f6f0b6f7d11")
_MEDIAN_DELAY = timedelta(hours=2.5)
# (age in days, share of alerts that old which still wait). The team fell behind in the last week.
_WAITING = ((1, 0.94), (3, 0.72), (7, 0.46), (14, 0.24), (30, 0.05))
_TAKEN_BACK = 0.03
_THOUGHT_BETTER = 0.012
_OUTCOME_WINDOW = 100


def judge(*, queue: QueueStory, told: Sequence[Told], now: datetime, seed: int) -> Iterator[Event]:
    """Verdicts and retractions on the queue's alerts, none later than `now`; not in time order."""
    rng = Random(f"{seed}/{queue.slug}/verdicts")
    reps = members(queue.slug, "rep")
    for one in told:
        person = rng.choice(reps)
        at = _judged_at(one.alert, person, rng)
        if at < now and not _still_waits(one.alert, now, rng):
            yield from _verdicts(one, person, at, now, seed, rng)


def outcomes(*, told: Iterable[Told], now: datetime, seed: int) -> Iterator[OutcomeArrived]:
    """Churned or renewed, as the CRM's monthly export says, for alerts of a contract's last 100 days."""
    for one in told:
        ended = one.company.contract_ends_on
        at = workdays.month_after(ended + timedelta(days=3))
        if not 0 <= (ended - one.alert.at.date()).days < _OUTCOME_WINDOW or at >= now:
            continue
        yield OutcomeArrived(
            at=at, queue=one.alert.queue, external_id=one.alert.external_id,
            outcome="churned" if one.company.leaves else "renewed", accurate=one.company.leaves,
            decision_id=_decision(seed, one.alert, "outcome"),
        )  # fmt: skip


def _judged_at(alert: AlertRaised, person: Person, rng: Random) -> datetime:
    delay = _MEDIAN_DELAY * (person.pace * rng.lognormvariate(0, 0.9))
    return workdays.at_work(workdays.at_work(alert.at) + delay).replace(microsecond=0)


def _still_waits(alert: AlertRaised, now: datetime, rng: Random) -> bool:
    age = (now - alert.at) / timedelta(days=1)
    return rng.random() < next((share for days, share in _WAITING if age < days), 0.0)


def _verdicts(one: Told, person: Person, at: datetime, now: datetime, seed: int, rng: Random) -> Iterator[Event]:
    """The verdict; sometimes it is taken back within minutes, or thought better of the next day."""
    value = _opinion(one, person, at, rng)
    first = _verdict(one, person, at, value, seed, rng, turn=1)
    yield first
    roll = rng.random()
    slip = roll < _TAKEN_BACK
    if value == UNSURE or roll >= _TAKEN_BACK + _THOUGHT_BETTER:
        return
    minutes_later, next_day = at + timedelta(seconds=rng.randrange(6, 400)), at + timedelta(hours=rng.randrange(20, 30))
    later = minutes_later if slip else workdays.at_work(next_day)
    if later + timedelta(minutes=2) >= now:
        return
    note = rng.choice(common_words().notes["changed_mind"]["en" if person.language == "en" else "zh"])
    taken_back = _decision(seed, one.alert, "retraction")
    yield VerdictRetracted(
        later, one.alert.queue, one.alert.external_id, person.username, note, first.decision_id, taken_back
    )
    truth = ACCURATE if one.alert.truth else FALSE_POSITIVE
    yield _verdict(one, person, later + timedelta(seconds=rng.randrange(5, 90)), truth, seed, rng, turn=2)


def _opinion(one: Told, person: Person, at: datetime, rng: Random) -> str:
    if one.scene is not None and one.scene.truth == "either" and rng.random() < 0.1:
        return UNSURE
    accurate = one.alert.truth
    if rng.random() < person.flips:
        accurate = not accurate
    if workdays.is_friday_afternoon(at) and rng.random() < person.hasty_fridays:
        accurate = False
    return ACCURATE if accurate else FALSE_POSITIVE


def _verdict(one: Told, person: Person, at: datetime, value: str, seed: int, rng: Random, *, turn: int) -> VerdictGiven:
    reason, note = _explanation(one, person, value, rng)
    return VerdictGiven(
        at=at, queue=one.alert.queue, external_id=one.alert.external_id, person=person.username, value=value,
        reason=reason, note=note, decision_id=_decision(seed, one.alert, f"verdict {turn}"),
    )  # fmt: skip


def _explanation(one: Told, person: Person, value: str, rng: Random) -> tuple[str, str]:
    """A reason on half of the false positives, a note on some verdicts."""
    reason = ""
    if value == FALSE_POSITIVE and rng.random() < 0.5:
        usual = one.scene.reason if one.scene and one.scene.reason else "expected"
        reason = (
            usual
            if rng.random() < 0.8
            else rng.choice(("misread", "handled", "expected", "wrong_data", "not_worth_it"))
        )
    bank = common_words().notes.get("useful" if value == ACCURATE else reason)
    if bank is None or value == UNSURE or rng.random() >= 0.22:
        return reason, ""
    return reason, rng.choice(bank["en" if person.language == "en" else "zh"])


def _decision(seed: int, alert: AlertRaised, what: str) -> UUID:
    return uuid5(_DECISIONS, f"{seed}/{alert.external_id}/{what}")
