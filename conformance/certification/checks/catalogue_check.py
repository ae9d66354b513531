"""The catalogue and the schemas against those of the installed suite: a verdict is worth what it was judged by."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib import metadata

from conformance.api import catalogue
from conformance.certification import members
from conformance.certification.bundle_contents import Contents
from conformance.certification.suite_digest import judged_by
from conformance.certification.unpacking import Bundle
from conformance.certification.verification import Line, decided

NAME = "catalogue"


def look(contents: Contents) -> Line:
    """Return the line about what the run was judged by."""
    version = metadata.version("dds-conformance")
    return decided(NAME, _problems(contents, version), f"catalogue and schemas are those of dds-conformance {version}")


def _problems(contents: Contents, version: str) -> Iterator[str]:
    theirs = contents.claims.suite.version
    if theirs != version:
        yield (
            f"the run was judged by dds-conformance {theirs}, and {version} is installed: "
            f"pip install dds-conformance=={theirs}, then verify again"
        )
    by = contents.report.get("versions", {}).get("catalogue")
    if by != catalogue.version():
        yield f"the run was judged by version {by} of the catalogue, and the installed one is {catalogue.version()}"
    yield from (f"{name} is not that of the installed suite" for name in changed(contents.bundle))


def changed(bundle: Bundle) -> list[str]:
    """Return which of the files that a run is judged by differ from the installed ones, or are not there."""
    own = {f"{members.SCHEMAS}{name}": hashlib.sha256(raw).hexdigest() for name, raw in judged_by().items()}
    held = {name: digest for name, digest in bundle.digests.items() if name.startswith(members.SCHEMAS)}
    return sorted(name for name in own.keys() | held.keys() if own.get(name) != held.get(name))
