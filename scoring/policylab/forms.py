"""What a lead sends: a wish for the policy, its hard rules, a step back. Shares are typed in percent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.forms.formsets import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from scoring.models import PolicyVersion, Stage
from scoring.policy import RuleInvalid, rules_from
from scoring.policylab.services import Wish, policy_stage
from scoring.thresholds import Goal

MOST_RULES = 30


class Percent(forms.FloatField):
    """A share that is typed in percent and handed on as 0..1."""

    def __init__(self, *, least: float, most: float, step: float = 0.1, **kwargs: Any) -> None:
        widget = forms.NumberInput(attrs={"step": step, "inputmode": "decimal"})
        errors = {
            "min_value": _("At least %(limit_value)s percent."), "max_value": _("At most %(limit_value)s percent."),
            **kwargs.pop("error_messages", {}),
        }  # fmt: skip
        super().__init__(min_value=least, max_value=most, widget=widget, error_messages=errors, **kwargs)

    def clean(self, value: Any) -> float | None:
        """The share."""
        percent = super().clean(value)
        return None if percent is None else percent / 100


class FeatureInput(forms.TextInput):
    """Where a feature's key is typed: what the queue calls its features is offered beside their keys."""

    def __init__(self) -> None:
        super().__init__({"list": "feature-keys"})  # components/feature_keys.html


class WishForm(forms.Form):
    """What a lead asks of the policy. `seen` is the version that was in force when the page was made."""

    stage = forms.ChoiceField(choices=Stage.choices, label=_("Stage"))
    target = Percent(
        least=1,
        most=100,
        label=_("Precision target, %"),
        help_text=_("Hides only as much as it takes for this share of the shown alerts to be real."),
    )
    cap = Percent(
        least=0.1,
        most=20,
        label=_("At most hidden of the real ones, %"),
        help_text=_("The thresholds keep what may be lost below this, over the history and what comes."),
        error_messages={
            "max_value": _("At most %(limit_value)s percent: no policy hides more than one in five real alerts.")
        },
    )
    audit_share = Percent(
        least=1,
        most=100,
        label=_("Audited, yellow, %"),
        help_text=_("Of what would be hidden, this share is shown all the same, unmarked."),
    )
    audit_share_orange = Percent(least=1, most=100, label=_("Audited, orange, %"))
    audit_share_red = Percent(least=1, most=100, label=_("Audited, red, %"))
    blind_share = Percent(
        least=0,
        most=100,
        label=_("Judged without the score, %"),
        help_text=_("Only these verdicts test the model: a score on the screen sways the judge."),
    )
    adaptive = forms.BooleanField(
        required=False, label=_("Thresholds follow the queue"), help_text=_("A worker moves them within the cap.")
    )
    seen = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    note = forms.CharField(
        max_length=500, required=False, label=_("Why"), widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Kept with the version. Needed to order alerts before the condition is met."),
    )  # fmt: skip
    overrule = forms.BooleanField(required=False, label=_("Take the step although its condition is not met"))


class RuleForm(forms.Form):
    """One hard rule: a phrase in the text, or a feature from a value upwards. Empty rows are left out."""

    name = forms.CharField(max_length=60, required=False, label=_("Name"))
    phrase = forms.CharField(max_length=200, required=False, label=_("Phrase"))
    feature = forms.CharField(max_length=80, required=False, label=_("or feature"), widget=FeatureInput)
    at_least = forms.FloatField(required=False, label=_("from"))

    def clean(self) -> dict[str, Any]:
        """Refuse what cannot be read as a rule, in the rule's own row."""
        found = super().clean() or {}
        if (entry := self.entry()) is not None and not self.errors:
            self._check(entry)
        return found

    def entry(self) -> dict[str, Any] | None:
        """The rule as it is stored, None for an empty row."""
        typed = {key: value for key, value in self.cleaned_data.items() if value not in ("", None) and key != "DELETE"}
        return typed or None

    def _check(self, entry: dict[str, Any]) -> None:
        if "phrase" in entry and "feature" in entry:
            raise forms.ValidationError(_("A phrase or a feature, not both: make two rules of it."))
        try:
            rules_from([entry])
        except RuleInvalid as problem:
            raise forms.ValidationError(
                _("A rule needs a name, and a phrase or a feature with a value from which on it holds.")
            ) from problem


RuleForms = formset_factory(RuleForm, extra=1, max_num=MOST_RULES, validate_max=True, absolute_max=MOST_RULES + 1)


class BackForm(forms.Form):
    """Which version is to be in force again."""

    version = forms.IntegerField(min_value=1)
    seen = forms.IntegerField(min_value=1)


def initial_of(version: PolicyVersion) -> dict[str, Any]:
    """The form's first values: what is in force."""
    percents = ("target", "cap", "audit_share", "audit_share_orange", "audit_share_red", "blind_share")
    shown = {name: round(getattr(version, name) * 100, 2) for name in percents}
    return {**shown, "stage": version.stage, "adaptive": version.adaptive, "seen": version.version}


def wish_of(form: WishForm, rules: BaseFormSet[RuleForm], version: PolicyVersion) -> Wish:
    """What valid forms ask for; the orange threshold stays what it is."""
    asked = form.cleaned_data
    entries: Sequence[dict[str, Any] | None] = [one.entry() for one in rules.forms if one.has_changed() or one.initial]
    return Wish(
        stage=policy_stage(PolicyVersion(stage=asked["stage"])),
        goal=Goal(asked["target"], asked["cap"]),
        hard_rules=tuple(entry for entry in entries if entry),
        orange_from=version.orange_from,
        **{name: asked[name] for name in (
            "audit_share", "audit_share_orange", "audit_share_red", "blind_share", "adaptive"
        )},
    )  # fmt: skip


def wish_in_force(version: PolicyVersion) -> Wish:
    """What the version in force asks for: a worker tries it again, and a page shows it."""
    return Wish(
        stage=policy_stage(version),
        goal=Goal(version.target, version.cap),
        hard_rules=tuple(version.hard_rules),
        orange_from=version.orange_from,
        audit_share=version.audit_share,
        audit_share_orange=version.audit_share_orange,
        audit_share_red=version.audit_share_red,
        blind_share=version.blind_share,
        adaptive=version.adaptive,
    )
