"""A badge: one small SVG that says what was certified and how well, and needs no font or file beside it."""

from __future__ import annotations

from markupsafe import Markup

from .svg import tag

LEFT = "DDS eventual consistency"
HEIGHT = 20
_COLOURS = {"conformant": "#1c6b45", "nonconformant": "#b3261e"}
_OTHERWISE = "#8a5a00"
_FONT = "Verdana, 'DejaVu Sans', sans-serif"
_WIDTH, _PAD = 6.6, 10


def badge(subject: str, grade: str, outcome: str) -> Markup:
    """Draw a badge; `subject` is told to who cannot see it, or points at it."""
    right = f"{outcome}, {grade}"
    first, second = _width(LEFT), _width(right)
    label = f"{LEFT}: {right} ({subject})"
    return tag(
        "svg",
        tag("title", label),
        tag("clipPath", tag("rect", width=first + second, height=HEIGHT, rx=4), id="round"),
        tag(
            "g",
            tag("rect", width=first, height=HEIGHT, fill="#2a2e36"),
            tag("rect", x=first, width=second, height=HEIGHT, fill=_COLOURS.get(outcome, _OTHERWISE)),
            clip_path="url(#round)",
        ),
        _text(LEFT, first / 2, first),
        _text(right, first + second / 2, second),
        xmlns="http://www.w3.org/2000/svg",
        width=first + second,
        height=HEIGHT,
        viewBox=f"0 0 {first + second:g} {HEIGHT}",
        role="img",
        aria_label=label,
    )


def _width(text: str) -> float:
    return round(len(text) * _WIDTH) + 2 * _PAD


def _text(text: str, middle: float, width: float) -> Markup:
    """Set text in its field, and stretch it to the field whatever font there is."""
    return tag(
        "text",
        text,
        x=middle,
        y=14,
        fill="#ffffff",
        text_anchor="middle",
        textLength=width - 2 * _PAD,
        lengthAdjust="spacingAndGlyphs",
        font_family=_FONT,
        font_size=11,
    )
