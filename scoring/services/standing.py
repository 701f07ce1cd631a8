"""Where one alert stands that is open again, without waiting for the next re-ranking."""

from __future__ import annotations

import numpy as np

from feedback.models import OpenAlert
from scoring import policy
from scoring.facts import facts_of_alert
from scoring.features import extract
from scoring.policy import TIERS
from scoring.replica import replica_of
from scoring.services.policies import policy_in_force


def stand_again(*, alert_id: int) -> None:
    """Give an open alert the tier, the probability and the place that the next re-ranking will give it.

    A verdict that was taken back put it where its exposure had it, the day it came. What was judged meanwhile is not
    open, and what a worker has re-ranked for a later position stays as it is.
    """
    standing = OpenAlert.objects.select_related("alert__scorer", "alert__customer").filter(alert=alert_id).first()
    if standing is None:
        return
    in_force, facts = policy_in_force(standing.queue_id), facts_of_alert(standing.alert)
    with replica_of(standing.queue_id).hold() as belief:
        position, probability = belief.position, belief.model.predict(extract(facts, belief.config))
    tier = standing.tier if standing.hard else int(policy.tiers(np.array([probability]), in_force)[0])
    urgency = policy.place(in_force, alert_id, standing.blind, TIERS[tier], probability, facts.upstream_score)
    OpenAlert.objects.filter(alert=alert_id, position__lte=position).update(
        tier=tier, probability=probability, urgency=urgency, position=position
    )
