"""Taking alerts in: write them, score them with every verdict learnt, decide, expose - in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from feedback.models import Alert, Decision, Exposure, Queue, Scorer
from feedback.services import AlertDraft, ExposureDraft, Raised, Standing, expose, raise_alerts
from scoring import policy
from scoring.batch import judge_many
from scoring.facts import facts_of_alert, facts_of_draft
from scoring.features import AlertFacts
from scoring.fold import Belief
from scoring.online_model import Reason
from scoring.policy import TIERS
from scoring.replica import replica_of
from scoring.services.policies import rules_in_force
from scoring.services.quieting import end_what_got_worse

REASONS = 5
# Ledger rows learnt before a score is an opinion worth testing on blind judges.
BLIND_FROM = 30


@dataclass(frozen=True, slots=True)
class Intake:
    """The answer to one draft. In a conflict there is no score: the alert that has the id is another one.

    `blind`: its score stays off the screen until it is judged.
    """

    alert_id: int
    standing: Standing
    probability: float | None = None
    tier: str | None = None
    decision: str | None = None
    propensity: float | None = None
    position: int | None = None
    policy_version: int | None = None
    blind: bool = False
    reasons: tuple[Reason, ...] = ()


def take_in(*, queue: Queue, scorer: Scorer, drafts: Sequence[AlertDraft], now: datetime) -> list[Intake]:
    """Raise, score and expose a batch of alerts; answers in the order of the drafts.

    1. Write what is new. 2. Score it with this process's replica, caught up with the ledger. 3. Write the exposures.
    4. Answer repeats from their first exposure. All or nothing.
    """
    with transaction.atomic():
        raised = raise_alerts(queue=queue, scorer=scorer, drafts=drafts, now=now)
        answers = _score_new(queue, scorer, drafts, raised, now)
        answers |= _answer_again(queue, [one for one in raised if one.alert_id not in answers])
    return [_answer(one, answers) for one in raised]


def _score_new(
    queue: Queue, scorer: Scorer, drafts: Sequence[AlertDraft], raised: Sequence[Raised], now: datetime
) -> dict[int, Intake]:
    new = [(draft, one.alert_id) for draft, one in zip(drafts, raised, strict=True) if one.standing is Standing.CREATED]
    if not new:
        return {}
    in_force, quiet = rules_in_force(queue.pk)
    facts = [facts_of_draft(draft, scorer) for draft, _ in new]
    with replica_of(queue.pk).hold() as belief:
        judged = judge_many(belief.model, facts, REASONS)
    exposures, answers = [], {}
    ended: dict[int, int] = {}
    for (draft, alert_id), about, one in zip(new, facts, judged, strict=True):
        key = f"{scorer.name}:{draft.external_id}"
        decision = policy.decide(one.probability, about, in_force, key, quiet, now)
        if decision.worse:  # the rest of the batch comes after it
            ended |= dict.fromkeys(decision.worse, alert_id)
            quiet = tuple(each for each in quiet if each.id not in decision.worse)
        exposure = _exposure(decision, one.probability, belief, about, in_force, alert_id, draft.raised_at)
        exposures.append(exposure)
        answers[alert_id] = _intake_of(exposure, Standing.CREATED, one.reasons)
    expose(queue=queue, drafts=exposures, now=now)
    end_what_got_worse(ended, now)
    return answers


def _exposure(
    decision: policy.Decision,
    probability: float,
    belief: Belief,
    facts: AlertFacts,
    in_force: policy.Policy,
    alert_id: int,
    raised_at: datetime,
) -> ExposureDraft:
    blind = decision.blind and belief.position >= BLIND_FROM
    return ExposureDraft(
        alert_id=alert_id,
        decision=decision.decision,
        tier=TIERS.index(decision.tier),
        probability=probability,
        propensity=decision.propensity,
        policy_version=in_force.version,
        position=belief.position,
        amendment=belief.amendment,
        urgency=policy.place(
            in_force, alert_id, blind or decision.decision == "audit", decision.tier, probability, facts.upstream_score
        ),
        raised_at=raised_at,
        rule=decision.rule or "",
        upstream_score=facts.upstream_score,
        cause=decision.cause,
        blind=blind,
    )


def _answer_again(queue: Queue, raised: Iterable[Raised]) -> dict[int, Intake]:
    """What was answered when these alerts were first raised, with today's reasons."""
    repeated = {one.alert_id for one in raised if one.standing is Standing.REPEATED}
    alerts = Alert.objects.select_related("scorer", "customer").in_bulk(repeated)
    if not alerts:
        return {}
    exposures = Exposure.objects.filter(alert_id__in=alerts).order_by("-pk")
    first = {exposure.alert_id: exposure for exposure in exposures}
    with replica_of(queue.pk).hold() as belief:
        judged = judge_many(belief.model, [facts_of_alert(alert) for alert in alerts.values()], REASONS)
    return {pk: _intake_of(first[pk], Standing.REPEATED, one.reasons) for pk, one in zip(alerts, judged, strict=True)}


def _intake_of(exposure: ExposureDraft | Exposure, standing: Standing, reasons: tuple[Reason, ...]) -> Intake:
    return Intake(
        alert_id=exposure.alert_id,
        standing=standing,
        probability=exposure.probability,
        tier=TIERS[exposure.tier],
        decision=str(exposure.decision),
        propensity=exposure.propensity,
        position=exposure.position,
        policy_version=exposure.policy_version,
        blind=exposure.blind or exposure.decision == Decision.AUDIT,
        reasons=reasons,
    )


def _answer(one: Raised, answers: dict[int, Intake]) -> Intake:
    if one.standing is Standing.CONFLICT:
        return Intake(one.alert_id, Standing.CONFLICT)
    answer = answers[one.alert_id]
    if answer.standing is one.standing:
        return answer
    return replace(answer, standing=one.standing)
