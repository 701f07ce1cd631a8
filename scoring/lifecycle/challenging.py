"""A challenger learns beside the champion: start, work, promote or drop, and go back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from feedback.locks import Lock, take, turn
from feedback.models import Queue
from feedback.people import Person
from feedback.selectors import head_of
from scoring import checkpoints
from scoring.amended import amendments_of
from scoring.each import each
from scoring.facts import facts_of_alerts
from scoring.features import extract
from scoring.fold import Belief, Way, configuration_of
from scoring.lifecycle.presets import changed, parameters_of
from scoring.lifecycle.selectors import comparison_of, reigned
from scoring.models import Challenger, ChallengerEnd, ModelConfiguration, Reign, ShadowScore
from scoring.services import generations
from scoring.services.amending import appoint

# Shadow scores kept for each challenger, and how many of the alerts that had arrived before it are scored: the
# comparison says something from the first hour on, and is of the newest alerts.
KEPT_SCORES = 4_000
FROM_HISTORY = 2_000
# Alerts scored, and ledger rows learnt, in one turn.
TURN_ALERTS, TURN_ROWS = 400, 5_000


_beliefs: dict[int, Belief] = {}


class ChallengerRuns(ValueError):
    """A queue has one challenger at a time: promote or drop it first."""


class NothingDiffers(ValueError):
    """A challenger that is the champion over again would tell nothing."""


class ChallengerEnded(ValueError):
    """The challenger was promoted or dropped already."""


class TooFewJudged(ValueError):
    """Nothing is put in force before it has been compared with what serves."""


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert to score: as the champion did, at the position that it had learnt."""

    alert_id: int
    position: int


def start(*, queue: Queue, preset: str, by: Person | None, now: datetime) -> Challenger:
    """Freeze the champion's configuration with a preset's changes, and let it learn beside it.

    Raises `ChallengerRuns`, `NothingDiffers`; `PresetUnknown` or `ConfigInvalid` for what is no configuration.
    """
    with transaction.atomic():
        take(Lock.LEDGER, queue.pk)
        if Challenger.objects.filter(queue=queue, ended_at__isnull=True).exists():
            raise ChallengerRuns(_("A challenger is learning already: promote or drop it first."))
        champion = configuration_of(queue.pk).parameters
        parameters = parameters_of(preset, champion)
        if not changed(champion, parameters):
            raise NothingDiffers(_("This is what is in force: choose something else to try."))
        newest = ModelConfiguration.objects.filter(queue=queue).aggregate(newest=Max("version"))["newest"]
        configuration = ModelConfiguration.objects.create(
            queue=queue, version=newest + 1, parameters=parameters, reign=Reign.ON_TRIAL
        )
        return Challenger.objects.create(
            queue=queue,
            configuration=configuration,
            preset=preset,
            started_by_id=getattr(by, "pk", None),
            started_at=now,
        )


def promote(*, challenger: Challenger, by: Person, now: datetime) -> Challenger:
    """The challenger's configuration comes into force, with all that it has learnt. The policy stays as it is.

    Raises `ChallengerEnded`, and `TooFewJudged` where there is no comparison yet; nothing is written then. A repeat of
    the same answers the same.
    """
    with transaction.atomic():
        if _end(challenger, ChallengerEnd.PROMOTED, by, now):
            if comparison_of(challenger) is None:
                raise TooFewJudged(
                    _(
                        "Too few judged alerts have both scores: "
                        "at least ten accurate ones and ten false ones are compared."
                    )
                )
            appoint(queue=challenger.queue, configuration=challenger.configuration, by=by, now=now)
    challenger.refresh_from_db()
    return challenger


def drop(*, challenger: Challenger, by: Person, now: datetime) -> Challenger:
    """The challenger stops learning. Raises `ChallengerEnded`; a repeat of the same answers the same."""
    with transaction.atomic():
        if _end(challenger, ChallengerEnd.DROPPED, by, now):
            challenger.configuration.checkpoints.all().delete()
    challenger.refresh_from_db()
    return challenger


def put_in_force(*, queue: Queue, version: int, by: Person, now: datetime) -> ModelConfiguration:
    """Take the model back to a configuration that has been in force. A repeat answers the same.

    Raises `ModelConfiguration.DoesNotExist` for any other.
    """
    with transaction.atomic():
        take(Lock.LEDGER, queue.pk)
        wanted = reigned(queue.pk).get(version=version)
        if configuration_of(queue.pk).pk != wanted.pk:
            appoint(queue=queue, configuration=wanted, by=by, now=now)
    return wanted


def challenge_all(*, now: datetime) -> int:
    """A turn for every challenger; returns how many alerts they scored."""
    contests = Challenger.objects.filter(ended_at__isnull=True).values_list("pk", flat=True)
    return sum(each(contests, lambda pk: work(challenger_id=pk, now=now)))


def work(*, challenger_id: int, now: datetime) -> int:
    """A turn: score what arrived, each alert at the position at which the champion scored it, and learn on.

    1. One worker at a time. 2. Learn up to where the next alert was scored, score it, and so on; what the ledger says
    after that is learnt next time, when those that arrived since were scored. 3. Keep a checkpoint; train and adopt the
    generation that is due. Returns how many alerts were scored.
    """
    running = Challenger.objects.select_related("queue", "configuration").filter(ended_at__isnull=True)
    with turn(Lock.CHALLENGE, challenger_id) as mine:  # no transaction: training takes seconds
        challenger = running.filter(pk=challenger_id).first() if mine else None
        return 0 if challenger is None else _work(challenger, now)


def _work(challenger: Challenger, now: datetime) -> int:
    head = head_of(challenger.queue_id)
    waiting = _waiting(challenger)
    end = min(head, challenger.position + TURN_ROWS)
    scores: list[ShadowScore] = []
    for position, group in groupby(waiting, key=lambda one: one.position):
        if position > end:
            break
        scores += _scored(challenger, _belief(challenger, position), [one.alert_id for one in group])
    ShadowScore.objects.bulk_create(scores, ignore_conflicts=True)
    belief = _belief(challenger, end if len(waiting) < TURN_ALERTS else min(end, waiting[-1].position))
    _keep(challenger, belief, now)
    Challenger.objects.filter(pk=challenger.pk).update(position=belief.position)
    _forget_old(challenger)
    return len(scores)


def _belief(challenger: Challenger, position: int) -> Belief:
    """The challenger's model at a position at or after where it is."""
    configuration = challenger.configuration
    known = _beliefs.pop(configuration.pk, None)
    if known is not None and known.position > position:
        known = None
    way = Way(configuration, position, amendments_of(challenger.queue_id))
    belief = _beliefs[configuration.pk] = way.go(known)
    return belief


def _keep(challenger: Challenger, belief: Belief, now: datetime) -> None:
    configuration = challenger.configuration
    if checkpoints.is_due(configuration, belief.position, belief.amendment, now):
        checkpoints.write(configuration, belief.model, belief.position, now, belief.amendment)
    generations.advance(queue=challenger.queue, belief=belief, now=now, configuration=configuration)


def _scored(challenger: Challenger, belief: Belief, alert_ids: Sequence[int]) -> list[ShadowScore]:
    facts = facts_of_alerts(alert_ids)
    return [
        ShadowScore(
            challenger=challenger,
            alert_id=pk,
            probability=belief.model.predict(extract(facts[pk], belief.config)),
            position=belief.position,
        )
        for pk in alert_ids
    ]


# By its first exposure: when an alert is raised again, its label may have been learnt.
_WAITING = """
    SELECT alert_id, position FROM (
        SELECT DISTINCT ON (e.alert_id) e.alert_id, e.position, e.id FROM feedback_exposure e
        WHERE e.queue_id = %(queue)s AND e.id > %(since)s
        AND NOT EXISTS (SELECT 1 FROM scoring_shadowscore s WHERE s.challenger_id = %(challenger)s
                        AND s.alert_id = e.alert_id)
        AND NOT EXISTS (SELECT 1 FROM feedback_exposure earlier WHERE earlier.alert_id = e.alert_id
                        AND earlier.id <= %(since)s)
        ORDER BY e.alert_id, e.id
    ) waiting WHERE position >= %(position)s ORDER BY position, id LIMIT %(limit)s
"""
_SINCE = "SELECT id FROM feedback_exposure WHERE queue_id = %s ORDER BY id DESC OFFSET %s LIMIT 1"


def _waiting(challenger: Challenger) -> list[Raised]:
    """The alerts to score next, in the order of the positions at which the champion scored them."""
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, [challenger.queue_id, FROM_HISTORY])
        oldest = cursor.fetchone()
        asked = {
            "queue": challenger.queue_id, "since": oldest[0] if oldest else 0, "challenger": challenger.pk,
            "position": challenger.position, "limit": TURN_ALERTS,
        }  # fmt: skip
        cursor.execute(_WAITING, asked)
        return [Raised(*row) for row in cursor.fetchall()]


def _forget_old(challenger: Challenger) -> None:
    newest = ShadowScore.objects.filter(challenger=challenger).order_by("-pk").values_list("pk", flat=True)
    oldest = next(iter(newest[KEPT_SCORES : KEPT_SCORES + 1]), None)
    if oldest is not None:
        ShadowScore.objects.filter(challenger=challenger, pk__lte=oldest).delete()


def _end(challenger: Challenger, how: ChallengerEnd, by: Person, now: datetime) -> bool:
    """End a contest; False where it had ended in just this way."""
    locked = Challenger.objects.select_for_update(of=("self",)).get(pk=challenger.pk)
    if locked.ended_at is not None:
        if locked.ended != how:
            raise ChallengerEnded(_("This contest has ended already."))
        return False
    Challenger.objects.filter(pk=locked.pk).update(ended=how, ended_by_id=by.pk, ended_at=now)
    _beliefs.pop(locked.configuration_id, None)
    return True
