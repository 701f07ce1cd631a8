"""The open alerts: which alerts wait for a verdict, and where they stand."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from feedback.models import Alert, Decision, Exposure, OpenAlert
from feedback.people import Person, id_of

# The cause of an exposure by which a person raises a hidden alert again.
AGAIN = "again"
# Where a blind alert stands that is open again, until scoring gives it its place back.
BLIND_AGAIN = 0.5


def raise_again(*, alert: Alert, by: Person, now: datetime) -> bool:
    """Put a hidden alert before the reps because a person wants it there. False where it is not hidden: a repeat.

    Its new exposure says by whom, and shows it for certain (propensity 1). It is no draw: what the hidden alerts are
    like is estimated from the audits among them, and an alert that a person picked stands for none but itself.
    """
    with transaction.atomic():
        standing = OpenAlert.objects.select_for_update().filter(alert=alert, visible=False).first()
        if standing is None:
            return False
        last = Exposure.objects.filter(alert=alert).latest("pk")
        Exposure.objects.create(
            alert=alert, queue_id=alert.queue_id, decision=Decision.SHOW, tier=standing.tier, propensity=1.0,
            probability=standing.probability, policy_version=last.policy_version, position=standing.position,
            amendment=last.amendment, cause=AGAIN, raised_by_id=id_of(by), decided_at=now,
        )  # fmt: skip
        standing.visible, standing.blind, standing.opened_at = True, False, now
        standing.save(update_fields=["visible", "blind", "opened_at"])
    return True


def raise_all_again(*, alerts: Sequence[Alert], by: Person, now: datetime) -> int:
    """Raise alerts again, all or none; how many of them were hidden."""
    with transaction.atomic():
        return sum(raise_again(alert=one, by=by, now=now) for one in sorted(alerts, key=lambda one: one.pk))


def reopen(*, alert_id: int, now: datetime) -> bool:
    """Put an alert back before the reps, standing where its last exposure put it; False where it is open: a repeat.

    That is of the day it came: scoring hears of it and says where it stands now. One that is judged blind stands at the
    same place as all of them until then: its own would give the score away.
    """
    exposure = Exposure.objects.filter(alert_id=alert_id).select_related("alert").latest("pk")
    blind = exposure.blind or exposure.decision == Decision.AUDIT
    _standing, created = OpenAlert.objects.get_or_create(
        alert_id=alert_id,
        defaults={
            "queue_id": exposure.queue_id,
            "visible": exposure.decision != Decision.HIDE,
            "blind": blind,
            "tier": exposure.tier,
            "probability": exposure.probability,
            "position": exposure.position,
            "upstream_score": exposure.alert.upstream_score,
            "hard": bool(exposure.rule),
            "urgency": BLIND_AGAIN if blind else exposure.tier + exposure.probability,
            "raised_at": exposure.alert.raised_at,
            "opened_at": now,
        },
    )
    return created
