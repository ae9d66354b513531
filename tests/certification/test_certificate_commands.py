"""The commands as a vendor, a certifier and a customer type them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from forging import LONG_AGO, Signers, now

from conformance.certification import members
from conformance.certification.signing_keys import Ed25519PrivateKey, private_key, public_key, text
from conformance.errors import UsageError

Command = Callable[..., subprocess.CompletedProcess[str]]
SAID = ("--product", "Acme DDS 2.1.0", "--organisation", "Acme", "--contact", "certificates@acme.example")
TOKENS = {"DDS_API_TOKEN": "x", "DDS_OTHER_API_TOKEN": "y"}
NOWHERE = "http://127.0.0.1:9"


def written(key: Ed25519PrivateKey, folder: Path, form: str = "PKCS8") -> tuple[Path, Path]:
    """Write a key's two halves as `openssl` does, or as `ssh-keygen` does."""
    private, public = folder / f"key.{form}", folder / f"pub.{form}"
    kind = getattr(serialization.PrivateFormat, form)
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption()))
    if form == "OpenSSH":
        raw = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        public.write_bytes(raw + b" vendor@acme\n")
    else:
        public.write_text(text(key.public_key()), encoding="utf-8")
    return private, public


@pytest.mark.parametrize("form", ["PKCS8", "OpenSSH"])
def test_keys_of_openssl_and_of_ssh_keygen_are_read(form: str, signers: Signers, tmp_path: Path) -> None:
    """Both halves, in both forms; and neither for the other."""
    private, public = written(signers.vendor, tmp_path, form)
    assert text(private_key(private).public_key()) == text(public_key(public)) == text(signers.vendor.public_key())
    with pytest.raises(UsageError, match="openssl pkey"):
        public_key(private)
    with pytest.raises(UsageError, match="openssl genpkey -algorithm ed25519"):
        private_key(public)


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    """With the command that makes one of the right kind."""
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "RSA", "-out", tmp_path / "rsa.pem"], check=True, stderr=subprocess.DEVNULL
    )
    with pytest.raises(UsageError, match=r"not Ed25519.*openssl genpkey"):
        private_key(tmp_path / "rsa.pem")


def test_a_certificate_from_certify_to_verify(
    command: Command, run_folder: Path, signers: Signers, tmp_path: Path
) -> None:
    """Certify says what to type next; verify prints every line, and as JSON; without the flag a demonstration fails."""
    private, public = written(signers.vendor, tmp_path)
    done = command("certify", run_folder, "--key", private, *SAID, "--demo", "-o", tmp_path / "b.tgz")
    assert done.returncode == 0, done.stderr
    assert f"next: dds-conformance verify {tmp_path / 'b.tgz'}" in done.stdout
    challenge = run_folder / members.CHALLENGE
    words = ("verify", tmp_path / "b.tgz", "--key", public, "--challenge", challenge)
    done = command(*words, "--demo", "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["grade"], document["outcome"]) == (0, "challenged", "conformant")
    done = command(*words)
    assert done.returncode == 1
    assert "it is a demonstration on the embedded server, and certifies nothing" in done.stdout


def test_verify_needs_no_network(bundle: Path) -> None:
    """In a network namespace of its own, where nothing can be reached."""
    alone = ["unshare", "-rn"]
    if (
        not shutil.which("unshare")
        or subprocess.run([*alone, "true"], check=False, stderr=subprocess.DEVNULL).returncode
    ):
        pytest.skip("this machine lets nobody make a network namespace")
    script = "import sys; from conformance.cli import main; main()"
    words = [sys.executable, "-c", script, "verify", str(bundle), "--demo"]
    done = subprocess.run([*alone, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_openssl_checks_the_signature_by_the_three_lines_of_the_guide(
    bundle: Path, signers: Signers, tmp_path: Path
) -> None:
    """Without any code of ours: the lines stand in the guide as they are run here."""
    guide = (Path(__file__).parents[2] / "docs" / "certification.md").read_text(encoding="utf-8")
    lines = [
        line.removeprefix("$ ")
        for line in guide.splitlines()
        if line.startswith(("$ sed", "$ { printf", "$ openssl pkeyutl"))
    ]
    assert len(lines) == 3
    subprocess.run(["tar", "xzf", bundle, "-C", tmp_path], check=True)
    (tmp_path / "acme-public.pem").write_text(text(signers.vendor.public_key()), encoding="utf-8")
    done = subprocess.run(["bash", "-ec", "\n".join(lines)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Verified Successfully" in done.stdout, done.stderr


def test_what_is_no_bundle_is_exit_code_2(command: Command, tmp_path: Path) -> None:
    """A wrong file is no forgery."""
    (tmp_path / "x.tgz").write_bytes(b"no archive")
    done = command("verify", tmp_path / "x.tgz")
    assert (done.returncode, "is no tar.gz" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("options", "stated"),
    [
        ((), "say --effort thorough"),
        (("--effort", "thorough"), "say --target-version VERSION"),
        (("--effort", "thorough", "--target-version", "1", "--converge-within", "86400"), "say --converge-within 60"),
        (("--effort", "thorough", "--target-version", "1", "--only", "nc-*"), "leave --only and --scenario out"),
        (("--effort", "thorough", "--target-version", "1", "--digest", "sha256:1"), "say --digest sha256:HEX"),
        (("--effort", "thorough", "--target-version", "1", "--gateway", "(a+)+"), "--gateway"),
    ],
)
def test_what_a_run_lacks_is_said_before_it(
    options: tuple[str, ...], stated: str, command: Command, tmp_path: Path
) -> None:
    """Nothing is sent, and no history begun: no server listens there."""
    words = ("run", "--target", NOWHERE, "--certify", *SAID, *options, "--report-dir", tmp_path / "report")
    done = command(*words, env=TOKENS)
    assert (done.returncode, stated in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / "report" / "history.jsonl").exists()


def test_the_second_user_and_the_slow_profile_are_asked_for(command: Command, tmp_path: Path) -> None:
    """A slow bound is no reason where the certificate tells it; the missing user still is."""
    words = ("run", "--target", NOWHERE, "--certify", *SAID, "--effort", "thorough", "--target-version", "1")
    slow = ("--converge-within", "86400", "--profile", "slow", "--report-dir", tmp_path / "report")
    done = command(*words, *slow, env={"DDS_API_TOKEN": "x"})
    assert "set DDS_OTHER_API_TOKEN" in done.stderr
    assert "converge-within" not in done.stderr


def test_a_certificates_words_without_certify_are_no_run(command: Command) -> None:
    """They would be lost."""
    done = command("run", "--product", "Acme DDS 2", env=TOKENS)
    assert (done.returncode, "Say --certify with it." in done.stderr) == (2, True)


def test_the_embedded_server_is_known_before_the_run(command: Command, tmp_path: Path) -> None:
    """With or without an address: by its marker."""
    from conformance.reference.launch import launch  # noqa: PLC0415 - a server for this test alone

    words = ("--certify", *SAID, "--effort", "thorough", "--target-version", "1", "--report-dir", tmp_path / "report")
    assert "is no product and may not be certified" in command("run", "--embedded", *words).stderr
    with launch(lag="0.1") as server:
        tokens = {"DDS_API_TOKEN": server.token, "DDS_OTHER_API_TOKEN": server.other_token}
        done = command("run", "--target", server.base_url, *words, env=tokens)
        assert (done.returncode, "is no product and may not be certified" in done.stderr) == (2, True)
        done = command("doctor", "--target", server.base_url, *words[:-2], "--json", env=tokens)
        lines = {line["question"]: line for line in json.loads(done.stdout)["lines"]}
    assert done.returncode == 2
    assert "may not be certified" in lines["certificate"]["sentence"]
    assert "--target" in lines["certificate"]["remedy"]


@pytest.mark.parametrize(
    ("target", "begun", "stated"),
    [
        ("https://other.example/api/v1", now(), "is for the target https://other.example/api/v1"),
        (f"{NOWHERE}/api/v1", now() - LONG_AGO, "holds from"),
    ],
)
def test_a_challenge_that_does_not_fit_is_refused_before_the_run(  # noqa: PLR0917 - the case, and its fixtures
    target: str, begun: object, stated: str, command: Command, signers: Signers, tmp_path: Path
) -> None:
    """An expired one, or one for another target, would make a run that nobody grades."""
    (tmp_path / "c.json").write_bytes(signers.challenge(target, begun=begun))  # type: ignore[arg-type] # a datetime
    done = command("run", "--target", NOWHERE, "--challenge", tmp_path / "c.json", env=TOKENS)
    assert (done.returncode, stated in done.stderr) == (2, True), done.stderr


def test_a_challenge_is_issued_for_the_base_url(command: Command, signers: Signers, tmp_path: Path) -> None:
    """As the run will know its target; a challenge that was changed afterwards is refused."""
    private, _ = written(signers.certifier, tmp_path)
    words = ("challenge", "--target", NOWHERE, "--days", "3", "--key", private, "-o", tmp_path / "c.json")
    assert f"for {NOWHERE}/api/v1, until" in command(*words).stdout
    raw = (tmp_path / "c.json").read_bytes()
    (tmp_path / "c.json").write_bytes(raw.replace(b'"sig":"', b'"sig":"A', 1))
    done = command("run", "--target", NOWHERE, "--challenge", tmp_path / "c.json", env=TOKENS)
    assert (done.returncode, "c.json" in done.stderr) == (2, True)


def test_a_report_that_was_edited_is_not_certified(
    command: Command, run_folder: Path, signers: Signers, tmp_path: Path
) -> None:
    """Effort, version and address come from the history; rows and outcome are judged again."""
    private, _ = written(signers.vendor, tmp_path)
    shutil.copytree(run_folder, tmp_path / "report")
    path = tmp_path / "report" / "report.json"
    report = json.loads(path.read_text(encoding="utf-8"))
    words = ("certify", tmp_path / "report", "--key", private, *SAID, "--demo", "-o", tmp_path / "b.tgz")
    path.write_text(json.dumps({**report, "effort": "thorough"}), encoding="utf-8")
    assert "disagree about effort" in command(*words).stderr
    report["requirements"][0]["exposures"] += 1
    path.write_text(json.dumps(report), encoding="utf-8")
    done = command(*words)
    assert (done.returncode, "judged again: the row" in done.stderr) == (2, True)
    assert not (tmp_path / "b.tgz").exists()


def test_a_run_that_was_not_conformant_is_not_certified(
    command: Command, faulty_folder: Path, signers: Signers, tmp_path: Path
) -> None:
    """The refusal says why, and what to do."""
    private, _ = written(signers.vendor, tmp_path)
    done = command("certify", faulty_folder, "--key", private, *SAID, "--demo")
    assert (done.returncode, "the outcome is nonconformant" in done.stderr) == (2, True)
    assert "mend the target, then run again" in done.stderr


def test_reports_mint_no_certificate(command: Command, run_folder: Path, tmp_path: Path) -> None:
    """A report alone proves nothing."""
    done = command("report", run_folder / "report.json", "--format", "certificate", "--report-dir", tmp_path)
    assert done.returncode == 2
    assert list(run_folder.glob("certificate*")) == []
