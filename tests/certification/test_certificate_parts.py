"""The parts of a certificate: names and plans made again, patterns, a witness, what is demanded."""

from __future__ import annotations

import base64
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from forging import DEMO, Own, Signers, look, sign, with_header
from hypothesis import given
from hypothesis import strategies as st

from conformance.certification.eligibility import Standing, Wish, refusals
from conformance.certification.fidelity.plan_steps import CALLS, SILENT
from conformance.certification.harmless_pattern import is_harmless
from conformance.certification.statement import Claims, Suite, title
from conformance.engine.plan_verbs import VERBS
from conformance.settings.naming import Naming

TLS = Path(__file__).parents[1] / "driver" / "tls"
DRAWING = """
import hashlib, sys
{more}
from conformance.certification.fidelity.own_scenarios import own_plans
from conformance.engine.search.portion import Portion
plans = [plan for one in own_plans() for plan in Portion("quick", 5).plans(one)]
print(hashlib.sha256("".join(plan.key() for plan in plans).encode()).hexdigest())
"""


def test_one_seed_gives_one_plan_whatever_modules_are_loaded() -> None:
    """A run and a later `verify` load different ones; Hypothesis must not draw from what it finds in them."""
    more = "import conformance.cli, conformance.fuzz, conformance.reference.server, conformance.reports.html"
    done = [
        subprocess.run([sys.executable, "-c", DRAWING.format(more=one)], capture_output=True, text=True, check=True)
        for one in ("", more)
    ]
    assert done[0].stdout == done[1].stdout != ""


@given(st.text(), st.text(), st.text())
def test_a_code_depends_on_every_part_and_on_where_it_ends(plan: str, step: str, about: str) -> None:
    """Moving a letter from one part to the next makes another code, and so does another nonce."""
    naming = Naming()
    code = naming.code(plan, step, about)
    assert code == Naming(naming.nonce).code(plan, step, about)
    assert code != Naming().code(plan, step, about)
    assert code != naming.code(f"{plan}x", step, about)
    assert naming.code(f"{plan}x", step, about) != naming.code(plan, f"x{step}", about)


@pytest.mark.parametrize(
    ("pattern", "harmless"),
    [
        ("", True),
        ("cloudflare|nginx", True),
        ("<title>50[234].*</title>", True),
        ("(a+)+b", False),
        ("(a|aa)*(b*)*", False),
        (r"(a)\1", False),
        ("(", False),
        ("a*" * 12, False),
        ("x" * 1000, False),
    ],
)
def test_a_strangers_pattern_is_matched_only_if_it_ends_soon(pattern: str, harmless: bool) -> None:  # noqa: FBT001 - a case
    """The gateway's pattern in a history comes from the vendor."""
    assert is_harmless(pattern) is harmless


def test_the_demand_is_held_to_what_a_run_does() -> None:
    """Each verb that makes a call is known by it."""
    assert set(VERBS) - set(CALLS) - SILENT == {
        "use_unknown",
        "ask_badly",
        "change_badly",
        "read_densely",
        "list_pages",
        "read_head",
        "revalidate",
    }


GOOD = Standing("thorough", second_user=True, converge_within_s=60.0, version="1", embedded=False, only=False)


@pytest.mark.parametrize(
    ("change", "stated"),
    [
        ({"effort": "standard"}, "say --effort thorough"),
        ({"second_user": False}, "set DDS_OTHER_API_TOKEN"),
        ({"converge_within_s": 60.5}, "--profile slow"),
        ({"version": " "}, "say --target-version VERSION"),
        ({"embedded": True}, "name your own with --target"),
        ({"only": True}, "leave --only and --scenario out"),
        ({"expected": True}, "leave --expect out"),
        ({"gateway": "(.*)*"}, "--gateway"),
    ],
)
def test_each_shortcoming_alone_refuses_and_says_what_to_do(change: dict[str, object], stated: str) -> None:
    """Whatever else is in order."""
    wish = replace(DEMO, demo=False)
    assert refusals(wish, GOOD) == ()
    (reason,) = refusals(wish, replace(GOOD, **change))  # type: ignore[arg-type] # fields of their own types
    assert stated in reason


@pytest.mark.parametrize(
    "wish", [Wish("Acme", "A", "c"), Wish("Acme 1", "", "c"), Wish("Acme 1", "A", "\x1b"), Wish("A 1", "A", "c", "x")]
)
def test_a_wish_that_says_too_little_is_refused(wish: Wish) -> None:
    """A product has a name and a version, and somebody vouches for it."""
    assert len(refusals(wish, GOOD)) == 1


def test_a_slow_bound_stands_in_the_title() -> None:
    """Nobody takes a day for a minute."""
    report = {"target": {"converge_within_s": 86400.0}}
    claims = Claims(replace(DEMO, demo=False, profile="slow"), Suite("0", "0"), "sha256:0")
    assert title(report, claims) == "Certificate of conformance (self-asserted, within 86400 s)"


def test_a_witness_is_the_certifier_who_signs_and_saw_a_tls_key(own: Own, signers: Signers, tmp_path: Path) -> None:
    """Only where his key is pinned; and never without the TLS key of the target."""
    pem = (TLS / "server.pem").read_bytes().partition(b"-----BEGIN CERTIFICATE-----")[2].partition(b"-----END")[0]
    seen = base64.b64encode(base64.b64decode(pem)).decode()
    wish = replace(DEMO, witnessed=True)
    path = sign(with_header(own, tls_peer=seen), signers.certifier, tmp_path / "w.tgz", wish)
    found = look(path, certifier=signers.certifier.public_key())
    assert (found.exit_code, found.grade) == (0, "witnessed"), found.lines
    assert look(path).grade == "self-asserted"
    assert look(path, certifier=signers.stranger.public_key()).exit_code == 1
    blind = sign(own, signers.certifier, tmp_path / "b.tgz", wish)
    assert look(blind, certifier=signers.certifier.public_key()).exit_code == 1
