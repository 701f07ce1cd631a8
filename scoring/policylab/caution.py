"""What a lead should know of a trial before it is applied: where it goes beyond the cap, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from scoring.following import least_move
from scoring.lead.prose import prose
from scoring.lead.tables import apart, count, percent
from scoring.policylab.selectors import InForce
from scoring.policylab.services import Trial
from scoring.simulation import simulate
from scoring.thresholds import Choice, Evidence

LARGE_CAP, MUCH_BLIND = 0.05, 0.25


@dataclass(frozen=True, slots=True)
class Caution:
    """What stands beside a trial. `beyond_the_cap` and `basis` are empty where there is nothing to say."""

    beyond_the_cap: str
    hints: list[str]
    basis: str


def caution_about(trial: Trial, evidence: Evidence) -> Caution:
    """What a lead should know of a trial on this history. One that hides nothing may still order little."""
    blind = _much_blind(trial)
    if trial.policy.stage != "suppress":
        return Caution("", blind, "")
    hides = trial.policy.hide_below > 0
    return Caution(
        _beyond_the_cap(trial.choice) if hides else "", _hints(trial, evidence) + blind, _basis(trial) if hides else ""
    )


def caution_about_today(in_force: InForce, choice: Choice) -> str:
    """That the policy in force hides more than its cap allows by now; empty where it does not, or follows by itself.

    `choice`: the thresholds that its own target and cap get on today's history.
    """
    hides, version = in_force.policy.hide_below, in_force.version
    if in_force.policy.stage != "suppress" or version.adaptive or hides - choice.hide_below < least_move(hides):
        return ""
    today, allowed = apart(hides, choice.hide_below)
    words = {"today": today, "allowed": allowed, "cap": percent(version.cap)}
    if choice.hide_below == 0:
        text = _(
            "This policy hides below %(today)s and does not follow the queue: by what is known today, a cap of %(cap)s "
            "allows no hiding."
        )
    else:
        text = _(
            "This policy hides below %(today)s and does not follow the queue: by what is known today, a cap of %(cap)s "
            "allows hiding below %(allowed)s."
        )
    return prose(
        text % words, _("Simulate and apply it anew; where thresholds follow the queue, they come down by themselves.")
    )


def _beyond_the_cap(choice: Choice) -> str:
    """That more of the real alerts to come may be hidden than the cap says, and why; empty where that is not so."""
    if choice.upper <= choice.cap:
        return ""
    expected = choice.expected > choice.cap
    cap, beyond = apart(choice.cap, choice.expected if expected else choice.upper)
    words = {"cap": cap, "lost": beyond if expected else percent(choice.expected)}
    words["limit"] = percent(choice.upper) if expected else beyond
    if expected:
        text = _("Beyond your cap: of the real alerts to come %(lost)s are expected to be hidden, the cap is %(cap)s.")
    else:
        text = _(
            "May go beyond your cap: of the real alerts to come up to %(limit)s may be hidden, the cap is %(cap)s "
            "(%(lost)s expected)."
        )
    why = _("The cap is kept over history and future together: so far less was hidden, so more of what comes may be.")
    return prose(text % words, why)


def _hints(trial: Trial, evidence: Evidence) -> list[str]:
    """Where the wish itself asks for little or for much."""
    goal, found = trial.wish.goal, []
    everything = simulate(evidence, replace(trial.policy, stage="rank")).precision
    if everything.value is not None and goal.target <= everything.value:
        words = {"share": percent(everything.value), "target": percent(goal.target)}
        found.append(
            _("With nothing hidden %(share)s of the alerts are real: a target of %(target)s asks for no hiding.")
            % words
        )
    if goal.cap > LARGE_CAP:
        words = {"cap": percent(goal.cap), "n": count(round(1 / goal.cap))}
        found.append(_("A cap of %(cap)s lets about one in %(n)s real alerts be hidden.") % words)
    return found


def _much_blind(trial: Trial) -> list[str]:
    """What much of the order or the hiding leaves out: a share judged blind that nobody lowered after observing."""
    share = trial.wish.blind_share
    if trial.policy.stage == "observe" or share <= MUCH_BLIND:
        return []
    text = _(
        "%(share)s of what is shown would be judged without its score and stand in a place drawn by lot, outside the "
        "model’s order. A tenth is enough to go on testing it."
    )
    return [text % {"share": percent(share)}]


def _basis(trial: Trial) -> str:
    """How many judged alerts tell what would be hidden, and how many of them are audits."""
    words = {"below": count(trial.outlook.below), "audited": count(trial.outlook.audited)}
    return (
        _(
            "What it says of hidden alerts rests on the judged ones below that threshold: %(below)s, of which "
            "%(audited)s are audits (to be hidden when they came, and drawn to be shown)."
        )
        % words
    )
