"""SVG as values: elements whose text and attributes are always escaped."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from conformance.outcome.display_text import printable


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """Build an element. `class_` is the class; an underscore in a name is a hyphen; numbers lose needless digits."""
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _value(value))
        for key, value in attributes.items()
        if value is not None
    )
    inner = Markup("").join(escape(_text(child)) for child in children)
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), written, inner)  # noqa: S704 - names are literals of ours


def path(points: Iterable[tuple[float, float]], *, closed: bool = False) -> str:
    """Write points as the `d` of a path."""
    steps = " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return f"M{steps}{' Z' if closed else ''}" if steps else ""


def figure(width: float, height: float, label: str, *children: object, class_: str) -> Markup:
    """Build an image of `width` by `height` units that says what it shows to who cannot see it."""
    return tag(
        "svg",
        *children,
        class_=class_,
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        aria_label=printable(label),
        xmlns="http://www.w3.org/2000/svg",
    )


def _value(value: object) -> object:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else printable(value)


def _text(child: object) -> object:
    return child if isinstance(child, Markup) else printable(child)
