"""What a lead's click in the lab leads to: what is in force now, or the page again with why it was refused."""

from __future__ import annotations

from datetime import datetime

from django.http import QueryDict
from django.utils.translation import gettext as _

from feedback.models import Role
from feedback.people import Person
from feedback.selectors import queue_for
from scoring.models import PolicyVersion
from scoring.policylab import selectors, words
from scoring.policylab.forms import BackForm, wish_of
from scoring.policylab.pages import LabPage, forms_of, lab_page
from scoring.policylab.services import StepRefused, VersionMoved, apply_wish, go_back


def apply_sent(*, user: Person, slug: str, sent: QueryDict, now: datetime) -> LabPage | str:
    """Apply what was sent and say what is in force now; the page where it was refused.

    Raises `Queue.DoesNotExist` for a queue they do not lead.
    """
    queue = queue_for(user, slug, Role.LEAD)
    version = selectors.in_force(queue).version
    form, rules = forms_of(version, sent)
    if not (form.is_valid() and rules.is_valid()):
        return lab_page(user=user, slug=slug, sent=sent, problem=_("Nothing was changed: some values cannot be read."))
    asked, wish = form.cleaned_data, wish_of(form, rules, version)
    if sent.get("simulated") != wish.fingerprint:
        problem = _("Nothing was changed: these values had not been simulated. Here is what they would do.")
        return lab_page(user=user, slug=slug, sent=sent, problem=problem)
    try:
        made = apply_wish(
            queue=queue, wish=wish, seen_version=asked["seen"], by=user, now=now,
            note=asked["note"], overrule=asked["overrule"],
        )  # fmt: skip
    except (StepRefused, VersionMoved) as refusal:
        return lab_page(user=user, slug=slug, sent=sent, problem=_in_words(refusal))
    return words.now_in_force(made)


def go_back_to(*, user: Person, slug: str, sent: QueryDict, now: datetime) -> LabPage | str:
    """Go back to the version that was sent and say what is in force now; the page where it was refused."""
    queue = queue_for(user, slug, Role.LEAD)
    form = BackForm(sent)
    if not form.is_valid():
        return lab_page(user=user, slug=slug, problem=_("Nothing was changed: some values cannot be read."))
    try:
        asked = form.cleaned_data
        made = go_back(queue=queue, to_version=asked["version"], seen_version=asked["seen"], by=user, now=now)
    except (StepRefused, VersionMoved, PolicyVersion.DoesNotExist) as refusal:
        return lab_page(user=user, slug=slug, problem=_in_words(refusal))
    return words.now_in_force(made)


def _in_words(refusal: Exception) -> str:
    if isinstance(refusal, VersionMoved):
        return _("The policy was changed since this page was made. Nothing was changed; look again and repeat.")
    if not isinstance(refusal, StepRefused):
        return _("There is no such earlier version. Nothing was changed.")
    if not refusal.unmet:
        return _("That would be a step up. Steps up are taken one by one, with their conditions. Nothing was changed.")
    lacking = "; ".join(words.condition(one) for one in refusal.unmet)
    if refusal.reason_helps:
        text = _("The step's condition is not met: %(lacking)s. Say why and tick the box to take it all the same.")
    else:
        text = _("The step's condition is not met: %(lacking)s. Hiding without evidence is not offered.")
    return text % {"lacking": lacking}
