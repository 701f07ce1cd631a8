"""Looking at the judges: count what is known of them, weigh them, hold one back; and what a lead makes of that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from statistics import median

import structlog
from django.db import transaction

from feedback.locks import Lock, take_if_free
from feedback.models import Queue, Role
from feedback.people import Person
from feedback.selectors import head_of, queue_for
from feedback.services import checks
from scoring.each import each
from scoring.models import Amendment, JudgeFigure, Ruling, Suspect, Vetting
from scoring.services import amending
from scoring.trust import selectors
from scoring.trust.gate import LONGEST_GAP_SECONDS, Sighting, Suspicion, expectations
from scoring.trust.judges import Rate
from scoring.trust.selectors import Evidence
from scoring.trust.vetting import Vetted, vet

log = structlog.get_logger(__name__)

# Ledger rows between two changes of weights: each makes what follows be learnt anew.
WEIGH_EVERY = 200


class AlreadyRuled(Exception):
    """A lead has decided otherwise meanwhile. Nothing changed."""


def vet_judges(*, queue: Queue, now: datetime) -> list[Suspect]:
    """Look at a queue's judges; returns who was held back just now.

    1. One worker at a time. 2. Read what can be compared. 3. Hold back whom the gate suspects, and say so. 4. Weigh
    anew where a weight has moved. 5. Keep the figures for the lead's page.
    """
    with transaction.atomic():
        if not take_if_free(Lock.VET, queue.pk):
            return []
        _close_what_was_let_in(queue)
        evidence, holds = selectors.evidence_of(queue.pk), selectors.holds_in_force(queue.pk)
        tested = selectors.counted(evidence.sightings, holds, selectors.ruled_until(queue.pk))
        vetted = vet(tested, evidence.opinions, evidence.known)
        held = [
            _hold_back(queue, int(str(judge)), one, now) for judge, one in sorted(vetted.suspicions.items(), key=str)
        ]
        _weigh(queue, vetted, evidence.position, now)
        _look_closer(queue, vetted, holds)
        _keep_figures(queue, evidence, vetted)
        Vetting.objects.update_or_create(queue=queue, defaults={"position": evidence.position, "vetted_at": now})
    return held


def vet_queues_behind(*, now: datetime) -> int:
    """Look at the judges of every queue whose ledger has grown; how many were held back."""
    queues = Queue.objects.in_bulk(selectors.queues_to_vet())
    return sum(map(len, each(queues.values(), lambda queue: vet_judges(queue=queue, now=now))))


def rule(*, user: Person, slug: str, suspect_id: int, wanted: str, now: datetime) -> Suspect:
    """What a lead chose on the page. Raises ValueError where that is no choice, and what the choices below raise."""
    if wanted == Ruling.LET_IN:
        return let_in(user=user, slug=slug, suspect_id=suspect_id, now=now)
    if wanted not in (Ruling.KEPT_OUT, Ruling.CLOSED):
        raise ValueError(wanted)
    from_now_on = wanted == Ruling.CLOSED
    return keep_out(user=user, slug=slug, suspect_id=suspect_id, from_now_on=from_now_on, now=now)


def let_in(*, user: Person, slug: str, suspect_id: int, now: datetime) -> Suspect:
    """A lead finds nothing wrong: what was held back is learnt at its place. A repeat changes nothing.

    Raises `DoesNotExist` where the suspect is not of a queue that they lead.
    """
    with transaction.atomic():
        suspect = _locked(user, slug, suspect_id)
        if suspect.ruling != Ruling.LET_IN:
            amending.let_in(hold=suspect.hold, by=user, now=now)
            _rule(suspect, Ruling.LET_IN, user, now)
        return suspect


def keep_out(*, user: Person, slug: str, suspect_id: int, from_now_on: bool, now: datetime) -> Suspect:
    """A lead agrees: what was held back stays out. `from_now_on`: what the judge says next counts again.

    A repeat changes nothing. Raises `AlreadyRuled` where it was let in, or counts again already, and `DoesNotExist`.
    """
    wanted = Ruling.CLOSED if from_now_on else Ruling.KEPT_OUT
    with transaction.atomic():
        suspect = _locked(user, slug, suspect_id)
        if suspect.ruling == wanted:
            return suspect
        if suspect.ruling in (Ruling.LET_IN, Ruling.CLOSED):
            raise AlreadyRuled(suspect.get_ruling_display())
        if from_now_on:
            _end_hold_here(suspect, user, now)
        return _rule(suspect, wanted, user, now)


def _end_hold_here(suspect: Suspect, user: Person, now: datetime) -> None:
    """In place of the open hold one that ends at the ledger's head."""
    head = head_of(suspect.queue_id)
    bounded = amending.hold_back(
        queue=suspect.queue, since=suspect.hold.since, until=max(head, suspect.hold.since + 1), judge=suspect.judge,
        note=suspect.hold.note, by=user, now=now,
    )  # fmt: skip
    amending.let_in(hold=suspect.hold, by=user, now=now)
    suspect.hold = bounded


def _rule(suspect: Suspect, ruling: Ruling, user: Person | None, now: datetime) -> Suspect:
    suspect.ruling, suspect.ruled_by_id, suspect.ruled_at = ruling, getattr(user, "pk", None), now
    suspect.ruled_position = head_of(suspect.queue_id)
    suspect.save()
    log.info("ruled on held back verdicts", queue=suspect.queue.slug, judge=suspect.judge_id, ruling=str(ruling))
    return suspect


def _locked(user: Person, slug: str, suspect_id: int) -> Suspect:
    queue = queue_for(user, slug, Role.LEAD)
    mine = Suspect.objects.select_for_update(of=("self",)).select_related("hold__queue", "queue", "judge")
    return mine.get(pk=suspect_id, queue=queue)


def _hold_back(queue: Queue, judge_id: int, found: Suspicion, now: datetime) -> Suspect:
    hold = amending.hold_back(
        queue=queue, since=found.since, until=None, judge=_person(judge_id), note=f"gate: {found.way}", by=None, now=now
    )
    log.warning(
        "judge held back", queue=queue.slug, judge=judge_id, way=found.way, since=found.since, at=found.at,
        score=round(found.score, 1), verdicts=found.verdicts, accurate=round(found.accurate, 3),
        expected=round(found.expected, 3), known=found.known, wrong=found.wrong,
    )  # fmt: skip
    return Suspect.objects.create(
        queue=queue, judge_id=judge_id, hold=hold, way=found.way, since=found.since, at=found.at, score=found.score,
        verdicts=found.verdicts, accurate=found.accurate, expected=found.expected, known=found.known,
        wrong=found.wrong, noticed_at=now,
    )  # fmt: skip


def _close_what_was_let_in(queue: Queue) -> None:
    """A hold that was ended by itself was a lead's word on its judge: nobody waits for another."""
    waiting = Suspect.objects.select_for_update(of=("self",)).select_related("queue", "hold__ended_by__created_by")
    for suspect in waiting.filter(queue=queue, ruling=Ruling.OPEN, hold__ended_by__isnull=False):
        end = suspect.hold.ended_by
        _rule(suspect, Ruling.LET_IN, end.created_by, end.created_at)


def _person(judge_id: int) -> Person:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.get(pk=judge_id)


def _weigh(queue: Queue, vetted: Vetted, position: int, now: datetime) -> None:
    """Write the weights that moved, once in `WEIGH_EVERY` rows at most."""
    in_force = selectors.weights_in_force(queue.pk)
    last = selectors.weighed_at(queue.pk)
    moved = {int(str(judge)): weight for judge, weight in vetted.moved(in_force).items()}
    if moved and (last is None or position - last >= WEIGH_EVERY):
        amending.weigh(queue=queue, weights=moved, now=now)
        log.info("judges weighed", queue=queue.slug, weights=moved)


def _look_closer(queue: Queue, vetted: Vetted, holds: Sequence[Amendment]) -> None:
    """Check more often whom a suspicion grows about and who is held back: so it is soon seen what speaks for them."""
    held = {hold.judge_id for hold in holds if hold.judge_id is not None and hold.until is None}
    checks.look_closer(queue=queue, people=held | {int(str(judge)) for judge in vetted.doubted})


def _keep_figures(queue: Queue, evidence: Evidence, vetted: Vetted) -> None:
    by_judge: dict[int, list[Sighting]] = defaultdict(list)
    for one in evidence.sightings:
        by_judge[int(str(one.judge))].append(one)
    usual = expectations(evidence.sightings)
    judges = {*by_judge, *(int(str(judge)) for judge in vetted.team.judges)}
    rows = [_figure(queue, judge, by_judge[judge], usual.get(judge), vetted) for judge in sorted(judges)]
    JudgeFigure.objects.filter(queue=queue).exclude(judge_id__in=judges).delete()
    changing = [field.name for field in JudgeFigure._meta.fields if field.name not in ("id", "queue", "judge")]
    JudgeFigure.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["queue", "judge"], update_fields=changing
    )


def _figure(queue: Queue, judge: int, mine: Sequence[Sighting], expected: float | None, vetted: Vetted) -> JudgeFigure:
    found, known = vetted.team.of(judge), [one for one in mine if one.truth is not None]
    gaps = [one.gap_seconds for one in mine if one.gap_seconds is not None and one.gap_seconds < LONGEST_GAP_SECONDS]
    return JudgeFigure(
        queue=queue, judge_id=judge, lately=len(mine), accurate=sum(one.accurate for one in mine), expected=expected,
        pace_seconds=median(gaps) if gaps else None, seen=float(found.seen) if judge in vetted.team.judges else 0.0,
        known=len(known), known_right=sum(one.accurate == one.truth for one in known),
        checks=sum(one.check for one in known),
        checks_right=sum(one.check and one.accurate == one.truth for one in known),
        right=_limits(found.right), on_accurate=_limits(found.accurate), on_false=_limits(found.false),
        weight=vetted.weight(judge),
    )  # fmt: skip


def _limits(rate: Rate) -> list[float]:
    return [round(rate.mean, 4), round(rate.low, 4), round(rate.high, 4)]
