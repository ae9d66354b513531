"""Bundles as strangers may send them: flipped bytes, paths, links, zeros, doubles; and envelopes that say otherwise."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from forging import DEMO, Own, Signers, gather, look, sign

from conformance.certification import members
from conformance.certification.challenge_document import KIND
from conformance.certification.eligibility import Wish
from conformance.certification.envelope import STATEMENT, canonical, sealed
from conformance.certification.packing import pack
from conformance.certification.signing_keys import key_id
from conformance.certification.unpacking import NoBundleError
from conformance.certification.verification import Verification
from conformance.certification.verifying import Pins, Reader, verify

MEMBERS = (
    members.ATTESTATION, members.REPORT, members.HISTORY, members.LEDGER, members.CERTIFICATE, members.BADGE,
    members.PUBLIC_KEY, members.CHALLENGE, members.DESCRIPTION, "plans-master.json", "schemas/requirements.toml",
    "schemas/openapi.yaml", "schemas/error.schema.json",
)  # fmt: skip


@pytest.fixture(scope="session")
def retained(bundle: Path) -> Own:
    """Give the members of the honest bundle."""
    with tarfile.open(bundle) as archive:
        return {one.name: archive.extractfile(one).read() for one in archive}  # type: ignore[union-attr] # plain files


def stated(found: Verification) -> str:
    """Return what the lines that fail say."""
    return "\n".join(f"{line.check}: {line.sentence}" for line in found.lines if line.state == "fails")


def test_the_honest_bundle_holds(bundle: Path, signers: Signers) -> None:
    """Every look holds, the verdict is conformant, and the grade is the challenged one under the certifier's key."""
    found = look(bundle, key=signers.vendor.public_key(), certifier=signers.certifier.public_key())
    assert stated(found) == ""
    assert (found.exit_code, found.outcome, found.grade) == (0, "conformant", "challenged")
    order = [line.check for line in found.lines]
    assert order[:6] == ["signature", "members", "statement", "drawn", "catalogue", "judged again"]
    assert order[-3:] == ["challenge", "clocks", "latencies"]


def test_the_same_evidence_gives_the_same_bytes(
    run_folder: Path, signers: Signers, bundle: Path, tmp_path: Path
) -> None:
    """Neither the hour nor the maker's machine is in a bundle."""
    assert sign(gather(run_folder), signers.vendor, tmp_path / "again.tgz").read_bytes() == bundle.read_bytes()


@pytest.mark.parametrize("name", MEMBERS)
def test_one_flipped_byte_in_a_member_is_seen(name: str, retained: Own, tmp_path: Path) -> None:
    """Whatever member it is in: its hash is attested, and the attestation is signed and canonical."""
    raw = bytearray(retained[name])
    raw[len(raw) // 2] ^= 1
    pack({**retained, name: bytes(raw)}, tmp_path / "flipped.tgz")
    found = look(tmp_path / "flipped.tgz")
    assert found.exit_code == 1
    assert (name in stated(found)) or (name == members.ATTESTATION and stated(found).startswith("signature: "))


def test_every_member_of_the_honest_bundle_is_attested(retained: Own) -> None:
    """Besides the attestation itself, nothing is there that the statement does not name."""
    statement = json.loads(base64.b64decode(json.loads(retained[members.ATTESTATION])["payload"]))
    assert {one["name"] for one in statement["subject"]} == set(retained) - {members.ATTESTATION}
    assert set(MEMBERS) <= set(retained)


# ---- the container


def archive(path: Path, *entries: tuple[tarfile.TarInfo, bytes], form: int = tarfile.GNU_FORMAT) -> Path:
    """Write a tar.gz by hand."""
    with tarfile.open(path, "w:gz", format=form) as made:
        for about, raw in entries:
            made.addfile(about, io.BytesIO(raw))
    return path


def entry(
    name: str, raw: bytes = b"{}", kind: bytes = tarfile.REGTYPE, link: str = ""
) -> tuple[tarfile.TarInfo, bytes]:
    """Return one member of an archive."""
    about = tarfile.TarInfo(name)
    about.type, about.linkname, about.size = kind, link, len(raw) if kind == tarfile.REGTYPE else 0
    return about, raw


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (entry("../report.json"), "leads out of the bundle"),
        (entry("schemas/../../report.json"), "leads out of the bundle"),
        (entry("/etc/passwd"), "leads out of the bundle"),
        (entry("report.json", kind=tarfile.SYMTYPE, link="/etc/passwd"), "is a link"),
        (entry("report.json", kind=tarfile.LNKTYPE, link="history.jsonl"), "is a link"),
        (entry("report.json", kind=tarfile.CHRTYPE), "is a device"),
        (entry("schemas", kind=tarfile.DIRTYPE), "is a folder"),
        (entry("report.json", kind=tarfile.FIFOTYPE), "is a pipe"),
        (entry("plans-master.pickle"), "is no member of a bundle"),
        (entry("plans-" + "x" * 120 + ".json"), "is of a kind that no bundle has"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value[0].name[:24]}-{value[0].type.decode()}",
)
def test_a_member_that_no_bundle_has_is_refused(
    odd: tuple[tarfile.TarInfo, bytes], reason: str, retained: Own, tmp_path: Path
) -> None:
    """Nothing of it reaches the file system, and nothing after it is read."""
    path = archive(tmp_path / "odd.tgz", entry(members.ATTESTATION, retained[members.ATTESTATION]), odd)
    found = look(path)
    assert (found.exit_code, reason in stated(found)) == (1, True), stated(found)
    assert sorted(tmp_path.iterdir()) == [path]


def test_two_members_of_one_name_are_refused(retained: Own, tmp_path: Path) -> None:
    """Readers of archives disagree about which of the two counts."""
    twice = (entry(members.REPORT), entry(members.REPORT, b"[]"))
    path = archive(tmp_path / "two.tgz", entry(members.ATTESTATION, retained[members.ATTESTATION]), *twice)
    assert "two members are called 'report.json'" in stated(look(path))


def test_a_header_that_renames_the_next_member_is_refused(retained: Own, tmp_path: Path) -> None:
    """Extended headers may tell of times and owners, and change nothing."""
    about, raw = entry(members.REPORT)
    about.pax_headers = {"path": "../report.json"}
    first = entry(members.ATTESTATION, retained[members.ATTESTATION])
    path = archive(tmp_path / "renamed.tgz", first, (about, raw), form=tarfile.PAX_FORMAT)
    assert "an extended header changes what a member is" in stated(look(path))


def test_a_bundle_packed_anew_by_tar_holds(retained: Own, bundle: Path, tmp_path: Path) -> None:
    """What counts is in the members; times and owners beside them are nobody's."""
    for name, raw in retained.items():
        (tmp_path / "x" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "x" / name).write_bytes(raw)
    with tarfile.open(tmp_path / "again.tgz", "w:gz", format=tarfile.PAX_FORMAT) as made:
        for name in retained:
            made.add(tmp_path / "x" / name, name)
    assert look(tmp_path / "again.tgz").lines == look(bundle).lines


def zeros(path: Path, head: bytes, gigabytes: float) -> Path:
    """Write gigabytes of zeros behind a head: a few megabytes on disk."""
    with gzip.open(path, "wb", 1) as file:
        file.write(head)
        for _ in range(int(gigabytes * 64)):
            file.write(bytes(1 << 24))
    return path


def test_ten_gigabytes_of_zeros_are_refused_before_they_are_read(tmp_path: Path) -> None:
    """By the size that the member's header names; the test's file holds the first of them only."""
    about = tarfile.TarInfo(members.HISTORY)
    about.size = 10 << 30
    path = zeros(tmp_path / "zeros.tgz", about.tobuf(tarfile.GNU_FORMAT), 0.05)
    assert "larger than a bundle may be" in stated(look(path))
    about.size = (3 << 28) + 1
    path = zeros(tmp_path / "fewer.tgz", about.tobuf(tarfile.USTAR_FORMAT), 0.05)
    assert "more than any bundle of ours holds" in stated(look(path))


def test_zeros_alone_are_an_archive_without_an_attestation(tmp_path: Path) -> None:
    """The first block of zeros is the end of an archive: nothing behind it is read."""
    with pytest.raises(NoBundleError, match=r"holds no attestation\.dsse\.json"):
        look(zeros(tmp_path / "zeros.tgz", b"", 0.05))


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04", b"\x1f\x8b\x08\x00", gzip.compress(b"x" * 2000, mtime=0)])
def test_what_is_no_archive_is_told_apart(raw: bytes, tmp_path: Path) -> None:
    """It is a file that was named wrongly, and not a forgery: exit code 2."""
    (tmp_path / "x.tgz").write_bytes(raw)
    with pytest.raises(NoBundleError) as trouble:
        look(tmp_path / "x.tgz")
    assert trouble.value.exit_code == 2


# ---- the envelope


def _spaced(raw: bytes, _: Signers) -> bytes:
    return json.dumps(json.loads(raw), sort_keys=True).encode()


def _other_payload(raw: bytes, _: Signers) -> bytes:
    outer = json.loads(raw)
    inner = json.loads(base64.b64decode(outer["payload"]))
    inner["predicate"]["result"] = "WARNED"
    return canonical({**outer, "payload": base64.b64encode(canonical(inner)).decode()})


def _spaced_payload(raw: bytes, signers: Signers) -> bytes:
    inner = json.dumps(json.loads(base64.b64decode(json.loads(raw)["payload"]))).encode()
    made = json.loads(sealed(signers.vendor, STATEMENT, {}))
    return canonical({**made, "payload": base64.b64encode(inner).decode()})


def _doubled_key(raw: bytes, _: Signers) -> bytes:
    return b'{"payloadType":"x",' + raw[1:]


def _two_signatures(raw: bytes, _: Signers) -> bytes:
    outer = json.loads(raw)
    return canonical({**outer, "signatures": outer["signatures"] * 2})


def _other_type(raw: bytes, signers: Signers) -> bytes:
    return sealed(signers.vendor, "application/json", json.loads(base64.b64decode(json.loads(raw)["payload"])))


def _other_key(raw: bytes, signers: Signers) -> bytes:
    return sealed(signers.stranger, STATEMENT, json.loads(base64.b64decode(json.loads(raw)["payload"])))


def _borrowed_name(raw: bytes, signers: Signers) -> bytes:
    made = json.loads(_other_key(raw, signers))
    made["signatures"][0]["keyid"] = key_id(signers.vendor.public_key())
    return canonical(made)


def _no_json(_raw: bytes, _: Signers) -> bytes:
    return b"\x80\x04]q\x00."  # a pickle, as good as anything else


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_spaced, "differs from its canonical form: the envelope"),
        (_spaced_payload, "differs from its canonical form: the payload"),
        (_doubled_key, "differs from its canonical form"),
        (_two_signatures, "no DSSE envelope with one signature"),
        (_other_type, "no DSSE envelope of the type"),
        (_no_json, "cannot be parsed"),
        (_other_payload, "the attestation is not signed by"),
        (_other_key, "the attestation is not signed by"),
        (_borrowed_name, "the attestation is not signed by"),
    ],
    ids=lambda value: "" if isinstance(value, str) else value.__name__.strip("_"),
)
def test_an_envelope_that_says_otherwise_is_refused(
    change: Callable[[bytes, Signers], bytes], reason: str, retained: Own, signers: Signers, tmp_path: Path
) -> None:
    """It can be read in one way only, and only the key that it names can have signed it."""
    raw = change(retained[members.ATTESTATION], signers)
    pack({**retained, members.ATTESTATION: raw}, tmp_path / "forged.tgz")
    found = look(tmp_path / "forged.tgz")
    assert (found.exit_code, reason in stated(found)) == (1, True), stated(found)


def test_another_key_than_the_pinned_one_is_refused(own: Own, signers: Signers, tmp_path: Path) -> None:
    """Whoever signs a bundle of another's evidence signs with another key."""
    found = look(sign(own, signers.stranger, tmp_path / "x.tgz"), key=signers.vendor.public_key())
    assert "and not by the key of --key" in stated(found)
    assert look(tmp_path / "x.tgz").exit_code == 0


def test_a_key_that_is_not_pinned_is_said_to_be_so(bundle: Path) -> None:
    """A signature that anybody can make proves nothing by itself."""
    assert "NOT PINNED" in look(bundle).lines[0].sentence


# ---- what is drawn, and for whom


def test_a_certificate_of_another_product_is_refused(retained: Own, own: Own, signers: Signers, tmp_path: Path) -> None:
    """The page is drawn of the statement, and can be drawn again; also where the lying page is attested."""
    theirs = {name: raw for name, raw in retained.items() if name != members.ATTESTATION}
    lying = theirs[members.CERTIFICATE].replace(b"Acme DDS", b"Best DDS")

    def draw(predicate: object, report: object) -> dict[str, str]:
        del predicate, report
        return {members.CERTIFICATE: lying.decode(), members.BADGE: theirs[members.BADGE].decode()}

    from conformance.certification import granting  # noqa: PLC0415 - only the forger calls it by itself

    report, header = json.loads(own[members.REPORT]), json.loads(own[members.HISTORY].partition(b"\n")[0])
    pack(granting.sealed_members(own, report, header, signers.vendor, DEMO, draw), tmp_path / "x.tgz")
    assert "drawn: certificate.html is not what the statement gives" in stated(look(tmp_path / "x.tgz"))


def test_the_embedded_server_is_certified_for_the_demonstration_only(
    own: Own, bundle: Path, signers: Signers, tmp_path: Path
) -> None:
    """The demonstration is refused to everybody else, and a bundle that hides what it is, by the marker."""
    assert "it is a demonstration on the embedded server" in stated(look(bundle, demo=False))
    hiding = Wish(DEMO.product, DEMO.organisation, DEMO.contact)
    assert "may not be certified" in stated(look(sign(own, signers.vendor, tmp_path / "x.tgz", hiding), demo=False))


# ---- the grade


def test_a_challenge_that_nobody_pins_makes_no_grade(bundle: Path, signers: Signers, run_folder: Path) -> None:
    """Anybody can challenge himself: only the certifier's own key, or its file, makes the run a challenged one."""
    loose = look(bundle)
    assert (loose.exit_code, loose.grade) == (0, "self-asserted")
    assert any(line.sentence.startswith("CHALLENGE NOT PINNED") for line in loose.lines)
    issued = (run_folder / members.CHALLENGE).read_bytes()
    assert look(bundle, challenge=issued).grade == "challenged"
    assert look(bundle, certifier=signers.certifier.public_key()).grade == "challenged"


def test_a_challenge_that_the_certifier_did_not_sign_is_refused(
    retained: Own, signers: Signers, tmp_path: Path
) -> None:
    """A vendor who gives himself more time cannot sign it."""
    inner = json.loads(base64.b64decode(json.loads(retained[members.CHALLENGE])["payload"]))
    raw = sealed(signers.stranger, KIND, {**inner, "expires": "2099-01-01T00:00:00+00:00"})
    statement = json.loads(base64.b64decode(json.loads(retained[members.ATTESTATION])["payload"]))
    for one in statement["subject"]:
        if one["name"] == members.CHALLENGE:
            one["digest"]["sha256"] = hashlib.sha256(raw).hexdigest()
    attested = sealed(signers.vendor, STATEMENT, statement)
    pack({**retained, members.CHALLENGE: raw, members.ATTESTATION: attested}, tmp_path / "x.tgz")
    assert "is not signed by the certifier whose key it names" in stated(look(tmp_path / "x.tgz"))


def test_another_certifier_or_another_challenge_than_the_pinned_one_is_refused(
    bundle: Path, signers: Signers, own: Own
) -> None:
    """The reader's own copy decides; and where one is pinned, a run without a challenge is not enough."""
    found = look(bundle, certifier=signers.stranger.public_key())
    assert "and not by the key of --certifier-key" in stated(found)
    target = json.loads(own[members.REPORT])["target"]["base_url"]
    found = verify(bundle, Reader(Pins(challenge=signers.challenge(target)), lambda *_: {}, demo=True))
    assert "another challenge than that of --challenge" in stated(found)
