"""Whether anything says that a target of the user's is meant: the embedded server must not stand in for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from conformance.settings.credentials import NAMES, variable

TARGET_VARIABLES = ("DDS_CONFORMANCE_TARGET", "DDS_TARGET")
"""The variables that name the target; the second is an alias."""
REMOTE_KEYS = (
    *NAMES, "credentials", "target_version", "i_may_write", "headers", "proxy", "ca_bundle",
    "client_certificate", "client_key", "gateway", "storage_provider", "storage_hosts",
)  # fmt: skip
"""Keys that mean nothing, or nothing that should be trusted, without a target of the user's."""
_ADDRESSES = ("TARGET", "URL", "URI", "HOST", "SERVER", "ENDPOINT", "ADDRESS", "BASE")
"""Words in the name of a variable ``DDS_…`` that somebody took for the one that names the target."""


def pointers(sources: Mapping[str, str], environ: Mapping[str, str]) -> Iterable[str]:
    """Give what points at a target elsewhere, in words: `sources` are those of all values that were given, by key.

    A variable that is set but empty counts: in CI that is what a misspelt or missing secret becomes.
    """
    yield from (name for name in TARGET_VARIABLES if name in environ)
    yield from (f"{name} ({sources[name]})" for name in REMOTE_KEYS if name in sources)
    known = {*TARGET_VARIABLES, *(variable(name) for name in NAMES)}
    yield from (variable(name) for name in NAMES if name not in sources and variable(name) in environ)
    for name in environ:
        unknown = name.startswith("DDS_") and name not in known and not name.startswith("DDS_CONFORMANCE_")
        if unknown and not set(_ADDRESSES).isdisjoint(name.split("_")):
            yield name
