"""What the explanation of an alert shows, and to whom."""

from __future__ import annotations

from dataclasses import dataclass

from feedback import rules
from feedback.desk.selectors import is_blind
from feedback.desk.wording import LEAST_SAID
from feedback.models import Alert, Membership, Role, Source
from feedback.people import Person, id_of
from feedback.services import facts_of
from scoring.explain.breakdown import Breakdown, breakdown_of, heard
from scoring.explain.moving import Moved, moved_since_arrival
from scoring.explain.passport import Passport, passport_of
from scoring.explain.similar import Similar, similar_to
from scoring.facts import facts_of_alert
from scoring.features import extract
from scoring.online_model import Reason
from scoring.replica import replica_of

# Parts that are named one by one; the others are put together.
NAMED = 12


@dataclass(frozen=True, slots=True)
class Details:
    """Everything that stands behind the score of an alert.

    `parts`: the heaviest, none that is written as 0.0; `rest`: what the `others` weigh in sum. With `baseline` they add
    up to `log_odds`.
    """

    alert: Alert
    probability: float
    log_odds: float
    baseline: float
    parts: tuple[Reason, ...]
    others: int
    rest: float
    moved: Moved | None
    similar: Similar
    passport: Passport


def alert_for(user: Person, alert_id: int) -> Alert:
    """An alert of a person's queue. Raises `Alert.DoesNotExist` where it is not theirs, as if it did not exist.

    Whoever only labels there may read of an alert once their own answer about it stands: it was given blind.
    """
    alert = Alert.objects.select_related("queue", "scorer", "customer").get(pk=alert_id, queue__throwaway=False)
    mine = Membership.objects.filter(user_id=id_of(user), queue=alert.queue_id)
    roles = set(mine.values_list("role", flat=True))
    if not roles or (roles == {Role.LABELER} and not has_answered(user, alert)):
        raise Alert.DoesNotExist
    return alert


def has_answered(user: Person, alert: Alert) -> bool:
    """Whether a labeler's answer about an alert stands."""
    standing = rules.effective_verdicts(facts_of(alert.entries.all()))
    return any(fact.source == Source.LABELER and fact.judge == id_of(user) for fact in standing)


def details_for(user: Person, alert_id: int) -> tuple[Alert, Details | None]:
    """The details of an alert for a person; None while it is to be judged without the model.

    Raises `Alert.DoesNotExist`.
    """
    alert = alert_for(user, alert_id)
    if is_blind(alert):
        return alert, None
    return alert, details_of(alert, moved_since_arrival(alert))


def details_of(alert: Alert, moved: Moved | None = None) -> Details:
    """The details of an alert as it stands now. Reads `alert.scorer` and `alert.customer`."""
    facts = facts_of_alert(alert)
    with replica_of(alert.queue_id).hold() as belief:
        found = breakdown_of(belief.model, facts, extract(facts, belief.config))
        passport = passport_of(alert.queue_id, belief, found.probability)
    parts = heard(found.parts)
    named = [part for part in parts if abs(part.contribution) >= LEAST_SAID][:NAMED]
    return Details(
        alert, found.probability, found.log_odds, found.baseline, tuple(named), len(parts) - len(named),
        _rest(found, named), moved, similar_to(alert), passport,
    )  # fmt: skip


def _rest(found: Breakdown, named: list[Reason]) -> float:
    return found.log_odds - found.baseline - sum(part.contribution for part in named)
