"""The configuration: file, environment, options, in that order of growing weight, and where each value came from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import UsageError
from conformance.settings.configuration import FILE, Configuration, gather
from conformance.settings.credentials import Credentials, Secret
from conformance.settings.keys import KEYS


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(text: str) -> Path:
    """Write a configuration file in the working directory."""
    path = Path(FILE)
    path.write_text(text, encoding="utf-8")
    return path


def sources(configuration: Configuration) -> dict[str, str]:
    """Where each value came from."""
    return {row.name: row.source for row in configuration.rows()}


def test_the_weightier_source_wins_and_is_named() -> None:
    """Default, then file, then environment, then option."""
    write('effort = "quick"\nseed = 1\nworkers = 1\nconverge_within = 9')
    got = gather({"seed": 3, "strict": None}, environ={"DDS_CONFORMANCE_SEED": "2", "DDS_CONFORMANCE_WORKERS": "2"})
    settings = got.settings()
    assert (settings.effort, settings.seed, settings.workers) == ("quick", 3, 2)
    assert settings.target.converge_within_s == 9.0
    assert sources(got) | {
        "effort": FILE,
        "seed": "--seed",
        "workers": "DDS_CONFORMANCE_WORKERS",
        "strict": "default",
        "converge_within": FILE,
    } == sources(got)


def test_the_embedded_server_that_was_asked_for_gets_nothing_of_the_users() -> None:
    """An empty base URL, no credentials and no network of the user's."""
    environ = {"DDS_API_TOKEN": "tok-1", "DDS_CONFORMANCE_PROXY": "http://p:1"}
    settings = gather({"embedded": True}, environ=environ).settings()
    assert (settings.target.base_url, settings.target.embedded) == ("", True)
    assert not settings.credentials.given
    assert settings.network.proxy is None
    assert settings.rate is None


def test_everything_can_be_said_in_the_file() -> None:
    """Every key that is no secret is read from the file, in its TOML type."""
    write(
        """
        target = "https://dds.example.org"
        embedded = false
        target_version = "2.1"
        effort = "thorough"
        seed = 5
        workers = 2
        strict = true
        only = ["nc-payload", "session-*"]
        catalogue = 1
        scenario = ["uploads", "fuzz-*"]
        report_dir = "out"
        report = ["ctrf"]
        converge_within = 30
        gateway = "<h1>nginx"
        storage_provider = "p"
        target_openapi = "their.yaml"
        storage_hosts = ["10.0.0.5"]
        max_rps = 2.5
        max_in_flight = 4
        max_requests = 1000
        max_bytes = 1000000
        max_seconds = 60
        longest_wait = 5
        answer_bytes = 4096
        download_bytes = 8192
        silence = 3
        deadline = 4
        keep = true
        i_may_write = true
        ca_bundle = "ca.pem"
        client_certificate = "c.pem"
        client_key = "k.pem"
        """
    )
    got = gather(environ={})
    settings = got.settings()
    assert {name for name, source in sources(got).items() if source == FILE} == {
        name for name, key in KEYS.items() if not key.secret and name != "credentials"
    }
    assert settings.target.base_url == "https://dds.example.org/api/v1"
    assert settings.only == ("nc-payload", "session-*")
    assert settings.scenario == ("uploads", "fuzz-*")
    assert settings.budgets.seconds == 60.0
    assert settings.bounds.body_bytes == 8192
    assert settings.network.storage_hosts == ("10.0.0.5",)
    assert settings.i_may_write


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("efort = 'quick'", "Did you mean effort?"),
        ("max-rps = 1", "Did you mean max_rps?"),
        ("zzz = 1", "Known are target"),
    ],
)
def test_an_unknown_key_is_an_error_with_the_nearest_right_name(text: str, hint: str) -> None:
    """A typo must not become a default."""
    write(text)
    with pytest.raises(UsageError, match=FILE) as stated:
        gather(environ={})
    assert hint in str(stated.value)


def test_an_unknown_variable_is_an_error_too() -> None:
    """Only those that bear our prefix; other programs' are none of ours."""
    with pytest.raises(UsageError, match="DDS_CONFORMANCE_SEED") as stated:
        gather(environ={"DDS_CONFORMANCE_SED": "1", "DDSCLIENT_CONF": "x"})
    assert "Did you mean" in str(stated.value)


@pytest.mark.parametrize(
    "options",
    [
        {"effort": "heroic"},
        {"seed": -1},
        {"seed": "x"},
        {"seed": True},
        {"workers": 1.5},
        {"converge_within": 0},
        {"converge_within": "inf"},
        {"max_rps": "nan"},
        {"strict": "perhaps"},
        {"target": "nowhere"},
        {"gateway": "("},
        {"only": [1]},
        {"report_dir": 3},
    ],
)
def test_a_wrong_value_is_refused_with_its_source(options: dict[str, Any]) -> None:
    """The sentence says which option, and what it should be."""
    with pytest.raises(UsageError, match="--"):
        gather(options, environ={})


@pytest.mark.parametrize("name", [name for name, key in KEYS.items() if key.secret])
def test_a_secret_in_the_open_is_refused_and_not_repeated(name: str) -> None:
    """Secrets come from the environment, a file or a command, never from the configuration itself."""
    write(f'{name} = "swordfish"' if name != "headers" else '[headers]\nX-Gate = "swordfish"')
    with pytest.raises(UsageError) as stated:
        gather(environ={})
    assert "swordfish" not in str(stated.value)
    assert "env =" in str(stated.value)


def test_secrets_come_from_variables_files_and_commands(tmp_path: Path) -> None:
    """Each source works, and none of them is shown."""
    private = tmp_path / "key.txt"
    private.write_text("file-secret\n")
    private.chmod(0o600)
    write(
        f"""
        target = "http://127.0.0.1:1"
        api_token = {{ env = "MY_TOKEN" }}
        other_api_token = {{ file = "key.txt" }}
        proxy = {{ command = ["{sys.executable}", "-c", "print('http://u:p@proxy:1')"] }}
        [headers]
        X-Gate = {{ env = "MY_GATE" }}
        """
    )
    got = gather(environ={"MY_TOKEN": "env-secret", "MY_GATE": "gate-secret"})
    settings = got.settings()
    assert settings.credentials == Credentials.of({"api_token": "env-secret", "other_api_token": "file-secret"})
    assert settings.network.proxy == Secret("http://u:p@proxy:1")
    assert settings.network.headers == (("X-Gate", Secret("gate-secret")),)
    assert settings.target.second_user
    shown = str(got.rows()) + repr(got) + repr(settings)
    for secret in ("env-secret", "file-secret", "gate-secret", "u:p"):
        assert secret not in shown
    assert {row.shown for row in got.rows() if row.name == "api_token"} == {"set, not shown"}


@pytest.mark.parametrize(
    "source",
    [
        '{ env = "NOT_SET" }',
        '{ file = "missing.txt" }',
        '{ file = "open.txt" }',
        '{ command = ["false"] }',
        '{ command = ["true"] }',
        '{ command = "echo x" }',
        '{ vault = "x" }',
        "7",
    ],
)
def test_a_secret_that_cannot_be_had_is_an_error(source: str, tmp_path: Path) -> None:
    """Not an empty secret."""
    (tmp_path / "open.txt").write_text("readable by all")
    (tmp_path / "open.txt").chmod(0o644)
    write(f"api_token = {source}")
    with pytest.raises(UsageError, match=r"api_token|open\.txt"):
        gather(environ={})


def test_credentials_come_from_a_private_file_and_the_environment_outweighs_it(tmp_path: Path) -> None:
    """The same names in lower case; refused if others can read it."""
    file = tmp_path / "credentials.toml"
    file.write_text('dds_agent_key = "a"\ndds_user_key = "u"\ndds_other_api_token = "o"\n')
    file.chmod(0o640)
    options = {"credentials": file, "target": "http://127.0.0.1:1"}
    with pytest.raises(UsageError, match="read by others"):
        gather(options, environ={}).settings()
    file.chmod(0o600)
    assert gather(options, environ={}).settings().credentials == Credentials.of(
        {"agent_key": "a", "user_key": "u", "other_api_token": "o"}
    )
    mixed = gather(options, environ={"DDS_API_TOKEN": "t"}).settings().credentials
    assert mixed == Credentials.of({"api_token": "t", "other_api_token": "o"})


@pytest.mark.parametrize("text", ["api_token = 'x'", "dds_api_token = 7", "= broken"])
def test_a_wrong_credentials_file_is_refused(text: str, tmp_path: Path) -> None:
    """Unknown names and other types."""
    file = tmp_path / "credentials.toml"
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(UsageError):
        Credentials.from_file(file)


def test_a_broken_file_is_an_error() -> None:
    """And so is one that was named and is not there."""
    write("= nothing")
    with pytest.raises(UsageError, match="TOML"):
        gather(environ={})
    with pytest.raises(UsageError, match="cannot be read"):
        gather(environ={}, file=Path("missing.toml"))


@pytest.mark.parametrize("lines", ["no colon", "X Gate: y", ": y", "X-Gate: a\x00b"])
def test_a_header_that_is_none_is_refused(lines: str) -> None:
    """It could break a request apart."""
    with pytest.raises(UsageError, match="no header"):
        gather({"target": "http://127.0.0.1:1"}, environ={"DDS_CONFORMANCE_HEADERS": lines}).settings()
