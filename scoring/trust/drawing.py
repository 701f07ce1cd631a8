"""A share with its interval as a strip in a table's row. Pure."""

from html import escape

from scoring.charts import Svg, Words


def strip(words: Words, share: tuple[float, float, float], usual: float) -> Svg:
    """From 0 to 1: the interval as a band, the value as a stroke, the team's share as a dashed line.

    `share`: the value, and the low and high end of its interval.
    """
    value, low, high = share
    key = escape(words.key)
    named = f'role="img" aria-labelledby="{key}-title" aria-describedby="{key}-desc"'
    parts = [
        f'<title id="{key}-title">{escape(words.title)}</title>',
        f'<desc id="{key}-desc">{escape(words.description)}</desc>',
        _line("interval__range", 0, 1, 6, 6),
        _line("interval__band", low, high, 6, 6),
        _line("strip__usual", usual, usual, 0, 12),
        _line("strip__value", value, value, 1, 11),
    ]
    box = 'viewBox="0 0 100 12" preserveAspectRatio="none"'
    return Svg(f'<svg class="interval strip" {box} {named}>{"".join(parts)}</svg>')


def _line(kind: str, start: float, end: float, top: float, foot: float) -> str:
    place = f'x1="{start * 100:.1f}" x2="{end * 100:.1f}" y1="{top:g}" y2="{foot:g}"'
    return f'<line class="{kind}" {place} vector-effect="non-scaling-stroke"/>'
