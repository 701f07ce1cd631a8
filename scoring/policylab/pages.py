"""The policy lab as its template reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.forms.formsets import BaseFormSet
from django.http import QueryDict

from feedback.models import Alert, Queue, Role
from feedback.naming import Names
from feedback.people import Person
from feedback.selectors import names_of, queue_for
from scoring.evidence import History, evidence_under, fall_under, history_of
from scoring.lead.tables import Table, count
from scoring.models import PolicyVersion
from scoring.policy import rules_from
from scoring.policylab import selectors, words
from scoring.policylab.caution import Caution, caution_about, caution_about_today
from scoring.policylab.forms import RuleForm, RuleForms, WishForm, initial_of, wish_of
from scoring.policylab.returning import what_returns
from scoring.policylab.services import Trial, may_come_back, try_out
from scoring.simulation import simulate
from scoring.stages import STAGES, Condition, after, conditions
from scoring.thresholds import Goal, choose

# Alerts whose text is held against a hard rule that is being edited, and how many of those under it are listed.
TRIED, SHOWN_UNDER_RULES = 500, 30


@dataclass(frozen=True, slots=True)
class Step:
    """The next stage, what it asks for, and whether that is there."""

    stage: str
    conditions: list[tuple[Condition, str]]

    @property
    def is_open(self) -> bool:
        """Whether a lead may take it."""
        return all(one.met for one, _words in self.conditions)


@dataclass(frozen=True, slots=True)
class UnderRules:
    """Which of the newest alerts fall under the rules that are typed."""

    tried: int
    found: int
    alerts: list[Alert]


@dataclass(frozen=True, slots=True)
class LabPage:
    """The whole page. `trial` is None until something is simulated."""

    queue: Queue
    version: PolicyVersion
    form: WishForm
    rules: BaseFormSet[RuleForm]
    apprentice: str
    step: Step | None
    sentence: str
    raised: str
    table: Table
    trial: Trial | None
    choice: str
    versions: list[words.VersionLine]
    back_to: PolicyVersion | None
    brought_back: str
    caution: Caution | None = None
    caution_today: str = ""
    under_rules: UnderRules | None = None
    problem: str = ""

    @property
    def stages(self) -> list[tuple[str, str, bool]]:
        """Every stage: its key, its word, and whether it is the one in force."""
        return [
            (stage, PolicyVersion(stage=stage).get_stage_display(), stage == self.version.stage) for stage in STAGES
        ]


def lab_page(*, user: Person, slug: str, sent: QueryDict | None = None, problem: str = "") -> LabPage:
    """The policy lab of a queue that the person leads, with a simulation of what was sent.

    Raises `Queue.DoesNotExist` for any other queue.
    """
    queue = queue_for(user, slug, Role.LEAD)
    now = selectors.in_force(queue)
    form, rules = forms_of(now.version, sent)
    _say_names(rules, names_of(queue))
    history, score = history_of(queue.pk), selectors.apprentice_of(queue.pk)
    evidence = evidence_under(queue.pk, now.policy, history)
    today = simulate(evidence, now.policy)
    readable = sent is not None and form.is_valid() and rules.is_valid()
    trial = try_out(wish_of(form, rules, now.version), now, history, score) if readable else None
    versions, undone = selectors.versions_of(queue), selectors.undone_by(queue, user)
    goal = trial.wish.goal if trial else Goal(now.version.target, now.version.cap)
    choice = trial.choice if trial else choose(evidence, goal, now.policy.audited("yellow"))
    outlook, back_to = trial.outlook if trial else None, _back_to(versions, undone)
    return LabPage(
        queue=queue, version=now.version, form=form, rules=rules, apprentice=words.apprentice(score),
        step=_step(now, score, choice), sentence=words.comparison(today, outlook),
        raised=count(today.raised), table=words.comparison_table(today, outlook), trial=trial,
        choice=words.chosen(choice) if trial and trial.policy.stage == "suppress" else "",
        versions=[words.version_line(one, may_come_back(one, now.version, undone)) for one in versions],
        back_to=back_to, brought_back=words.brought_back(what_returns(back_to, now, history)) if back_to else "",
        caution=caution_about(trial, evidence) if trial else None,
        caution_today="" if trial else caution_about_today(now, choice),
        under_rules=_under(history, trial) if trial and sent and sent.get("action") == "try" else None,
        problem=problem,
    )  # fmt: skip


def forms_of(version: PolicyVersion, sent: QueryDict | None) -> tuple[WishForm, BaseFormSet[RuleForm]]:
    """The two forms of the page: bound to what was sent, or showing what is in force."""
    stored: list[dict[str, Any]] = list(version.hard_rules)
    return WishForm(sent, initial=initial_of(version)), RuleForms(sent, initial=stored, prefix="rules")


def _say_names(rules: BaseFormSet[RuleForm], names: Names) -> None:
    """Put what the queue calls a rule's feature beside its key."""
    for typed in (rule["feature"] for rule in rules):
        typed.help_text = names.given(str(typed.value() or ""))


def _step(now: selectors.InForce, score: Any, choice: Any) -> Step | None:
    following = after(now.policy.stage)
    if following is None:
        return None
    asked = conditions(now.policy.stage, score, choice)
    return Step(PolicyVersion(stage=following).get_stage_display(), [(one, words.condition(one)) for one in asked])


def _back_to(versions: Sequence[PolicyVersion], undone: PolicyVersion | None) -> PolicyVersion | None:
    """The version that one click brings back: the newest before the last change that a lead made."""
    if undone is not None:
        return undone
    made = next((i for i, one in enumerate(versions) if one.origin in ("lead", "back")), None)
    if made is None or made + 1 >= len(versions):
        return None
    bottom = versions[made].restores or versions[made].version
    older = [one for one in versions if one.version < bottom]
    return next((one for one in older if may_come_back(one, versions[0], None)), None)


def _under(history: History, trial: Trial) -> UnderRules:
    newest = list(history.alert_ids)[-TRIED:][::-1]
    falls = fall_under(rules_from(trial.wish.hard_rules), newest)
    found = [pk for pk, under in zip(newest, falls, strict=True) if under]
    alerts = Alert.objects.select_related("customer").in_bulk(found[:SHOWN_UNDER_RULES])
    return UnderRules(len(newest), len(found), [alerts[pk] for pk in found[:SHOWN_UNDER_RULES]])
