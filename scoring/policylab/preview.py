"""What a suppression would cover, before it is made: what stands open, and what became of alerts like those to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.utils.translation import gettext as _

from feedback.models import OpenAlert, Queue
from scoring.evidence import history_of
from scoring.facts import facts_of_alerts
from scoring.lead.tables import apart, count
from scoring.policylab.selectors import in_force
from scoring.quiet import Quiet
from scoring.services.quieting import About, covering

# The most urgent open alerts, and the newest of all alerts, that are looked through.
OPEN, NEWEST = 1_000, 1_000


@dataclass(frozen=True, slots=True)
class Preview:
    """What a suppression would cover, in words; `warning` is empty where few of the judged ones were accurate."""

    lines: list[str]
    warning: str


def preview_of(queue: Queue, about: About, now: datetime) -> Preview:
    """What would be covered, of the open alerts on the desk and of those that came last."""
    quiet = covering(about, now)
    desk = OpenAlert.objects.filter(queue=queue, visible=True).order_by("-urgency", "-alert")
    waiting = _covered(quiet, list(desk.values_list("alert", flat=True)[:OPEN]))
    history = history_of(queue.pk, NEWEST)
    covered = np.array(_covered(quiet, list(history.alert_ids)), bool)
    judged = covered & history.evidence.sampled
    accurate = int(history.evidence.label[judged].sum())
    came = _came(int(covered.sum()), len(covered), int(judged.sum()), accurate)
    return Preview(
        [came, _stays(sum(waiting), len(waiting))], _warning(int(judged.sum()), accurate, in_force(queue).version.cap)
    )


def _covered(quiet: Quiet, alert_ids: list[int]) -> list[bool]:
    facts = facts_of_alerts(alert_ids)
    return [quiet.covers(facts[pk]) for pk in alert_ids]


def _came(found: int, looked: int, judged: int, accurate: int) -> str:
    words = {"found": count(found), "looked": count(looked), "judged": count(judged), "accurate": count(accurate)}
    if judged == 0:
        return (
            _("Of the last %(looked)s alerts it would have covered %(found)s; none of these has been judged.") % words
        )
    return (
        _(
            "Of the last %(looked)s alerts it would have covered %(found)s; "
            "of these %(accurate)s of %(judged)s judged were accurate."
        )
        % words
    )


def _stays(waiting: int, looked: int) -> str:
    words = {"waiting": count(waiting), "looked": count(looked)}
    text = _(
        "It takes no open alert off the desk; "
        "it would cover %(waiting)s of the %(looked)s most urgent there, which stay."
    )
    return text % words


def _warning(judged: int, accurate: int, cap: float) -> str:
    """That what would be hidden is accurate more often than the cap on hidden accurate alerts suggests."""
    if accurate <= cap * judged:
        return ""
    limit, share = apart(cap, accurate / judged)
    text = _(
        "%(share)s of the judged ones were accurate, and the queue's cap on hidden ones is %(cap)s: "
        "real alerts would be hidden."
    )
    return text % {"share": share, "cap": limit}
