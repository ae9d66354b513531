"""``dds-conformance client`` as a user runs it: its options, its exit codes, its reports, and what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conformance import history
from conformance.model import Operation

ROOT = Path(__file__).parents[2]
ENV = ("DDS_URL={url}", "DDS_USER_KEY={user_key}", "DDS_AGENT_KEY={agent_key}")
CORE = ("calm", "nc-on-create-upload", "found-bad", "project-gone")
Run = Callable[..., subprocess.CompletedProcess[str]]

LOOKING = """
import json, os, sys
from pathlib import Path
name, *rest = sys.argv[1:]
Path(os.environ["SEEN"], name).write_text(json.dumps({
    "words": rest, "cwd": os.getcwd(), "folder": os.listdir(rest[3]), "setup": Path(rest[5]).read_text(),
    "env": {key: value for key, value in os.environ.items() if "proxy" in key.lower() or key in ("WHERE", "TMPDIR")},
}))
"""
WORDS = ("{url}", "{token}", "{project}", "{folder}", "{file}", "{setup}", "{user_key}", "{agent_key}", '{"a": {}}')
SLEEPING = """
import os, subprocess, sys, time
from pathlib import Path
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
Path(os.environ["SEEN"], f"{os.getpid()}.pid").write_text(str(child.pid))
time.sleep(60)
"""


def environment(temporary: Path) -> dict[str, str]:
    """Give an environment whose temporary files lie where the test can count them, and with a proxy to be cleared."""
    retained = {name: value for name, value in os.environ.items() if not name.startswith("DDS_")}
    return {**retained, "TMPDIR": str(temporary), "http_proxy": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}


def words(*given: object) -> list[str]:
    """Give the words that start the command."""
    return [sys.executable, "-m", "conformance", "client", *map(str, given)]


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """Give a folder for temporary files that must be empty afterwards."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


@pytest.fixture
def client(tmp_path: Path, temporary: Path) -> Run:
    """Give a function that runs the command in an empty folder."""

    def run(*given: object) -> subprocess.CompletedProcess[str]:
        surroundings = environment(temporary)
        return subprocess.run(
            words(*given), cwd=tmp_path, env=surroundings, capture_output=True, text=True, check=False, timeout=240
        )

    return run


def example(verb: str, *toy: str) -> list[str]:
    """Give the words that run the example client, or a toy."""
    module = "conformance.examples.toys" if toy else "conformance.examples.client"
    return [sys.executable, "-m", module, *toy, verb, "{project}", "{file}", "--patience", "15"]


def options(scenarios: tuple[str, ...], *more: object) -> list[object]:
    """Give the options of the example client."""
    chosen = [word for name in scenarios for word in ("--scenario", name)]
    return [*chosen, *(word for line in ENV for word in ("--env", line)), "--check", " ".join(example("check")), *more]


def test_a_good_client_is_certified_and_the_reports_are_those_of_any_run(
    client: Run, tmp_path: Path, temporary: Path
) -> None:
    """The document fits its schema; the history is readable; report and compare take it; judge refuses it."""
    done = client(*options(CORE, "--strict", "--report-dir", "out"), "--", *example("upload"))
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads((tmp_path / "out" / "report.json").read_text())
    jsonschema.validate(document, json.loads((ROOT / "schemas" / "run.schema.json").read_text()))
    assert (document["role"], document["outcome"], document["partial"]) == ("client", "conformant", True)
    assert {row["name"]: row["outcome"] for row in document["client"]["scenarios"]} == dict.fromkeys(CORE, "pass")
    assert outcome(document, "client-renews-token") == "not-observed"
    for name in ("report.html", "junit.xml", "summary.md"):
        assert "client" in (tmp_path / "out" / name).read_text()
    read = history.read(tmp_path / "out" / "history.jsonl")
    assert read.complete
    assert {operation.scenario for operation in read.operations} == set(CORE)
    assert (tmp_path / "out" / "clients" / "found-bad" / "main.txt").read_text().startswith("upload failed")
    assert list(temporary.iterdir()) == []
    for given, code in (
        (("report", "out/report.json"), 0), (("compare", "out/report.json", "out/report.json"), 0),
        (("judge", "out/history.jsonl"), 2),
    ):  # fmt: skip
        again = [sys.executable, "-m", "conformance", *given]
        assert subprocess.run(again, cwd=tmp_path, capture_output=True, check=False).returncode == code, given


def outcome(document: dict[str, Any], requirement: str) -> str:
    """Give the outcome of a requirement."""
    return str(next(row["outcome"] for row in document["requirements"] if row["id"] == requirement))


def test_a_client_that_met_no_core_is_not_certified(client: Run) -> None:
    """Nothing is broken, and nothing was shown: exit code 4."""
    done = client(*options(("calm",), "--json"), "--", *example("upload"))
    assert done.returncode == 4, done.stdout + done.stderr
    document = json.loads(done.stdout)
    assert document["outcome"] == "incomplete"
    missing = set(document["missing_core"])
    assert missing >= {"an integrity exception", "a plain 404"}
    # On a busy machine the client may ask before the embedded server has prepared its project: then it met one.
    assert missing <= {"a not-consistent answer at an extended endpoint", "an integrity exception", "a plain 404"}


def test_a_client_that_breaks_a_must_fails_and_a_known_deviation_is_let_pass(client: Run, tmp_path: Path) -> None:
    """The finding names its requests and carries them; --expect makes the exit code the gate's."""
    scenarios = (*CORE[1:], "nc-on-create-upload")
    toy = example("upload", "gives-up-at-nc")
    done = client(*options(scenarios, "--report-dir", "out", "--quiet"), "--", *toy)
    assert (done.returncode, done.stdout.strip()) == (1, "nonconformant"), done.stderr
    document = json.loads((tmp_path / "out" / "report.json").read_text())
    # On a busy machine the project is not ready in other scenarios either: then the client gives up there too.
    found = [finding for finding in document["findings"] if finding["requirement"] == "client-retries-nc"]
    known = {line.id for line in history.lines(tmp_path / "out" / "history.jsonl") if isinstance(line, Operation)}
    assert found
    for finding in found:
        assert set(finding["operations"]) <= known
        assert [one["status"] for one in finding["evidence"]] == [404]
    expected = tmp_path / "known.toml"
    expected.write_text(
        '[[deviation]]\nid = "client-retries-nc"\nreason = "known"\nowner = "us"\nexpires = 2999-01-01\n'
        'link = "https://example.org/1"\n',
        encoding="utf-8",
    )
    passed = client(*options(scenarios, "--expect", expected, "--quiet"), "--", *toy)
    assert passed.returncode == 0, passed.stdout + passed.stderr


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--scenario", "no-such"], "no-such"),
        (["--env", "NOTHING"], "NAME=VALUE"),
        (["--variant", "no-such"], "no-such"),
        (["--setup", "typo.j2"], "ulr"),
        (["--time-limit", "0"], "time-limit"),
        (["--jobs", "0"], "jobs"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_runs(
    client: Run, tmp_path: Path, given: list[str], said: str
) -> None:
    """Exit code 2, and the client is not begun."""
    (tmp_path / "typo.j2").write_text("{{ ulr }}", encoding="utf-8")
    done = client(*given, "--", sys.executable, "-c", f"open({str(tmp_path / 'ran')!r}, 'w')")
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / "ran").exists()


def test_a_command_that_is_missing_or_none_is_refused(client: Run) -> None:
    """It says nothing of a client."""
    assert client("--scenario", "calm").returncode == 2
    done = client("--scenario", "calm", "--", "no-such-client-anywhere")
    assert (done.returncode, "no-such-client-anywhere" in done.stderr) == (2, True)


def test_every_placeholder_reaches_the_command_the_check_the_environment_and_the_setup(
    client: Run, tmp_path: Path
) -> None:
    """Proxies are cleared, JSON in a word stays, and the check runs after the command in the same folder."""
    script, template = tmp_path / "look.py", tmp_path / "conf.json.j2"
    script.write_text(LOOKING, encoding="utf-8")
    template.write_text('{"url": "{{ url }}", "keys": "{{ agent_key }} {{ user_key }}"}', encoding="utf-8")
    check = " ".join([sys.executable, str(script), "check", *WORDS[:6]])
    done = client(
        "--scenario", "calm", "--setup", template, "--env", f"SEEN={tmp_path}", "--env", "WHERE={project}@{url}",
        "--check", check, "--", sys.executable, script, "main", *WORDS,
    )  # fmt: skip
    assert done.returncode == 4, done.stderr
    main, checked = (json.loads((tmp_path / name).read_text()) for name in ("main", "check"))
    url, token, project, folder, file, setup, user_key, agent_key, other = main["words"]
    assert url.endswith("/api/v1")
    assert all((token, user_key, agent_key, project))
    assert (Path(file).parent, Path(setup).parent, other) == (Path(folder), Path(main["cwd"]), '{"a": {}}')
    assert main["folder"] == [Path(file).name]
    assert json.loads(main["setup"]) == {"url": url, "keys": f"{agent_key} {user_key}"}
    assert main["env"].pop("TMPDIR").startswith(main["cwd"])
    assert main["env"] == {"WHERE": f"{project}@{url}"}
    assert checked["words"] == main["words"][:6]
    assert not Path(main["cwd"]).exists()


def gone(pid: int) -> bool:
    """Tell whether a process is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def everybody_gone(folder: Path, *, at_least: int) -> bool:
    """Tell whether every client, and what it started, is dead, or dies at once: killed processes need a moment."""
    notes = list(folder.glob("*.pid"))
    pids = [int(note.stem) for note in notes] + [int(note.read_text()) for note in notes]
    deadline = time.monotonic() + 10
    while not all(map(gone, pids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return len(notes) >= at_least and all(map(gone, pids))


def test_the_time_limit_leaves_no_process_and_no_folder(client: Run, tmp_path: Path, temporary: Path) -> None:
    """Also where the client started others in a session of their own; the scenarios wait side by side."""
    given = [word for name in ("calm", "slow-project", "slow-upload", "found-bad") for word in ("--scenario", name)]
    begun = time.monotonic()
    done = client(*given, "--jobs", 4, "--time-limit", 8, "--env", f"SEEN={tmp_path}", "--json",
                  "--", sys.executable, "-c", SLEEPING)  # fmt: skip
    assert done.returncode == 4, done.stderr
    rows = json.loads(done.stdout)["client"]["scenarios"]
    assert all(run["timed_out"] for row in rows for run in row["commands"])
    took = max(run["seconds"] for row in rows for run in row["commands"])
    assert 8 <= took < 20
    assert time.monotonic() - begun < 60
    assert everybody_gone(tmp_path, at_least=4)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_no_process_and_no_folder(tmp_path: Path, temporary: Path, number: signal.Signals) -> None:
    """Exit code 130, and nothing that looks like a verdict."""
    given = words("--scenario", "calm", "--report-dir", "out", "--env", f"SEEN={tmp_path}",
                  "--", sys.executable, "-c", SLEEPING)  # fmt: skip
    with subprocess.Popen(given, cwd=tmp_path, env=environment(temporary), stderr=subprocess.PIPE, text=True) as child:
        end = time.monotonic() + 60
        while not list(tmp_path.glob("*.pid")) and time.monotonic() < end and child.poll() is None:
            time.sleep(0.05)
        child.send_signal(number)
        child.communicate(timeout=60)
    assert child.returncode == 130
    assert everybody_gone(tmp_path, at_least=1)
    assert list(temporary.iterdir()) == []
    assert not (tmp_path / "out" / "report.json").exists()
