"""Settings travel to workers without their secrets; secrets do not show themselves."""

from __future__ import annotations

import dataclasses
import json
import pickle
from pathlib import Path

import pytest

from conformance.errors import UsageError
from conformance.model import Target
from conformance.settings.credentials import Credentials, Secret
from conformance.settings.run_settings import (
    HANDED_SECRETS,
    Bounds,
    Budgets,
    Network,
    Settings,
    base_url,
    is_loopback,
    new_run_id,
)

FULL = Settings(
    target=Target(base_url="https://dds.example.org/api/v1", second_user=True, version="2.1", gateway="nginx"),
    run_id="abcdef012345",
    credentials=Credentials.of({"api_token": "tok-1", "other_api_token": "tok-2"}),
    effort="thorough",
    seed=7,
    workers=3,
    strict=True,
    only=("nc-payload", "session-*"),
    report_dir=Path("out"),
    max_rps=4.5,
    budgets=Budgets(requests=9, bytes=8, seconds=7.5, longest_wait_s=6),
    bounds=Bounds(answer_bytes=1, body_bytes=2, silence_s=3, deadline_s=4),
    network=Network(
        ca_bundle=Path("ca.pem"),
        proxy=Secret("http://u:p@proxy:3128"),
        headers=(("X-Gate", Secret("gate-1")),),
        storage_hosts=("s3.*",),
    ),
    storage_provider="p1",
    keep=True,
    i_may_write=True,
)


def test_a_worker_gets_the_same_settings() -> None:
    """What goes over as text and environment comes back equal, secrets included."""
    assert Settings.from_json(FULL.to_json(), FULL.secrets_environment()) == FULL


def test_the_text_for_a_worker_holds_no_secret() -> None:
    """Only the one variable does."""
    text = FULL.to_json()
    for secret in ("tok-1", "tok-2", "gate-1", "u:p"):
        assert secret not in text
    assert set(FULL.secrets_environment()) == {HANDED_SECRETS}


def test_without_handed_secrets_the_users_own_are_read() -> None:
    """`pytest scenarios` without our command: the environment speaks."""
    bare = dataclasses.replace(FULL, network=Network(), credentials=Credentials())
    got = Settings.from_json(bare.to_json(), {"DDS_API_TOKEN": "tok-9"})
    assert got == dataclasses.replace(bare, credentials=Credentials.of({"api_token": "tok-9"}))


def test_a_secret_does_not_show_itself() -> None:
    """Not in repr, str, format, an f-string, JSON of the settings, nor a pickle."""
    secret = Secret("swordfish")
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret:>20}", repr(FULL), json.dumps(str(FULL))):
        assert "swordfish" not in shown
        assert "tok-1" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    assert secret.reveal() == "swordfish"
    assert secret == Secret("swordfish") != Secret("cod")
    assert hash(secret) == hash(Secret("swordfish"))


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("https://dds.example.org", "https://dds.example.org/api/v1"),
        ("http://localhost:3001/", "http://localhost:3001/api/v1"),
        ("http://h/api/v1/", "http://h/api/v1"),
        ("http://h/gate/api/v1", "http://h/gate/api/v1"),
    ],
)
def test_an_address_is_completed(given: str, url: str) -> None:
    """The API's base path is added where none is given."""
    assert base_url(given) == url


@pytest.mark.parametrize(
    "given", ["", "dds.example.org", "ftp://h", "http://", "http://u:p@h", "http://h?x=1", "http://h#f"]
)
def test_a_bad_address_is_refused(given: str) -> None:
    """With a sentence, exit 2."""
    with pytest.raises(UsageError) as stated:
        base_url(given)
    assert stated.value.exit_code == 2


@pytest.mark.parametrize(
    ("url", "near"),
    [
        ("http://127.0.0.1:1/api/v1", True),
        ("http://[::1]/api/v1", True),
        ("http://localhost/api/v1", True),
        ("http://192.0.2.1/api/v1", False),
        ("http://dds.invalid/api/v1", False),
        ("", False),
    ],
)
def test_loopback_is_known(url: str, near: bool) -> None:  # noqa: FBT001 - a parameter of the table
    """By address, and by what a name resolves to."""
    assert is_loopback(url) is near


def test_the_pace_is_gentle_away_from_this_machine() -> None:
    """Ten requests a second and worker, unless it was said otherwise; unpaced on the loopback."""
    far = dataclasses.replace(FULL, max_rps=None)
    assert far.rate == 30.0
    assert dataclasses.replace(far, workers=0).rate == 10.0
    assert FULL.rate == 4.5
    near = dataclasses.replace(far, target=Target(base_url="http://127.0.0.1:1/api/v1"))
    assert near.rate is None


def test_run_ids_differ() -> None:
    """No two runs share a name."""
    assert len({new_run_id() for _ in range(1000)}) == 1000
