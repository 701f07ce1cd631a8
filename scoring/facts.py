"""What a model may see of an alert: the same from a stored alert as from the draft it was made of."""

from feedback.models import Alert, Scorer
from feedback.services import AlertDraft
from scoring.features import AlertFacts


def facts_of_alert(alert: Alert) -> AlertFacts:
    """The facts of a stored alert. Reads `alert.scorer`: select it along."""
    return AlertFacts(
        text=alert.text,
        features=alert.features,
        upstream_score=alert.upstream_score,
        scorer=alert.scorer.name,
        scorer_version=alert.scorer_version,
    )


def facts_of_draft(draft: AlertDraft, scorer: Scorer) -> AlertFacts:
    """The facts of an alert that is being raised."""
    return AlertFacts(
        text=draft.text,
        features=draft.features,
        upstream_score=draft.upstream_score,
        scorer=scorer.name,
        scorer_version=draft.scorer_version,
    )
