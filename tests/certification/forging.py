"""A forger's workshop: a run's leavings as values, changed in one way or another, redrawn and signed again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from conformance.reports.certificate_page import draw

from conformance import history as histories
from conformance.certification import challenge_document, granting, members
from conformance.certification.eligibility import Wish
from conformance.certification.packing import pack
from conformance.certification.signing_keys import Ed25519PrivateKey, Ed25519PublicKey
from conformance.certification.verification import Verification
from conformance.certification.verifying import Pins, Reader, verify
from conformance.outcome import target_description
from conformance.outcome.assemble import Framing, assemble

Own = dict[str, bytes]
Line = dict[str, Any]
DEMO = Wish("Acme DDS 2.1.0", "Acme", "certificates@acme.example", demo=True)


@dataclass(frozen=True)
class Signers:
    """Three keys: who sells, who certifies, and somebody else."""

    vendor: Ed25519PrivateKey
    certifier: Ed25519PrivateKey
    stranger: Ed25519PrivateKey

    def challenge(self, target: str, *, by: Ed25519PrivateKey | None = None, begun: datetime | None = None) -> bytes:
        """Issue a challenge for two days from `begun` on."""
        return challenge_document.issued(by or self.certifier, target, 2, now=begun)


def gather(folder: Path) -> Own:
    """Return what a run left and a bundle holds."""
    return granting.gathered(folder)


def sign(own: Own, key: Ed25519PrivateKey, path: Path, wish: Wish = DEMO) -> Path:
    """Sign and pack, whatever it is that is signed."""
    report = json.loads(own[members.REPORT])
    header = json.loads(own[members.HISTORY].partition(b"\n")[0])
    pack(granting.sealed_members(own, report, header, key, wish, draw), path)
    return path


def look(
    path: Path,
    *,
    key: Ed25519PublicKey | None = None,
    certifier: Ed25519PublicKey | None = None,
    challenge: bytes | None = None,
    demo: bool = True,
) -> Verification:
    """Verify a bundle as the command does."""
    return verify(path, Reader(Pins(key, certifier, challenge), draw, demo))


def lines_of(own: Own) -> list[Line]:
    """Return the history's lines, the header first and the end last."""
    return [msgspec.json.decode(line) for line in own[members.HISTORY].splitlines()]


def with_lines(own: Own, lines: Iterable[Line]) -> Own:
    """Return the leavings with another history; its end is mended, and the report names its hash."""
    retained = list(lines)
    retained[-1]["operations"] = sum("a_ns" in line and not line.get("begin") for line in retained)
    raw = b"".join(msgspec.json.encode(line) + b"\n" for line in retained)
    report = json.loads(own[members.REPORT])
    report["history"]["sha256"] = hashlib.sha256(raw).hexdigest()
    return with_report({**own, members.HISTORY: raw}, report)


def with_report(own: Own, report: dict[str, Any]) -> Own:
    """Return the leavings with another report."""
    return {**own, members.REPORT: json.dumps(report, indent=1).encode() + b"\n"}


def changed(own: Own, change: Callable[[dict[str, Any]], object]) -> Own:
    """Return the leavings with a report that `change` was done to."""
    report = json.loads(own[members.REPORT])
    change(report)
    return with_report(own, report)


def redrawn(own: Own) -> Own:
    """Return the leavings with a report drawn again from the history as it is now."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "history.jsonl"
        path.write_bytes(own[members.HISTORY])
        history = histories.read(path)
    old, header = json.loads(own[members.REPORT]), history.header
    text = own[members.DESCRIPTION].decode() if members.DESCRIPTION in own else None
    framing = Framing(
        effort=header["effort"],
        seed=header["seed"],
        run_id=header["run_id"],
        begun=header["begun"],
        tallies=target_description.judged(text),
        summaries={name: old[name] for name in ("history", "leftovers", "fuzz", "plans")},
    )
    fresh = {**assemble(history, framing), "ended": old["ended"], "duration_s": old["duration_s"]}
    return with_report(own, fresh)


def without(own: Own, dropped: Callable[[Line], bool]) -> Own:
    """Return the leavings without the operations that `dropped` picks, announcements included, redrawn."""
    return redrawn(short_of(own, dropped))


def short_of(own: Own, dropped: Callable[[Line], bool]) -> Own:
    """Return the same with the report as it was: for who draws it anew after something else."""
    return with_lines(own, [line for line in lines_of(own) if "a_ns" not in line or not dropped(line)])


def renumbered(own: Own, *, everywhere: bool) -> Own:
    """Return the leavings with ids that have no gap, in the history alone, or wherever an id stands."""
    lines, names = lines_of(own), {}
    counts: dict[str, int] = {}
    for name in sorted({line["id"] for line in lines if "a_ns" in line}, key=_by_number):
        stem = name.rpartition("-")[0]
        counts[stem] = counts.get(stem, 0) + 1
        names[name] = f"{stem}-{counts[stem]}"
    text = own[members.HISTORY].decode()
    one_of = re.compile("|".join(sorted({re.escape(name.rpartition("-")[0]) for name in names})) + "")
    pattern = re.compile(f"(?:{one_of.pattern})-[0-9]+")
    if everywhere:
        fresh = pattern.sub(lambda found: names.get(found[0], found[0]), text)
        ledger = pattern.sub(lambda found: names.get(found[0], found[0]), own[members.LEDGER].decode()).encode()
        return redrawn(with_lines({**own, members.LEDGER: ledger}, map(json.loads, fresh.encode().splitlines())))
    for line in lines:
        if "a_ns" in line:
            line["id"] = names[line["id"]]
    return redrawn(with_lines(own, lines))


def _by_number(name: str) -> tuple[str, int]:
    stem, _, number = name.rpartition("-")
    return stem, int(number)


def ledger_without(own: Own, keys: set[str]) -> Own:
    """Return the leavings with a ledger that never heard of some operations."""
    lines = [json.loads(line) for line in own[members.LEDGER].splitlines()]
    retained = [one for one in lines if not keys & {one.get(word) for word in ("key", "made", "refused", "gone")}]
    return {**own, members.LEDGER: b"".join(json.dumps(one).encode() + b"\n" for one in retained)}


def with_plans(own: Own, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Own:
    """Return the leavings with other plans, in their file and in the report."""
    (name,) = [name for name in own if members.plans(name)]
    document = json.loads(own[name])
    document["plans"] = change(document["plans"])
    fresh = changed(own, lambda report: report.update(plans=document["plans"]))
    return {**fresh, name: json.dumps(document).encode()}


def with_header(own: Own, **fields: Any) -> Own:
    """Return the leavings with a header and a report that say something else."""
    lines = lines_of(own)
    lines[0].update(fields)
    said = {name: value for name, value in fields.items() if name in json.loads(own[members.REPORT])}
    return with_lines(changed(own, lambda report: report.update(said)), lines)


def challenged(own: Own, raw: bytes | None, *, nonce: bool = True) -> Own:
    """Return the leavings under another challenge, or none, with its nonce in the header or without it."""
    rest = {name: value for name, value in own.items() if name != members.CHALLENGE}
    if raw is None:
        return with_header(rest, challenge="")
    fields: dict[str, Any] = {"challenge": hashlib.sha256(raw).hexdigest()}
    if nonce:
        fields["nonce"] = challenge_document.read(raw).nonce
    return with_header({**rest, members.CHALLENGE: raw}, **fields)


def now() -> datetime:
    """Return the present, without the fractions that a challenge does not keep."""
    return datetime.now(UTC).replace(microsecond=0)


LONG_AGO = timedelta(days=30)
