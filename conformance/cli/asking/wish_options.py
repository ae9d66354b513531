"""The options that say what a certificate is to tell: the same for `certify`, `run` and `doctor`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from conformance.certification.eligibility import PROFILES, Wish
from conformance.cli.asking.near_choice import NearChoice
from conformance.errors import UsageError

Command = TypeVar("Command", bound=Callable[..., Any])
_OPTIONS: dict[str, dict[str, Any]] = {
    "product": {"metavar": "'NAME VERSION'", "help": "The product, by name and version."},
    "organisation": {"metavar": "NAME", "help": "Who vouches for it."},
    "contact": {"metavar": "TEXT", "help": "Whom to ask about it."},
    "digest": {"metavar": "sha256:...", "default": "", "help": "Digest of the product's image."},
    "profile": {"type": NearChoice(PROFILES), "default": PROFILES[0], "show_default": True,
                "help": "slow: a bound above 60 s, told in the certificate's title."},
    "demo": {"is_flag": True, "hidden": True, "help": "For the demonstration on the embedded server only."},
}  # fmt: skip
_NEEDED = ("product", "organisation", "contact")


def wishing(*, needed: bool) -> Callable[[Command], Command]:
    """Add the options; `needed` where there is a certificate in any case, and not only under ``--certify``."""

    def add(command: Command) -> Command:
        for name in reversed(_OPTIONS):
            required = needed and name in _NEEDED
            command = click.option(f"--{name}", required=required, **_OPTIONS[name])(command)
        return command

    return add


def wish_of(given: dict[str, Any], *, witnessed: bool = False) -> Wish:
    """Take the options out of `given` and return what they wish for."""
    values = {name: given.pop(name) or about.get("default", "") for name, about in _OPTIONS.items()}
    return Wish(**{**values, "demo": bool(values["demo"])}, witnessed=witnessed)


def wish_if(given: dict[str, Any]) -> Wish | None:
    """Take the options out of `given`; return what they wish for under ``--certify``, else None.

    Raises:
        UsageError: one of them is given without ``--certify``.
    """
    said = next((name for name in (*_NEEDED, "digest", "demo") if given[name]), "")
    asked, wish = given.pop("certify"), wish_of(given)
    if not asked and said:
        raise UsageError(f"--{said} tells what a certificate is to say.", remedy="Say --certify with it.")
    return wish if asked else None
