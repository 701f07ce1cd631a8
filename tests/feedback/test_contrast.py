"""Text is readable in both themes: WCAG 2.2 AA, computed from the tokens themselves."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TOKENS = Path(settings.BASE_DIR, "static/css/tokens.css").read_text()
PAIR = re.compile(r"--(?P<name>[a-z-]+): light-dark\((?P<light>#[0-9a-f]{6}), (?P<dark>#[0-9a-f]{6})\)")
COLOURS = {theme: {pair["name"]: pair[theme] for pair in PAIR.finditer(TOKENS)} for theme in ("light", "dark")}
GROUNDS = ("ground", "surface", "selected")
TEXT = [
    (ink, ground)
    for ink in ("ink", "ink-soft", "accent", "accurate", "false", "red", "orange", "yellow")
    for ground in GROUNDS
]
FILLED = [
    ("on-accent", "accent"), ("on-accurate", "accurate"), ("on-false", "false"), ("on-receipt", "receipt"),
    ("on-accent", "red"), ("ink", "for"), ("ink", "against"), ("accent", "accent-soft"),
]  # fmt: skip
SHAPES = [(shape, ground) for shape in ("line-strong", "for-line", "against-line") for ground in GROUNDS]


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(theme: str, one: str, other: str) -> float:
    dark, light = sorted((luminance(COLOURS[theme][one]), luminance(COLOURS[theme][other])))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
class TestContrast:
    @pytest.mark.parametrize(("ink", "ground"), TEXT + FILLED)
    def test_text_has_at_least_four_and_a_half_to_one(self, theme: str, ink: str, ground: str) -> None:
        assert contrast(theme, ink, ground) >= 4.5

    @pytest.mark.parametrize(("shape", "ground"), SHAPES)
    def test_shapes_that_carry_meaning_have_at_least_three_to_one(self, theme: str, shape: str, ground: str) -> None:
        assert contrast(theme, shape, ground) >= 3
