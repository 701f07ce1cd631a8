"""Going back to an older version of a policy: it hides no more than today's policy, or than today's evidence allows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from scoring.evidence import History, evidence_under
from scoring.following import least_move
from scoring.models import PolicyVersion, Stage
from scoring.policy import Policy, rules_from
from scoring.policylab.selectors import InForce
from scoring.thresholds import Choice, Goal, choose


@dataclass(frozen=True, slots=True)
class Return:
    """What an older version is when it comes back. `choice`: what its cap allows today; None where nobody asks that."""

    old: PolicyVersion
    hide_below: float
    choice: Choice | None = None

    @property
    def hides_less_than_then(self) -> bool:
        """Whether today's evidence allows less than the version hid in its day."""
        return self.hide_below < self.old.hide_below

    @property
    def expected(self) -> dict[str, float | int | str]:
        """What the version keeps of today's evidence, and where it hid then."""
        return {} if self.choice is None else {**self.choice.promised(), "then": self.old.hide_below}


def what_returns(old: PolicyVersion, in_force: InForce, history: History) -> Return:
    """An older version as it may be in force again.

    Its threshold was chosen on the evidence of its day. Where it hides more than the policy in force, that threshold is
    chosen again, for its own target and cap, as for a wish; one that is lower by a trifle stays what it was.
    """
    if old.stage != Stage.SUPPRESS or hides_no_more(old, in_force.version):
        return Return(old, old.hide_below)
    under = replace(in_force.policy, hard_rules=rules_from(old.hard_rules))
    evidence = evidence_under(old.queue_id, under, history)
    audits = Policy(version=1, audit_share=old.audit_share, drift=in_force.policy.drift).audited("yellow")
    choice = choose(evidence, Goal(old.target, old.cap), audits)
    supported = old.hide_below - choice.hide_below < least_move(old.hide_below)
    return Return(old, old.hide_below if supported else choice.hide_below, choice)


def hides_no_more(old: PolicyVersion, newest: PolicyVersion) -> bool:
    """Whether an older version hides nothing that the newest one does not: threshold, audits and hard rules."""
    return (
        newest.stage == Stage.SUPPRESS
        and old.hide_below <= newest.hide_below
        and old.audit_share >= newest.audit_share
        and all(rule in old.hard_rules for rule in newest.hard_rules)
    )
