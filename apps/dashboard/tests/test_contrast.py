"""The colours of src/styles/tokens.css: what meets on a screen can be told apart."""

import re
from typing import Final

import pytest

from apps.dashboard.tests.browsing import THEMES, WEB

_TOKEN: Final = re.compile(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
_GROUNDS: Final = ("surface", "bg", "sunken")
# WCAG 2.2: 4.5 for text, 3 for what has to be seen without being read.
_TEXTS: Final = [
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3") for ground in _GROUNDS),
    *(
        (ink, ground)
        for ink in ("accent", "accent-strong", "positive", "negative")
        for ground in ("surface", "bg")
    ),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("accent", "soft"),
    ("warn", "warn-soft"),
    ("negative", "negative-soft"),
    ("on-toast", "toast"),
]
_HUES: Final = ("teal", "orange", "indigo", "rose", "ochre", "blue", "olive", "grey")
_GRAPHICS: Final = [
    *((hue, "surface") for hue in _HUES),
    ("line-strong", "surface"),
    ("accent", "surface"),
]


def _tokens() -> dict[str, dict[str, str]]:
    """Return every colour by name and theme; later ones, for high contrast, are another matter."""
    text = (WEB / "src" / "styles" / "tokens.css").read_text().partition("prefers-contrast")[0]
    return {name: dict(zip(THEMES, pair, strict=True)) for name, *pair in _TOKEN.findall(text)}


def _luminance(colour: str) -> float:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_colours_that_meet_can_be_told_apart(theme: str):
    tokens = _tokens()

    weak = [
        f"{front} on {back}: {ratio:.2f}, wanted {least}"
        for pairs, least in ((_TEXTS, 4.5), (_GRAPHICS, 3.0))
        for front, back in pairs
        if (ratio := _contrast(tokens[front][theme], tokens[back][theme])) < least
    ]

    assert weak == []


def test_the_measure_is_that_of_wcag():
    assert round(_contrast("#000000", "#ffffff"), 1) == 21.0
    assert round(_contrast("#767676", "#ffffff"), 2) == 4.54
