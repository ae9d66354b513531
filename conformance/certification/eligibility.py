"""What entitles to a certificate: said before a run, by the doctor, and again of the run that was (pure).

Each refusal is a sentence that ends with what to do about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.api.catalogue import version
from conformance.certification.harmless_pattern import is_harmless
from conformance.settings.run_settings import Settings

MOST_WAIT_S = 60.0
SLOW = "slow"
PROFILES = ("standard", SLOW)
MARKER = ("x-dds-server", "dds-conformance-embedded")
"""The header by which every answer of the embedded server tells what gives it."""
MOST_TEXT = 200
EMBEDDED = (
    "the embedded server of this suite is no product and may not be certified: "
    "name your own with --target https://host[:port]"
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PRODUCT = re.compile(r"\S+(?: \S+)+")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the certificate is to say that no run can know. `demo` is for the demonstration on the embedded server."""

    product: str
    organisation: str
    contact: str
    digest: str = ""
    profile: str = PROFILES[0]
    demo: bool = False
    witnessed: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a run, before or after it, that a certificate depends on."""

    effort: str
    second_user: bool
    converge_within_s: float
    version: str
    embedded: bool
    only: bool
    expected: bool = False
    gateway: str = ""
    catalogue: str = ""


def before(settings: Settings, *, embedded: bool, expected: bool = False) -> Standing:
    """Return the standing of a run that is yet to begin; `embedded` says that the target bears the marker."""
    target = settings.target
    return Standing(
        effort=settings.effort,
        second_user=settings.credentials.other_api_token is not None or target.embedded,
        converge_within_s=target.converge_within_s,
        version=target.version,
        embedded=embedded or target.embedded,
        only=bool(settings.only or settings.scenario),
        expected=expected,
        gateway=target.gateway,
        catalogue=settings.catalogue,
    )


def after(document: Mapping[str, Any], *, embedded: bool) -> Standing:
    """Return the standing of a run from its document; `embedded` says that its history bears the marker."""
    target = document["target"]
    return Standing(
        effort=document["effort"],
        second_user=bool(target.get("second_user")),
        converge_within_s=target["converge_within_s"],
        version=target.get("version", ""),
        embedded=embedded or bool(target.get("embedded")),
        only=bool(document["partial"]),
        expected=document.get("expected") is not None,
        gateway=target.get("gateway", ""),
        catalogue=str(document["versions"].get("catalogue", "")),
    )


def refusals(wish: Wish, standing: Standing) -> Sequence[str]:
    """Return why there can be no certificate, each with its remedy; nothing when there can."""
    return (*_wished(wish), *_stood(wish, standing))


def _wished(wish: Wish) -> Iterator[str]:
    if not _PRODUCT.fullmatch(wish.product):
        yield f"the product {wish.product!r} has no name and version: say --product 'NAME VERSION'"
    for option in ("product", "organisation", "contact"):
        text = getattr(wish, option)
        if not text.strip() or not text.isprintable() or len(text) > MOST_TEXT:
            yield f"the {option} is empty, or no line that can be printed: say --{option} TEXT"
    if wish.digest and not _DIGEST.fullmatch(wish.digest):
        yield f"{wish.digest!r} is no digest of an image: say --digest sha256:HEX, of 64 hexadecimal digits"


def _stood(wish: Wish, standing: Standing) -> Iterator[str]:
    if standing.effort != "thorough" and not wish.demo:
        yield f"the effort is {standing.effort}, and a certificate needs a thorough run: say --effort thorough"
    if not standing.second_user:
        yield "there is no second user: set DDS_OTHER_API_TOKEN to the token of another, unrelated user"
    if standing.converge_within_s > MOST_WAIT_S and wish.profile != SLOW:
        yield (
            f"'eventually' is bounded by {standing.converge_within_s:g} s: say --converge-within 60 or less, or "
            f"--profile slow, which states the bound in the certificate's title"
        )
    if not standing.version.strip():
        yield "the target's version is not named: say --target-version VERSION at the run"
    if standing.embedded and not wish.demo:
        yield EMBEDDED
    if standing.only:
        yield "only selected requirements are judged, or selected scenarios tried: leave --only and --scenario out"
    if not is_harmless(standing.gateway):
        yield "nobody can match the --gateway pattern safely: say one without repetitions inside repetitions"
    if standing.catalogue not in ("", version()):
        yield f"it is judged by version {standing.catalogue} of the catalogue: leave --catalogue out"
    if standing.expected:
        yield "known deviations are excused: leave --expect out"


def refusal(why: Iterable[str]) -> str:
    """Return the sentence that refuses a certificate, a line for each reason."""
    return "no certificate:" + "".join(f"\n  - {reason}." for reason in why)


def shortfalls(document: Mapping[str, Any]) -> Sequence[str]:
    """Return what kept a run that is over from entitling to a certificate, whatever is wished."""
    return tuple(_fallen_short(document))


def _fallen_short(document: Mapping[str, Any]) -> Iterator[str]:
    if document["outcome"] != "conformant":
        why = "; ".join(map(str, document["reasons"]))
        yield f"the outcome is {document['outcome']} ({why}): mend the target, then run again"
    if document.get("recorded") or document["effort"] == "recorded":
        yield "it is the judgement of a recording: certify the report directory of a run"
    if document["interrupted"] or document.get("complete") is False:
        yield "the run did not come to its end: run again, and let it end"
    stuck = [row["id"] for row in document["requirements"] if row["outcome"] == "error"]
    if stuck:
        yield f"the suite itself failed at {', '.join(stuck)}: run again, and report it if it stays"
    blocked = [row["id"] for row in document["requirements"] if row["outcome"] == "blocked" and row.get("core")]
    if blocked:
        yield f"requirements of the core were blocked ({', '.join(blocked)}): ask `dds-conformance doctor` why"
