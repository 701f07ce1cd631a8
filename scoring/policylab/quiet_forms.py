"""What people send to hide, and to show again."""

from __future__ import annotations

import hashlib
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from feedback.models import Alert, Scorer
from scoring.models import Suppression
from scoring.policylab.forms import FeatureInput
from scoring.services.quieting import LEAST_PHRASE, About, seen_of


class SuppressForm(forms.Form):
    """What a lead hides for some days: one scorer, or a phrase, or a feature's value."""

    scorer = forms.ModelChoiceField(queryset=Scorer.objects.none(), required=False, label=_("Scorer"))
    scorer_version = forms.CharField(max_length=Alert.MAX_VERSION, required=False, label=_("of version"))
    phrase = forms.CharField(
        max_length=200, required=False, label=_("or phrase"), help_text=_("Two characters at least.")
    )
    feature = forms.CharField(max_length=80, required=False, label=_("or feature"), widget=FeatureInput)
    value = forms.CharField(max_length=80, required=False, label=_("is"))
    days = forms.IntegerField(min_value=1, max_value=Suppression.MAX_DAYS, initial=14, label=_("Days"))
    note = forms.CharField(max_length=500, label=_("Why"), error_messages={"required": _("Say why: others will ask.")})

    def __init__(self, *args: Any, scorers: QuerySet[Scorer], asks_why: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scorer"].queryset = scorers  # type: ignore[attr-defined]
        self.fields["note"].required = asks_why

    def clean_phrase(self) -> str:
        """Refuse what would be found in next to every text."""
        phrase: str = self.cleaned_data["phrase"]
        if phrase and seen_of(phrase) < LEAST_PHRASE:
            raise forms.ValidationError(_("Too short: it would be found nearly everywhere. Two characters at least."))
        return phrase

    def clean(self) -> dict[str, Any]:
        """Refuse none, and more than one."""
        found = super().clean() or {}
        if self.has_error("phrase"):
            return found
        pattern = bool(found.get("feature") and found.get("value"))
        if sum(map(bool, (found.get("scorer"), found.get("phrase"), pattern))) != 1:
            raise forms.ValidationError(_("Name one thing: a scorer, a phrase, or a feature with its value."))
        return found

    @property
    def about(self) -> About:
        """What is to be hidden."""
        asked = self.cleaned_data
        scorer = asked["scorer"]
        return About(
            scorer_id=scorer.pk if scorer else None, scorer_version=asked["scorer_version"] if scorer else "",
            phrase=asked["phrase"], feature=asked["feature"], value=asked["value"],
        )  # fmt: skip

    @property
    def fingerprint(self) -> str:
        """A digest of what is to be hidden for how long: what is suppressed must be what was looked at."""
        return hashlib.sha256(repr((self.about, self.cleaned_data["days"])).encode()).hexdigest()[:32]


class QuietCustomerForm(forms.Form):
    """From an alert on the desk: hide the customer's further ones."""

    alert = forms.IntegerField(min_value=1)
    days = forms.IntegerField(min_value=1, max_value=Suppression.MAX_DAYS)


class OneForm(forms.Form):
    """One row, by its id."""

    id = forms.IntegerField(min_value=1)


LARGEST_ID = 2**63 - 1


def id_in(form: OneForm | QuietCustomerForm, name: str) -> int:
    """The id that was sent; 0, which no row has, where it cannot be read."""
    found = form.cleaned_data[name] if form.is_valid() else 0
    return int(found) if found <= LARGEST_ID else 0
