"""One of a few words, and the one that was probably meant."""

from __future__ import annotations

import click

from conformance.errors import did_you_mean


class NearChoice(click.Choice[str]):
    """A choice that names the nearest word where another was given."""

    def get_invalid_choice_message(self, value: object, ctx: click.Context | None) -> str:
        """Return what is wrong, and what was probably meant."""
        meant = did_you_mean(str(value), map(str, self.choices))
        return f"{super().get_invalid_choice_message(value, ctx)} {meant}".strip()
