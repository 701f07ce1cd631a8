"""Taking alerts in: write them, score them with every verdict learnt, decide, expose - in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from feedback.models import Alert, Exposure, Queue, Scorer, Tier
from feedback.services import AlertDraft, ExposureDraft, Raised, Standing, expose, raise_alerts
from scoring import policy
from scoring.facts import facts_of_alert, facts_of_draft
from scoring.features import AlertFacts, extract
from scoring.fold import Belief
from scoring.online_model import Reason
from scoring.replica import replica_of
from scoring.services.policies import policy_in_force

REASONS = 5


@dataclass(frozen=True, slots=True)
class Intake:
    """The answer to one draft. In a conflict there is no score: the alert that has the id is another one."""

    alert_id: int
    standing: Standing
    probability: float | None = None
    tier: str | None = None
    decision: str | None = None
    propensity: float | None = None
    position: int | None = None
    policy_version: int | None = None
    reasons: tuple[Reason, ...] = ()


def take_in(*, queue: Queue, scorer: Scorer, drafts: Sequence[AlertDraft], now: datetime) -> list[Intake]:
    """Raise, score and expose a batch of alerts; answers in the order of the drafts.

    1. Write what is new. 2. Score it with this process's replica, caught up with the ledger. 3. Write the exposures.
    4. Answer repeats from their first exposure. All or nothing.
    """
    with transaction.atomic():
        raised = raise_alerts(queue=queue, scorer=scorer, drafts=drafts, now=now)
        answers = _score_new(queue, scorer, drafts, raised, now)
        answers |= _answer_again({one.alert_id for one in raised} - answers.keys())
    return [_answer(one, answers) for one in raised]


def _score_new(
    queue: Queue, scorer: Scorer, drafts: Sequence[AlertDraft], raised: Sequence[Raised], now: datetime
) -> dict[int, Intake]:
    new = [(draft, one.alert_id) for draft, one in zip(drafts, raised, strict=True) if one.standing is Standing.CREATED]
    if not new:
        return {}
    in_force = policy_in_force(queue.pk)
    exposures, answers = [], {}
    with replica_of(queue.pk).hold() as belief:
        for draft, alert_id in new:
            key = f"{scorer.name}:{draft.external_id}"
            exposure, reasons = _judge(belief, in_force, facts_of_draft(draft, scorer), key, alert_id, draft.raised_at)
            exposures.append(exposure)
            answers[alert_id] = _intake_of(exposure, Standing.CREATED, reasons)
    expose(queue=queue, drafts=exposures, now=now)
    return answers


def _judge(
    belief: Belief, in_force: policy.Policy, facts: AlertFacts, key: str, alert_id: int, raised_at: datetime
) -> tuple[ExposureDraft, tuple[Reason, ...]]:
    features = extract(facts, belief.config)
    probability = belief.model.predict(features)
    decision = policy.decide(probability, facts, in_force, key)
    exposure = ExposureDraft(
        alert_id=alert_id,
        decision=decision.decision,
        tier=Tier[decision.tier.upper()],
        probability=probability,
        propensity=decision.propensity,
        policy_version=in_force.version,
        position=belief.position,
        urgency=policy.urgency(in_force.stage, decision.tier, probability, facts.upstream_score),
        raised_at=raised_at,
        rule=decision.rule or "",
        upstream_score=facts.upstream_score,
    )
    return exposure, tuple(belief.model.reasons(facts, features, top=REASONS))


def _answer_again(alert_ids: Iterable[int]) -> dict[int, Intake]:
    """What was answered when these alerts were first raised, with today's reasons."""
    alerts = Alert.objects.select_related("scorer").in_bulk(list(alert_ids))
    if not alerts:
        return {}
    exposures = Exposure.objects.filter(alert_id__in=alerts).order_by("-pk")
    first = {exposure.alert_id: exposure for exposure in exposures}
    with replica_of(next(iter(alerts.values())).queue_id).hold() as belief:
        return {pk: _intake_of(first[pk], Standing.REPEATED, _reasons(belief, alert)) for pk, alert in alerts.items()}


def _reasons(belief: Belief, alert: Alert) -> tuple[Reason, ...]:
    facts = facts_of_alert(alert)
    return tuple(belief.model.reasons(facts, extract(facts, belief.config), top=REASONS))


def _intake_of(exposure: ExposureDraft | Exposure, standing: Standing, reasons: tuple[Reason, ...]) -> Intake:
    return Intake(
        alert_id=exposure.alert_id,
        standing=standing,
        probability=exposure.probability,
        tier=Tier(exposure.tier).name.lower(),
        decision=str(exposure.decision),
        propensity=exposure.propensity,
        position=exposure.position,
        policy_version=exposure.policy_version,
        reasons=reasons,
    )


def _answer(one: Raised, answers: dict[int, Intake]) -> Intake:
    if one.standing is Standing.CONFLICT:
        return Intake(one.alert_id, Standing.CONFLICT)
    answer = answers[one.alert_id]
    if answer.standing is one.standing:
        return answer
    return replace(answer, standing=one.standing)
