"""What a labeler sends. The decision id is made when the page is shown, so a form sent twice is one decision."""

from typing import Any

from django import forms

from feedback.models import Value


class AnswerForm(forms.Form):
    """An answer, or with `changing` the replacement of an earlier one."""

    verdict = forms.ChoiceField(choices=Value.choices)
    decision_id = forms.UUIDField()
    changing = forms.BooleanField(required=False)


class UndoForm(forms.Form):
    """Taking back the last act on a question. `decision_id` is the retraction's own.

    `earlier`: the question was opened from the list of last answers, so that its act may be of any age.
    """

    decision_id = forms.UUIDField()
    earlier = forms.BooleanField(required=False)

    def asked(self) -> dict[str, Any]:
        """What `services.undo` is asked for."""
        return {"decision_id": self.cleaned_data["decision_id"], "any_age": self.cleaned_data["earlier"]}
