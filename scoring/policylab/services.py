"""Changes to a queue's policy: a lead's step, a step back, and thresholds that follow the queue."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from feedback.models import Queue
from feedback.people import Person
from scoring import policy
from scoring.evidence import History, fall_under, history_of
from scoring.following import with_threshold
from scoring.models import PolicyVersion
from scoring.models.policies import Origin
from scoring.policylab import selectors
from scoring.policylab.returning import what_returns
from scoring.policylab.selectors import InForce
from scoring.services.policies import KEPT, change_policy
from scoring.simulation import Outlook, simulate
from scoring.stages import Apprentice, Condition, conditions, is_step_up
from scoring.thresholds import Choice, Goal, choose


class StepRefused(Exception):
    """The condition of the step is not met. `unmet` says what is missing; nothing was written."""

    def __init__(self, unmet: list[Condition], reason_helps: bool) -> None:
        super().__init__(f"not met: {', '.join(one.asked for one in unmet)}")
        self.unmet, self.reason_helps = unmet, reason_helps


class VersionMoved(Exception):
    """Somebody, or the worker, changed the policy since the page was made. Look at it again; nothing was written."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a lead asks of a policy."""

    stage: policy.Stage
    goal: Goal
    audit_share: float
    audit_share_orange: float
    audit_share_red: float
    blind_share: float
    adaptive: bool
    orange_from: float
    hard_rules: tuple[dict[str, Any], ...] = ()

    @property
    def fingerprint(self) -> str:
        """A digest of all that is asked."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Trial:
    """A wish tried on a queue's history: the policy it would make, and what that would have done."""

    wish: Wish
    choice: Choice
    policy: policy.Policy
    outlook: Outlook
    conditions: list[Condition]
    leaves_out_a_stage: bool

    @property
    def fingerprint(self) -> str:
        """Names the wish: what is applied must be what was simulated."""
        return self.wish.fingerprint

    @property
    def unmet(self) -> list[Condition]:
        """What the step still lacks."""
        return [one for one in self.conditions if not one.met]

    @property
    def lacks_something(self) -> bool:
        """Whether the step may not be taken as it is."""
        return bool(self.unmet) or self.leaves_out_a_stage

    @property
    def reason_helps(self) -> bool:
        """Whether a step that lacks something may be taken for a reason."""
        return self.wish.stage == "rank"

    @property
    def is_offered(self) -> bool:
        """Whether there is a way to apply it."""
        return self.reason_helps or not self.lacks_something


def try_out(wish: Wish, now_in_force: InForce, history: History, score: Apprentice) -> Trial:
    """What a wish would make of a queue's history.

    Raises `scoring.policy.RuleInvalid` where a hard rule cannot be read.
    """
    rules = policy.rules_from(wish.hard_rules)
    hard = fall_under(rules, history.alert_ids)
    evidence = replace(history.evidence, hard=hard)
    choice = choose(evidence, wish.goal, _audits(wish, now_in_force.policy.drift))
    asked_for = replace(
        now_in_force.policy, stage=wish.stage, hide_below=0.0, orange_from=wish.orange_from,
        red_from=max(wish.orange_from, now_in_force.policy.red_from),
        audit_share=wish.audit_share, audit_share_orange=wish.audit_share_orange, audit_share_red=wish.audit_share_red,
        blind_share=wish.blind_share, hard_rules=rules,
    )  # fmt: skip
    tried, before = with_threshold(asked_for, choice), now_in_force.policy.stage
    asked = conditions(before, score, choice) if is_step_up(before, wish.stage) else []
    return Trial(wish, choice, tried, simulate(evidence, tried), asked, _leaves_out_a_stage(before, wish.stage))


def apply_wish(
    *, queue: Queue, wish: Wish, seen_version: int, by: Person, now: datetime, note: str = "", overrule: bool = False
) -> PolicyVersion:
    """Append the version that a lead's wish makes of the queue as it is now.

    1. Refuse where another version came since the page was made, or where a stage is left out. 2. Try the wish on the
    history. 3. Refuse a step whose condition is not met - except into *rank*, for a reason that is recorded: an order
    hides nothing, and its price can be seen; what suppress hides without evidence, nobody can see. 4. Append.
    Raises `VersionMoved`, `StepRefused`, `scoring.policy.RuleInvalid`; nothing is written then.
    """
    with transaction.atomic():
        Queue.objects.select_for_update(no_key=True).get(pk=queue.pk)
        now_in_force = selectors.in_force(queue)
        if now_in_force.version.version != seen_version:
            raise VersionMoved(f"version {now_in_force.version.version} is in force, not {seen_version}")
        history, score = history_of(queue.pk), selectors.apprentice_of(queue.pk)
        trial = try_out(wish, now_in_force, history, score)
        _require(trial, bool(overrule and note.strip()))
        return change_policy(queue=queue, now=now, changed_by=by, note=note.strip(), **_fields_of(trial))


def go_back(
    *, queue: Queue, to_version: int, seen_version: int, by: Person, now: datetime, note: str = ""
) -> PolicyVersion:
    """Append a version that is what an earlier one was.

    Never a step up: a version that hides more than today's stage allows is reached by the conditions, not by history.
    Except for one: what was in force right before a lead's own newest step comes back whatever its stage. Where it
    hides more than today's policy, then no more than its own cap allows by today's evidence (`what_returns`).
    Raises `VersionMoved`, `StepRefused`, `PolicyVersion.DoesNotExist`.
    """
    with transaction.atomic():
        Queue.objects.select_for_update(no_key=True).get(pk=queue.pk)
        now_in_force = selectors.in_force(queue)
        if now_in_force.version.version != seen_version:
            raise VersionMoved(f"version {now_in_force.version.version} is in force, not {seen_version}")
        old = PolicyVersion.objects.get(queue=queue, version=to_version, version__lt=seen_version)
        if not may_come_back(old, now_in_force.version, selectors.undone_by(queue, by)):
            raise StepRefused([], reason_helps=False)
        kept = {name: getattr(old, name) for name in KEPT if name != "drift"}
        found = what_returns(old, now_in_force, history_of(queue.pk))
        return change_policy(
            queue=queue, now=now, changed_by=by, note=note.strip(), origin=Origin.BACK, restores=to_version,
            expected=found.expected, **{**kept, "hide_below": found.hide_below},
        )  # fmt: skip


def may_come_back(old: PolicyVersion, newest: PolicyVersion, undone: PolicyVersion | None) -> bool:
    """Whether a lead may go back to an older version: no step up, or the one that undoes their own newest step."""
    return old == undone or not is_step_up(policy_stage(newest), policy_stage(old))


def policy_stage(version: PolicyVersion) -> policy.Stage:
    """The stage of a stored version."""
    return {"observe": "observe", "rank": "rank", "suppress": "suppress"}[version.stage]  # type: ignore[return-value]


def _audits(wish: Wish, drift: float) -> float:
    """The audit share of what a threshold hides: it lies below orange."""
    return policy.Policy(version=1, audit_share=wish.audit_share, drift=drift).audited("yellow")


def _require(trial: Trial, reasoned: bool) -> None:
    if trial.lacks_something and not (trial.reason_helps and reasoned):
        raise StepRefused(trial.unmet, trial.reason_helps)


def _leaves_out_a_stage(before: policy.Stage, wanted: policy.Stage) -> bool:
    return before == "observe" and wanted == "suppress"


def _fields_of(trial: Trial) -> dict[str, Any]:
    wish, outlook = trial.wish, trial.outlook
    return {
        "stage": wish.stage, "target": wish.goal.target, "cap": wish.goal.cap, "hard_rules": list(wish.hard_rules),
        "audit_share": wish.audit_share, "audit_share_orange": wish.audit_share_orange,
        "audit_share_red": wish.audit_share_red, "blind_share": wish.blind_share, "adaptive": wish.adaptive,
        "hide_below": trial.policy.hide_below, "orange_from": trial.policy.orange_from,
        "red_from": trial.policy.red_from,
        "expected": {
            **trial.choice.promised(), "shown": outlook.shown_share, "precision": outlook.precision.value,
            "unmet": [one.asked for one in trial.unmet],
        },
    }  # fmt: skip
