"""``certify``, ``verify``, ``challenge``: certificates for those who make, read and issue them."""

from __future__ import annotations

import hashlib
import json
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from conformance.cli.asking.grouped_help import GroupedCommand
from conformance.cli.asking.wish_options import wish_of, wishing
from conformance.errors import ExitCode, UsageError
from conformance.settings.run_settings import base_url

if TYPE_CHECKING:
    from conformance.certification.verification import Verification

# `cryptography` is an extra: what needs it is imported by the commands that do.

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
NEW = click.Path(dir_okay=False, path_type=Path)
DAYS = click.FloatRange(0, 365, min_open=True)
BUNDLE = "certificate.tgz"
_COLOURS = {"holds": "green", "fails": "red", "note": "bright_black"}


@click.command(cls=GroupedCommand)
@click.argument("folder", metavar="REPORT_DIR", type=FOLDER)
@click.option("--key", required=True, type=FILE, metavar="KEY", help="Private Ed25519 key, PEM or OpenSSH.")
@wishing(needed=True)
@click.option("--witnessed", is_flag=True, help="The certifier ran it, and signs: needs a target under https.")
@click.option("-o", "--output", type=NEW, metavar="BUNDLE.tgz", help=f"Where to.  [default: REPORT_DIR/{BUNDLE}]")
def certify(*, folder: Path, key: Path, witnessed: bool, output: Path | None, **given: Any) -> int:
    """Make a certificate of the run that left REPORT_DIR: a bundle with all of its evidence, signed.

    The run must be thorough, complete and conformant, with a second user and a named target version. Before the bundle
    is kept it is verified, as anybody else will.
    """
    from conformance.certification import eligibility, granting, signing_keys  # noqa: PLC0415 - the extra

    wish, private = wish_of(given, witnessed=witnessed), signing_keys.private_key(key)
    bundle = output or folder / BUNDLE
    draft = bundle.with_name(f".{bundle.name}.draft")
    try:
        granting.certify(folder, private, wish, _draw, draft)
        found = _verified(draft, demo=wish.demo)
        if not found.holds or found.exit_code is not ExitCode.CONFORMANT:
            wrong = [f"{line.check}: {line.sentence}" for line in found.lines if line.state == "fails"]
            raise UsageError(eligibility.refusal(wrong or [f"judged again the run is {found.outcome}"]))
        draft.replace(bundle)
    except OSError as trouble:
        raise UsageError(f"{bundle} cannot be written: {trouble.strerror}.", remedy="Name another -o.") from trouble
    finally:
        draft.unlink(missing_ok=True)
    digest = hashlib.sha256(bundle.read_bytes()).hexdigest()
    click.echo(f"{bundle}\nsha256:{digest}\nsigned by {signing_keys.key_id(private.public_key())}")
    click.echo(f"next: {click.style(f'dds-conformance verify {bundle}', bold=True)}")
    return ExitCode.CONFORMANT


@click.command(cls=GroupedCommand)
@click.argument("bundle", metavar="BUNDLE.tgz", type=FILE)
@click.option("--key", type=FILE, metavar="PUBLIC", help="The vendor's public key, as published.")
@click.option("--challenge", type=FILE, metavar="FILE", help="The challenge that was issued for this run.")
@click.option("--certifier-key", type=FILE, metavar="PUBLIC", help="The certifier's public key.")
@click.option("--json", "as_json", is_flag=True, help="Print the lines as JSON.")
@click.option("--demo", is_flag=True, hidden=True, help="For the demonstration on the embedded server only.")
def verify(  # noqa: PLR0913 - the options of the command
    *, bundle: Path, key: Path | None, challenge: Path | None, certifier_key: Path | None, as_json: bool, demo: bool
) -> int:
    """Judge the evidence of BUNDLE.tgz again from nothing, offline, and say what holds.

    \b
    Exit codes: 0 everything holds, and the verdict is conformant; 1 something does not hold;
    4 everything holds, and the verdict is not conformant; 2 no tar.gz, or no attestation in it.
    """  # noqa: D301 - \b is click's
    found = _verified(bundle, key=key, challenge=challenge, certifier=certifier_key, demo=demo)
    if as_json:
        click.echo(json.dumps(found.document(), indent=1))
        return found.exit_code
    from conformance.certification.verifying import spoken  # noqa: PLC0415 - the extra

    for line, text in zip(found.lines, spoken(found), strict=False):
        click.echo(click.style(text, fg=_COLOURS[str(line.state)]))
    click.echo(click.style(list(spoken(found))[-1], bold=True))
    return found.exit_code


@click.command(cls=GroupedCommand)
@click.option("--target", required=True, metavar="URL", help="The target that is to be run against.")
@click.option("--days", required=True, type=DAYS, metavar="N", help="How long it holds.")
@click.option("--key", required=True, type=FILE, metavar="KEY", help="The certifier's private key, PEM or OpenSSH.")
@click.option("-o", "--output", required=True, type=NEW, metavar="CHALLENGE.json", help="Where to.")
def challenge(*, target: str, days: float, key: Path, output: Path) -> int:
    """Issue a challenge: a run that answers it cannot have been made before.

    The vendor runs with `run --challenge CHALLENGE.json`; `verify --challenge CHALLENGE.json` looks whether it did.
    """
    from conformance.certification import challenge_document, signing_keys  # noqa: PLC0415 - the extra

    raw = challenge_document.issued(signing_keys.private_key(key), base_url(target), days)
    try:
        output.write_bytes(raw)
    except OSError as trouble:
        raise UsageError(f"{output} cannot be written: {trouble.strerror}.", remedy="Name another -o.") from trouble
    found = challenge_document.read(raw)
    click.echo(f"{output}: for {found.target}, until {found.expires.isoformat()}")
    return ExitCode.CONFORMANT


def _draw(predicate: Any, report: Any) -> Any:
    return import_module("conformance.reports.certificate_page").draw(predicate, report)


def _verified(
    bundle: Path,
    *,
    key: Path | None = None,
    challenge: Path | None = None,
    certifier: Path | None = None,
    demo: bool = False,
) -> Verification:
    from conformance.certification.signing_keys import public_key  # noqa: PLC0415 - the extra
    from conformance.certification.verifying import Pins, Reader, verify  # noqa: PLC0415 - the same

    pins = Pins(
        public_key(key) if key else None,
        public_key(certifier) if certifier else None,
        challenge.read_bytes() if challenge else None,
    )
    return verify(bundle, Reader(pins, _draw, demo))
