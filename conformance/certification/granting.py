"""A bundle made of a report folder, if the run that left it entitles to a certificate."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from conformance.certification import members
from conformance.certification.challenge_document import read as read_challenge
from conformance.certification.eligibility import MARKER, Wish, after, refusal, refusals, shortfalls
from conformance.certification.envelope import STATEMENT, EnvelopeError, sealed
from conformance.certification.packing import pack
from conformance.certification.signing_keys import Ed25519PrivateKey, key_id, peer_key, text
from conformance.certification.statement import Claims, Suite, statement
from conformance.certification.suite_digest import judged_by, suite_digest
from conformance.errors import UsageError
from conformance.outcome.load import load

Document = Mapping[str, Any]
Drawing = Callable[[Document, Document], Mapping[str, str]]
"""Draws the certificate and the badge, by member's name, from a statement's predicate and the report."""


def certify(folder: Path, key: Ed25519PrivateKey, wish: Wish, draw: Drawing, bundle: Path) -> None:
    """Make the bundle of a run's report folder, signed with `key`.

    Raises:
        UsageError: the run entitles to no certificate, or the folder is not what the run left.
    """
    report = load(folder / members.REPORT)
    header = _header(folder / members.HISTORY)
    _agree(report, header, folder)
    standing = after(report, embedded=_is_embedded(folder))
    if why := (*shortfalls(report), *refusals(wish, standing), *_unwitnessed(wish, header)):
        raise UsageError(refusal(why))
    pack(sealed_members(gathered(folder), report, header, key, wish, draw), bundle)


def gathered(folder: Path) -> dict[str, bytes]:
    """Return what a run left in its report folder and a bundle holds, with what it was judged by."""
    wanted = (members.REPORT, members.HISTORY, members.LEDGER, *members.OPTIONAL)
    paths = [folder / name for name in wanted if (folder / name).exists()]
    own = {path.name: path.read_bytes() for path in (*paths, *sorted(folder.glob("plans-*.json")))}
    return own | {f"{members.SCHEMAS}{name}": raw for name, raw in judged_by().items()}


def sealed_members(  # noqa: PLR0913, PLR0917 - what a bundle is made of, named
    own: Mapping[str, bytes], report: Document, header: Document, key: Ed25519PrivateKey, wish: Wish, draw: Drawing
) -> dict[str, bytes]:
    """Return all members of a bundle: the run's `own`, what is drawn of them, and the attestation over all."""
    claims = _claims(own, report, header, key, wish)
    public = key.public_key()
    retained = {**own, members.PUBLIC_KEY: text(public).encode()}
    drawn = draw(statement(report, {}, claims)["predicate"], report)
    retained |= {name: drawn[name].encode() for name in members.DRAWN}
    digests = {name: hashlib.sha256(raw).hexdigest() for name, raw in retained.items()}
    return {**retained, members.ATTESTATION: sealed(key, STATEMENT, statement(report, digests, claims))}


def _claims(own: Mapping[str, bytes], report: Document, header: Document, key: Ed25519PrivateKey, wish: Wish) -> Claims:
    raw = own.get(members.CHALLENGE)
    try:
        certifier = key_id(read_challenge(raw).certifier) if raw is not None else ""
    except EnvelopeError as trouble:
        remedy = "Run again with --challenge CHALLENGE.json."
        raise UsageError(f"{members.CHALLENGE} {trouble}.", remedy=remedy) from trouble
    suite = Suite(report["versions"]["suite"], suite_digest())
    return Claims(wish, suite, key_id(key.public_key()), certifier, seen_peer(header))


def seen_peer(header: Document) -> str:
    """Return what the TLS key is known by that the target showed when the run began; empty where none was seen."""
    try:
        shown = base64.b64decode(str(header.get("tls_peer", "")), validate=True)
    except (ValueError, binascii.Error):
        return ""
    return peer_key(shown) if shown else ""


def _unwitnessed(wish: Wish, header: Document) -> Iterable[str]:
    if wish.witnessed and not seen_peer(header):
        yield "the target showed no TLS key, so that nobody can say which server it was: run against its https address"


def _header(path: Path) -> Document:
    try:
        with path.open("rb") as file:
            header = json.loads(file.readline())
    except (OSError, ValueError) as trouble:
        raise UsageError(f"{path} is no history of a run.", remedy="Name the --report-dir of a run.") from trouble
    if not isinstance(header, dict) or "format" not in header:
        raise UsageError(f"{path} is no history of a run.", remedy="Name the --report-dir of a run.")
    return header


def _agree(report: Document, header: Document, folder: Path) -> None:
    """Refuse a report that is not that of the history beside it; whether its rows are, judging again shows."""
    digest = hashlib.sha256((folder / members.HISTORY).read_bytes()).hexdigest()
    if (report.get("history") or {}).get("sha256") != digest:
        raise UsageError(f"{folder / members.HISTORY} is not the history of the report beside it.", remedy=_AGAIN)
    for name in ("run_id", "effort", "seed", "begun", "target"):
        if report.get(name) != header.get(name):
            said = f"the report says {report.get(name)!r}, and the history {header.get(name)!r}"
            raise UsageError(f"{folder}: the two disagree about {name}: {said}.", remedy=_AGAIN)


_AGAIN = "Certify the report directory as the run left it, or run again."


def _is_embedded(folder: Path) -> bool:
    """Whether any answer of the history bears the embedded server's marker."""
    name, value = MARKER
    needle = f'"{name}":"{value}"'.encode()
    with (folder / members.HISTORY).open("rb") as file:
        return any(needle in line for line in file)
