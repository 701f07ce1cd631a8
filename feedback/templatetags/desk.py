"""Numbers and bars as the pages show them. Pure functions of their arguments; no filter touches the database."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template

register = template.Library()

BAR_WIDTH = 96
MINUS = "\N{MINUS SIGN}"


@register.filter
def percent(share: float | None) -> str:
    """A share from 0 to 1 as a whole percentage, or a dash where there is none."""
    return "\N{EN DASH}" if share is None else f"{round(share * 100)}%"


@register.filter
def hundredths(share: float) -> str:
    """A share from 0 to 1 as an SVG coordinate from 0 to 100, the same in every language."""
    return f"{min(max(share, 0.0), 1.0) * 100:.1f}"


@register.filter
def signed(weight: float) -> str:
    """A weight in log-odds with its sign always written, one decimal: +1.9, −0.4."""
    return f"{MINUS if weight < 0 else '+'}{abs(weight):.1f}"


@register.filter
def with_bars(reasons: Iterable[Any]) -> list[dict[str, Any]]:
    """Each reason's label and weight with the width of its bar in pixels, the heaviest the widest."""
    pairs = [(_field(reason, "label"), float(_field(reason, "weight"))) for reason in reasons]
    heaviest = max((abs(weight) for _, weight in pairs), default=0.0) or 1.0
    return [
        {"label": label, "weight": weight, "width": max(2, round(BAR_WIDTH * abs(weight) / heaviest))}
        for label, weight in pairs
    ]


def _field(reason: Any, name: str) -> Any:
    return reason[name] if isinstance(reason, Mapping) else getattr(reason, name)
