"""What templates of other apps may ask of scoring. (Their Python may not import it; a template may use a tag.)"""

from django import template

from feedback.models import Alert, LedgerEntry
from scoring import selectors

register = template.Library()


@register.simple_tag
def explanation(alert: Alert) -> selectors.Explanation:
    """`{% explanation alert as why %}`: the current score of an alert, with reasons and highlighted words."""
    return selectors.explanation_of(alert)


@register.simple_tag
def receipt(entry: LedgerEntry) -> selectors.Receipt:
    """`{% receipt entry as receipt %}`: what the click that wrote the entry changed."""
    return selectors.receipt_of(entry)
