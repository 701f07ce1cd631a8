"""Charts as SVG, drawn by the server. Pure: numbers and finished words in, safe markup out.

A drawing has no viewBox: across it is measured in percent and down in pixels, so it fills any width while its type
keeps the size that the reader chose. The words of the upward axis stand left of it, in the padding that
static/css/lead.css sets. Lines and bands, which need both measures, lie in an inner drawing that is stretched. Colours
and weights are classes: the content security policy allows no style attributes. Every word is escaped here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import groupby

HEIGHT = 240  # pixels of the whole drawing; static/css/lead.css sets the same
GUTTER = 40  # pixels of its padding at the left; there too
TOP, BOTTOM = 18, 24  # pixels kept for the topmost label and for the axis
TYPE = 15  # pixels from one line of labels to the next
STRETCHED = 1000  # units of the inner drawing, each way


class Svg(str):
    """Markup that is safe as it stands; templates ask `__html__` and do not escape it again."""

    __slots__ = ()

    def __html__(self) -> Svg:
        return self


@dataclass(frozen=True, slots=True)
class Words:
    """What a chart says of itself: `key` makes its ids unique on the page."""

    key: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Point:
    """A point at `x` in [0, 1] across; `y` is None where nothing is known. `low` and `high` are its interval."""

    x: float
    y: float | None
    low: float = 0.0
    high: float = 0.0
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points, broken where one is unknown. `kind`: "" or "reference"; `ends`: words at both ends."""

    points: Sequence[Point]
    kind: str = ""
    band: bool = False
    dots: bool = False
    ends: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Tick:
    """A word at a place on an axis, `at` in [0, 1]."""

    at: float
    word: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A stack of counts, lowest first, in the order of `BAR_KINDS`."""

    counts: tuple[int, ...]
    tip: str = ""


BAR_KINDS = ("accurate", "false", "unsure")


@dataclass(frozen=True, slots=True)
class Scale:
    """The values from bottom to top of a chart."""

    low: float = 0.0
    high: float = 1.0

    def share(self, value: float) -> float:
        """How far up a value lies, in [0, 1]."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))

    def pixels(self, value: float) -> float:
        """How far down a value lies, in pixels of the drawing."""
        return TOP + (1 - self.share(value)) * (HEIGHT - TOP - BOTTOM)


def line_chart(words: Words, lines: Sequence[Line], across: Sequence[Tick], up: Sequence[Tick], scale: Scale) -> Svg:
    """Lines over a grid. `up` are values of `scale` with their words, `across` places in [0, 1]."""
    return _drawing(
        words,
        _grid(up, scale),
        _stretched(part for line in lines for part in _strokes(line, scale)),
        (_dot(point, scale) for line in lines if line.dots for point in line.points),
        _ends(lines, scale),
        _across(across),
    )


def bar_chart(words: Words, bars: Sequence[Bar], across: Sequence[Tick], up: Sequence[Tick], scale: Scale) -> Svg:
    """Stacked bars side by side, as wide as there is room for."""
    step = 100 / max(1, len(bars))
    return _drawing(
        words,
        _grid(up, scale),
        (part for i, bar in enumerate(bars) for part in _stack(bar, i * step, step, scale)),
        _across(across),
    )


def reliability_chart(words: Words, points: Sequence[Point], across: Sequence[Tick], up: Sequence[Tick]) -> Svg:
    """What was said (across) against what was true (up): on the diagonal both agree. Whiskers are intervals."""
    scale = Scale()
    diagonal = Line([Point(0.0, 0.0), Point(1.0, 1.0)], kind="reference")
    return _drawing(
        words,
        _grid(up, scale),
        _stretched(_strokes(diagonal, scale)),
        (_whisker(point, scale) for point in points),
        (_dot(point, scale, radius=5) for point in points),
        _across(across),
    )


def sparkline(words: Words, line: Line, scale: Scale) -> Svg:
    """A line without axes, as high as a row."""
    inner = f'viewBox="0 0 {STRETCHED} {STRETCHED}" preserveAspectRatio="none"'
    return Svg(f'<svg class="spark" {inner} {_named(words)}>{_title(words)}{"".join(_strokes(line, scale))}</svg>')


def _drawing(words: Words, *layers: Iterable[str]) -> Svg:
    body = "".join(part for layer in layers for part in layer)
    return Svg(f'<svg class="plot" height="{HEIGHT}" {_named(words)}>{_title(words)}{body}</svg>')


def _named(words: Words) -> str:
    key = escape(words.key)
    return f'role="img" aria-labelledby="{key}-title" aria-describedby="{key}-desc"'


def _title(words: Words) -> str:
    key = escape(words.key)
    title = f'<title id="{key}-title">{escape(words.title)}</title>'
    return f'{title}<desc id="{key}-desc">{escape(words.description)}</desc>'


def _stretched(parts: Iterable[str]) -> list[str]:
    """The inner drawing, between the topmost label and the axis."""
    box = f'y="{TOP}" width="100%" height="{HEIGHT - TOP - BOTTOM}" viewBox="0 0 {STRETCHED} {STRETCHED}"'
    return [f'<svg class="plot__inner" {box} preserveAspectRatio="none">', *parts, "</svg>"]


def _strokes(line: Line, scale: Scale) -> Iterator[str]:
    kind = f" chart__line--{line.kind}" if line.kind else ""
    for run in _runs(line.points):
        if line.band and len(run) > 1:
            outline = [(p.x, p.high) for p in run] + [(p.x, p.low) for p in reversed(run)]
            yield f'<path class="chart__band" d="{_path(outline, scale)}Z"/>'
        path = _path([(point.x, point.y or 0.0) for point in run], scale)
        yield f'<path class="chart__line{kind}" vector-effect="non-scaling-stroke" d="{path}"/>'


def _runs(points: Sequence[Point]) -> Iterator[list[Point]]:
    """The stretches without a gap."""
    for known, run in groupby(points, key=lambda point: point.y is not None):
        if known:
            yield list(run)


def _path(places: Sequence[tuple[float, float]], scale: Scale) -> str:
    steps = (f"{x * STRETCHED:.1f} {(1 - scale.share(y)) * STRETCHED:.1f}" for x, y in places)
    return "M" + "L".join(steps)


def _dot(point: Point, scale: Scale, radius: float = 3) -> str:
    if point.y is None:
        return ""
    tip = f"<title>{escape(point.tip)}</title>" if point.tip else ""
    place = f'cx="{_percent(point.x)}" cy="{scale.pixels(point.y):.1f}" r="{radius}"'
    return f'<circle class="chart__dot" {place}>{tip}</circle>'


def _whisker(point: Point, scale: Scale) -> str:
    x, low, high = _percent(point.x), scale.pixels(point.low), scale.pixels(point.high)
    return f'<line class="chart__whisker" x1="{x}" x2="{x}" y1="{low:.1f}" y2="{high:.1f}"/>'


@dataclass(frozen=True, slots=True)
class _End:
    """A word at an end of a line, and where it would stand by itself."""

    x: float
    y: float
    word: str
    classes: str


def _ends(lines: Sequence[Line], scale: Scale) -> Iterator[str]:
    """The words at the ends of all lines: off the dots there, and a line of type apart from each other."""
    dots = [(x > 0.5, y) for line in lines if line.dots for x, y in _end_dots(line, scale)]
    words = [
        _off(end, [y for side, y in dots if side == (end.x > 0.5)]) for line in lines for end in _ends_of(line, scale)
    ]
    for _side, side in groupby(sorted(words, key=lambda end: (end.x > 0.5, end.y)), key=lambda end: end.x > 0.5):
        together = list(side)
        for end, y in zip(together, _apart([end.y for end in together]), strict=True):
            yield _text(end.x, y, end.word, end.classes)


def _end_dots(line: Line, scale: Scale) -> list[tuple[float, float]]:
    known = [(point.x, scale.pixels(point.y)) for point in line.points if point.y is not None]
    return [known[0], known[-1]] if known else []


def _off(end: _End, dots: Iterable[float]) -> _End:
    """The word, lower where it would lie on a dot."""
    y = end.y
    for dot in sorted(dots):
        if y - TYPE < dot < y + 4:
            y = dot + TYPE + 1
    return replace(end, y=y)


def _apart(places: Sequence[float]) -> list[float]:
    """Places from the top down, moved as little as is needed to be `TYPE` apart and inside the drawing."""
    moved: list[float] = []
    for y in places:
        moved.append(max(y, moved[-1] + TYPE) if moved else y)
    lowest = float(HEIGHT - BOTTOM)
    for i in reversed(range(len(moved))):
        moved[i] = min(moved[i], lowest)
        lowest = moved[i] - TYPE
    return moved


def _ends_of(line: Line, scale: Scale) -> Iterator[_End]:
    """The words at the first and the last known point: above a band, below a reference, inside the drawing."""
    known = [point for point in line.points if point.y is not None]
    strong = "" if line.kind == "reference" else " chart__label--strong"
    for point, word in zip((known[0], known[-1]) if known else (), line.ends, strict=False):
        if word:
            above = scale.pixels(max(point.y or 0.0, point.high if line.band else 0.0)) - 6
            below = scale.pixels(min(near.y or 0.0 for near in known[-3:])) + 16
            y = below if line.kind == "reference" else max(above, 11)
            yield _End(point.x, y, word, f"chart__label{strong}")


def _stack(bar: Bar, x: float, step: float, scale: Scale) -> Iterator[str]:
    below = 0
    tip = f"<title>{escape(bar.tip)}</title>" if bar.tip else ""
    for kind, count in zip(BAR_KINDS, bar.counts, strict=True):
        top, foot = scale.pixels(below + count), scale.pixels(below)
        below += count
        if count:
            box = f'x="{x + step * 0.12:.2f}%" width="{step * 0.76:.2f}%" y="{top:.1f}" height="{foot - top:.1f}"'
            yield f'<rect class="chart__bar chart__bar--{kind}" {box}>{tip}</rect>'


def _grid(up: Sequence[Tick], scale: Scale) -> Iterator[str]:
    """A line for every value, its word left of it."""
    for tick in up:
        y = f"{scale.pixels(tick.at):.1f}"
        yield f'<line class="chart__grid" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
        yield f'<text class="chart__label" x="-{GUTTER}" y="{scale.pixels(tick.at) + 4:.1f}">{escape(tick.word)}</text>'


def _across(ticks: Sequence[Tick]) -> Iterator[str]:
    for tick in ticks:
        yield _text(tick.at, HEIGHT - 6, tick.word, "chart__label")


def _text(x: float, y: float, word: str, classes: str) -> str:
    """A word centred on a place, or kept inside the drawing near its edges."""
    anchor = "start" if x < 0.06 else "end" if x > 0.94 else "middle"
    return f'<text class="{classes}" x="{_percent(x)}" y="{y:.1f}" text-anchor="{anchor}">{escape(word)}</text>'


def _percent(share: float) -> str:
    return f"{share * 100:.2f}%"
