"""What a labeler sends. The decision id is made when the page is shown, so a form sent twice is one decision."""

from django import forms

from feedback.models import Value


class AnswerForm(forms.Form):
    """An answer, or with `changing` the replacement of an earlier one."""

    verdict = forms.ChoiceField(choices=Value.choices)
    decision_id = forms.UUIDField()
    changing = forms.BooleanField(required=False)


class UndoForm(forms.Form):
    """Taking back the last act on a question. `decision_id` is the retraction's own."""

    decision_id = forms.UUIDField()
