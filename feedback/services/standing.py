"""The open alerts: which alerts wait for a verdict, and where they stand."""

from datetime import datetime

from feedback.models import Decision, Exposure, OpenAlert


def reopen(*, alert_id: int, now: datetime) -> OpenAlert:
    """Put an alert back before the reps, standing where its last exposure put it until the next re-ranking."""
    exposure = Exposure.objects.filter(alert_id=alert_id).select_related("alert").latest("pk")
    standing, _created = OpenAlert.objects.get_or_create(
        alert_id=alert_id,
        defaults={
            "queue_id": exposure.queue_id,
            "visible": exposure.decision != Decision.HIDE,
            "blind": exposure.decision == Decision.AUDIT,
            "tier": exposure.tier,
            "probability": exposure.probability,
            "position": exposure.position,
            "upstream_score": exposure.alert.upstream_score,
            "hard": bool(exposure.rule),
            "urgency": exposure.tier + exposure.probability,
            "raised_at": exposure.alert.raised_at,
            "opened_at": now,
        },
    )
    return standing
