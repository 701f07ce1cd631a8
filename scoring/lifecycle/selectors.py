"""Reads of a queue's life cycle: drift, the model that serves, its past, its challenger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.functions import Length

from scoring.amended import amendments_of
from scoring.amendments import Amendments
from scoring.fold import configuration_of
from scoring.lead.rollups import BLOCK_SIZE
from scoring.learner.model_config import ModelConfig
from scoring.lifecycle.comparison import Comparison, compare
from scoring.lifecycle.footprint import footprint
from scoring.lifecycle.presets import Change, changed, offers
from scoring.models import (
    Amendment,
    AmendmentKind,
    Challenger,
    ChallengerEnd,
    Checkpoint,
    DriftAlarm,
    FailedTraining,
    Generation,
    JudgedAlert,
    LearningBlock,
    ModelConfiguration,
    Reign,
    ShadowScore,
)
from scoring.replica import replica_of
from scoring.services.generations import failures, missing, withdrawn

RECENT = 20
RECENT_BLOCKS = 10


@dataclass(frozen=True, slots=True)
class Learner:
    """The model that serves: its passport, how far it is, and how much room it takes.

    `retraining`: the generations that are being trained again; `failed`: the newest that could not be trained.
    """

    passport: dict[str, Any]
    position: int
    behind: int
    stale: bool
    version: int
    changed: list[Change]
    report: dict[str, Any]
    held_back: int
    retraining: frozenset[int]
    failed: FailedTraining | None
    experience_queues: int
    bytes_held: int
    checkpoints: int
    checkpoint_bytes: int
    newest_checkpoint_bytes: int


@dataclass(frozen=True, slots=True)
class GenerationLine:
    """A generation, the position at which it was adopted, and whether it serves."""

    generation: Generation
    since: int | None
    in_force: bool


@dataclass(frozen=True, slots=True)
class Past:
    """Where the model can be taken back to, what is held back, and the generations and configurations it has had.

    `auc`: by position of a checkpoint, that of the `RECENT_BLOCKS` learning blocks before it; 0.5 orders nothing.
    `counted_to`: the last position up to a given one whose verdicts are not all held back.
    """

    checkpoints: list[Checkpoint]
    auc: dict[int, float]
    holds: list[Amendment]
    generations: list[GenerationLine]
    reigned: list[ModelConfiguration]
    in_force: ModelConfiguration
    counted_to: Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Contest:
    """The challenger, if there is one, beside the champion on the alerts that both have scored.

    `offers`: what could be tried where there is none, with what each would change.
    """

    challenger: Challenger | None
    scored: int
    changed: list[Change]
    comparison: Comparison | None
    dropped: list[Challenger]
    offers: dict[str, list[Change]]


def alarms_of(queue_id: int, closed: bool = False) -> list[DriftAlarm]:
    """A queue's open drift alarms, newest first; with `closed`, its recent closed ones behind them."""
    alarms = DriftAlarm.objects.filter(queue_id=queue_id).select_related("acknowledged_by").order_by("-opened_at")
    found = list(alarms.filter(closed_at__isnull=True))
    return found + list(alarms.filter(closed_at__isnull=False)[:RECENT]) if closed else found


def drift_level(queue_id: int) -> float:
    """How much the newest alerts differ from what the model has learnt on: 0 (not at all) to 1.

    1 is an error that moved by four times what is worth a word, just now; it fades over the 1,000 alerts or labels in
    which the new level becomes the usual one. Inputs count half: they may move where the model does not mind.
    """
    found = DriftAlarm.objects.filter(queue_id=queue_id, closed_at__isnull=True).aggregate(level=Max("level"))
    return float(found["level"] or 0.0)


def reigned(queue_id: int) -> QuerySet[ModelConfiguration]:
    """The configurations that are or have been in force, newest first."""
    mine = ModelConfiguration.objects.filter(queue_id=queue_id)
    in_force = mine.filter(Q(reign=Reign.AT_ONCE) | Q(appointments__kind=AmendmentKind.APPOINT))
    return in_force.select_related("challenger").distinct().order_by("-version")


def learner_of(queue_id: int) -> Learner:
    """The model that this process serves now, every committed verdict learnt."""
    configuration = configuration_of(queue_id)
    amendments = amendments_of(queue_id)
    with replica_of(queue_id).hold() as belief:
        passport, held = belief.model.passport(), footprint(belief.model)
        milestones, wanted = dict(belief.model.milestones), missing(belief, configuration, amendments)
    failed = failures(configuration, wanted, milestones)
    outdated = {one.learnt for one in withdrawn(amendments, configuration.pk, milestones)}
    newest = Checkpoint.objects.filter(configuration=configuration).annotate(size=Length("payload"))
    sizes = Checkpoint.objects.filter(queue_id=queue_id).aggregate(count=Count("pk"), total=Sum(Length("payload")))
    return Learner(
        passport, belief.position, belief.behind, belief.stale,
        configuration.version, changed(ModelConfig().to_dict(), configuration.parameters),
        _report(configuration, passport), len(amendments.holds),
        frozenset(outdated - {one.learnt for one in failed}), next(iter(failed), None),
        configuration.experience_queues, held,
        sizes["count"], sizes["total"] or 0,
        newest.order_by("-position").values_list("size", flat=True).first() or 0,
    )  # fmt: skip


def past_of(queue_id: int, serving: Mapping[str, Any] | None) -> Past:
    """What a lead can go back to. Checkpoints without their bytes. `serving`: the generation, as a passport has it."""
    configuration, amendments = configuration_of(queue_id), amendments_of(queue_id)
    kept = Checkpoint.objects.filter(configuration=configuration).defer("payload").order_by("-position")
    numbers = [hold.number for hold in amendments.holds]
    holds = Amendment.objects.filter(queue_id=queue_id, number__in=numbers).select_related("judge", "created_by")
    checkpoints = list(kept)
    auc = _auc_before(queue_id, [one.position for one in checkpoints])
    return Past(
        checkpoints, auc, list(holds.order_by("-number")), _generations(configuration, amendments, serving),
        list(reigned(queue_id)), configuration, amendments.counted_to,
    )  # fmt: skip


def _generations(
    configuration: ModelConfiguration, amendments: Amendments, serving: Mapping[str, Any] | None
) -> list[GenerationLine]:
    """The newest generations of a configuration, and the one that serves: last adopted first, by position.

    Their counts of labels are no order: after a roll-back fewer are learnt at a later position.
    """
    since = {row.generation: (row.since, row.number) for row in amendments.adoptions(configuration.pk)}
    digest = serving["digest"] if serving else ""
    trained = list(Generation.objects.filter(configuration=configuration).defer("payload").order_by("-trained_at"))
    trained.sort(key=lambda one: since.get(one.pk, (inf, inf)), reverse=True)
    lines = [GenerationLine(one, since.get(one.pk, (None,))[0], one.digest == digest) for one in trained]
    return [line for number, line in enumerate(lines) if number < RECENT or line.in_force]


def contest_of(queue_id: int) -> Contest:
    """The challenger and the champion, alert by alert: each probability was made before the label was known."""
    contests = Challenger.objects.filter(queue_id=queue_id).select_related("configuration", "started_by", "ended_by")
    challenger = contests.filter(ended_at__isnull=True).first()
    dropped = list(contests.filter(ended=ChallengerEnd.DROPPED)[:RECENT])
    champion = configuration_of(queue_id).parameters
    if challenger is None:
        return Contest(None, 0, [], None, dropped, offers(champion))
    scores = _scores_of(challenger)
    differs = changed(champion, challenger.configuration.parameters)
    return Contest(challenger, len(scores), differs, _compared(scores), dropped, {})


def comparison_of(challenger: Challenger) -> Comparison | None:
    """How a challenger does on the judged alerts that both have scored; None where those are too few."""
    return _compared(_scores_of(challenger))


def _scores_of(challenger: Challenger) -> dict[int, float]:
    return dict(ShadowScore.objects.filter(challenger=challenger).values_list("alert_id", "probability"))


def _compared(scores: dict[int, float]) -> Comparison | None:
    judged = JudgedAlert.objects.filter(alert__in=scores.keys()).values_list("alert_id", "probability", "accurate")
    rows = list(judged)
    return compare([row[1] for row in rows], [scores[row[0]] for row in rows], [row[2] for row in rows])


def _report(configuration: ModelConfiguration, passport: dict[str, Any]) -> dict[str, Any]:
    """What was measured of the generation that serves."""
    serving = passport["generation"]
    if serving is None:
        return {}
    rows = Generation.objects.filter(configuration=configuration, digest=serving["digest"])
    return rows.values_list("report", flat=True).first() or {}


def _auc_before(queue_id: int, positions: list[int]) -> dict[int, float]:
    """How well alerts were ordered on arrival, in the blocks that end before each position."""
    rows = LearningBlock.objects.filter(queue_id=queue_id).values_list("number", "pairs", "concordant")
    blocks = {number: (pairs, concordant) for number, pairs, concordant in rows}
    found = {}
    for position in positions:
        last = position // BLOCK_SIZE
        near = [blocks[n] for n in range(last - RECENT_BLOCKS, last) if n in blocks]
        if pairs := sum(one[0] for one in near):
            found[position] = sum(one[1] for one in near) / pairs
    return found
