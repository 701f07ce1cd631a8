"""What a rep sends: a verdict, an undo. The decision id is made when the form is shown, so a repeat is a repeat."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from feedback.desk.cursor import Cursor
from feedback.models import LedgerEntry, Reason, Value


class LaterForm(forms.Form):
    """Leaving an alert for later, with what was typed about it. `past`: where in the list the next alert is."""

    reason = forms.ChoiceField(choices=[("", ""), *Reason.choices], required=False)
    note = forms.CharField(
        max_length=LedgerEntry.MAX_NOTE,
        required=False,
        error_messages={"max_length": _("The note is too long: keep it under %(limit_value)d characters.")},
    )
    past = forms.CharField(max_length=60, required=False)

    @property
    def place(self) -> Cursor | None:
        """Where the list goes on after this alert."""
        return Cursor.parse(self.cleaned_data.get("past", ""))

    @property
    def typed(self) -> dict[str, str]:
        """What a person says about the alert."""
        return {name: self.cleaned_data[name] for name in ("note", "reason")}


class VerdictForm(LaterForm):
    """A verdict on an alert.

    `seen`: the decision id of the closing verdict on the page. `back`: the page to go back to where it is not the desk.
    """

    value = forms.ChoiceField(choices=Value.choices)
    decision_id = forms.UUIDField()
    seen = forms.UUIDField(required=False)
    back = forms.CharField(max_length=20, required=False)

    def decision(self) -> dict[str, Any]:
        """The part of the form that the ledger records."""
        kept = {name: self.cleaned_data[name] for name in ("decision_id", "seen", "reason", "note")}
        return {**kept, "value": Value(self.cleaned_data["value"])}


class UndoForm(forms.Form):
    """Taking a verdict back. `decision_id` is the retraction's own."""

    decision_id = forms.UUIDField()
