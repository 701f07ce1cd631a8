"""What templates of other apps may ask of scoring. (Their Python may not import it; a template may use a tag.)"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from feedback.desk.selectors import Row
from feedback.models import Alert, LedgerEntry
from scoring import selectors
from scoring.policylab import quieted

register = template.Library()


@register.simple_tag
def explanation(alert: Alert) -> selectors.Explanation:
    """`{% explanation alert as why %}`: the current score of an alert, with reasons and highlighted words."""
    return selectors.explanation_of(alert)


@register.simple_tag
def receipt(entry: LedgerEntry) -> selectors.Receipt:
    """`{% receipt entry as receipt %}`: what the click that wrote the entry changed."""
    return selectors.receipt_of(entry)


@register.simple_tag
def quieting(alert: Alert, blind: bool, now: datetime) -> str:
    """`{% quieting alert work.blind now as quieted %}`: who quieted its customer, and why it is here nevertheless."""
    return quieted.quieted_line(alert, blind, now)


@register.simple_tag
def quieted_among(rows: Sequence[Row], now: datetime) -> frozenset[int]:
    """`{% quieted_among inbox.rows now as quieted %}`: the alerts of a list whose customer is quieted, or was."""
    return quieted.quieted_among(rows, now)


@dataclass(frozen=True, slots=True)
class Tab:
    """A page of the lead's, as components/tabs.html shows it."""

    label: Any
    url: str
    current: bool


# The lead's pages of a queue, in order: the name of the address and the label.
LEAD_TABS = (
    ("lead:queue", _("Figures")),
    ("lead:policy", _("Policy")),
    ("lead:quiet", _("Hidden alerts")),
    ("lead:people", _("People")),
    ("lead:cards", _("Scorers")),
    ("lead:model", _("Model")),
)


@register.simple_tag
def lead_tabs(slug: str, here: str) -> list[Tab]:
    """`{% lead_tabs queue.slug request.path as tabs %}`: the lead's pages of a queue, as far as they exist."""
    found = []
    for name, label in LEAD_TABS:
        try:
            url = reverse(name, kwargs={"slug": slug})
        except NoReverseMatch:
            continue
        found.append(Tab(label, url, url == here or (name != "lead:queue" and here.startswith(url))))
    return found
