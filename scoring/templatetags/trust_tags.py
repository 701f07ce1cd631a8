"""What the lead's pages say of judges who are held back."""

from django import template

from feedback.models import Queue
from scoring.trust.pages import name_of
from scoring.trust.selectors import open_suspects

register = template.Library()


@register.simple_tag
def held_back(queue: Queue) -> list[str]:
    """`{% held_back queue as names %}`: who waits for a lead's decision."""
    return [name_of(suspect.judge) for suspect in open_suspects(queue.pk)]
