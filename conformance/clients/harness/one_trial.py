"""One scenario: a fresh scripted server, the client's commands in a folder of their own, and what came of it."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from conformance import history
from conformance.clients.client_scenarios import DEPLOYED, ClientScenario
from conformance.clients.client_trials import CHECK, MAIN, CommandRun, Trial, World
from conformance.clients.harness import process_group
from conformance.clients.harness.placeholders import environment, fill, render
from conformance.model import Operation
from conformance.reference.launch import LaunchError, RunningServer, launch

OUTPUT_SHOWN = 4000
"""Characters of a command's output, the last ones, that a run document keeps."""
OUTPUT_RETAINED = 1 << 20
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ClientUnderTest:
    """The client as a user names it: its command, its own check, what it is set up with.

    `time_limit` (seconds) takes the place of every scenario's own; `variants` are added to every scenario's server.
    """

    command: tuple[str, ...]
    check: tuple[str, ...] = ()
    setup: tuple[Path, ...] = ()
    env: tuple[str, ...] = ()
    time_limit: float | None = None
    variants: tuple[str, ...] = ()
    seed: int = 0


@dataclass(frozen=True, slots=True)
class _Place:
    """The folders and names of one trial."""

    root: Path
    work: Path
    values: Mapping[str, str]
    content: bytes


def try_scenario(client: ClientUnderTest, scenario: ClientScenario, stop: threading.Event, keep: Path | None) -> Trial:
    """Run a client through a scenario; `keep` is the folder that its output is copied to, if anywhere.

    Raises:
        UsageError: the command, an option or a template is wrong.
    """
    with _folder(scenario.name) as root:
        script = _script(scenario, root)
        variants = tuple(dict.fromkeys((*DEPLOYED, *scenario.variants, *client.variants)))
        try:
            with launch(script=script, seed=client.seed, variants=variants, data=root / "data") as server:
                place = _place(client, scenario, server, root)
                runs = tuple(_commands(client, scenario, place, stop))
            trial = _read(scenario, runs, root)
        except LaunchError as trouble:
            return Trial(scenario, (), (), World(), trouble=str(trouble))
        if keep:
            _copy_output(root, keep / scenario.name)
        project, file = place.values["project"], Path(place.values["file"]).name
        digest = hashlib.md5(place.content, usedforsecurity=False).hexdigest()
        return replace(trial, project=project, file=file, md5=digest)


@contextmanager
def _folder(name: str) -> Iterator[Path]:
    """Make a folder that is gone afterwards, also where the client took rights away in it."""
    root = Path(tempfile.mkdtemp(prefix=f"dds-client-{name}-"))
    try:
        yield root
    finally:
        for folder, names, _ in os.walk(root):
            for path in (Path(folder, name) for name in names):
                if not path.is_symlink():
                    path.chmod(0o700)
        shutil.rmtree(root, ignore_errors=True)


def _script(scenario: ClientScenario, root: Path) -> Path:
    rows = {
        "rules": [rule.row() for rule in scenario.rules],
        "lags": dict(scenario.lag),
        "record": str(root / "record.jsonl"),
        "world": str(root / "world.json"),
    }
    path = root / "script.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    (root / "record.jsonl").touch()
    return path


def _place(client: ClientUnderTest, scenario: ClientScenario, server: RunningServer, root: Path) -> _Place:
    """Lay out the work folder: one file in a folder of its own, a place for temporary files, the setup."""
    work = root / "work"
    (work / "tmp").mkdir(parents=True)
    (work / "data").mkdir()
    content = random.Random(f"{client.seed}:{scenario.name}").randbytes(scenario.size)  # noqa: S311 (no secret)
    file = work / "data" / "file.bin"
    file.write_bytes(content)
    values = {
        "url": server.base_url,
        "token": server.token,
        "user_key": server.user_key,
        "agent_key": server.agent_key,
        "project": f"client-{scenario.name}",
        "folder": str(file.parent),
        "file": str(file),
    }
    return _Place(root, work, {**values, **render(client.setup, work, values)}, content)


def _commands(
    client: ClientUnderTest, scenario: ClientScenario, place: _Place, stop: threading.Event
) -> Iterator[CommandRun]:
    """Run the command and, unless the time is over, the check; the time limit is that of both together."""
    limit = client.time_limit or scenario.time_limit
    end_ns = time.monotonic_ns() + int(limit * _NS)
    own = {"TMPDIR": str(place.work / "tmp"), "TMP": str(place.work / "tmp"), "TEMP": str(place.work / "tmp")}
    surroundings = environment({**os.environ, **own}, client.env, place.values)
    for name, words in ((MAIN, client.command), (CHECK, client.check)):
        left = (end_ns - time.monotonic_ns()) / _NS
        if not words or left <= 0 or stop.is_set():
            return
        output = place.root / f"{name}.txt"
        filled = [fill(word, place.values) for word in words]
        ended = process_group.run(
            filled, folder=place.work, environment=surroundings, output=output, limit_s=left, stop=stop
        )
        yield CommandRun(name, ended.begun_ns, ended.ended_ns, ended.code, _tail(output, OUTPUT_SHOWN))
        if ended.code is None:
            return


def _tail(path: Path, most: int) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4 * most))
        return file.read().decode("utf-8", errors="replace")[-most:]


def _read(scenario: ClientScenario, runs: tuple[CommandRun, ...], root: Path) -> Trial:
    operations = sorted(_operations(scenario.name, root / "record.jsonl"), key=lambda one: one.a_ns)
    world = root / "world.json"
    if not world.exists():
        return Trial(scenario, runs, tuple(operations), World(), trouble="the embedded server went away")
    return Trial(scenario, runs, tuple(operations), World.read(json.loads(world.read_text(encoding="utf-8"))))


def _operations(name: str, record: Path) -> Iterator[Operation]:
    """Read the record, its ids and sessions made unique over all scenarios."""
    for line in history.lines(record):
        if isinstance(line, Operation):
            number = line.id.removeprefix("seen-")
            yield replace(line, id=f"{name}-{number}", session=f"{name}-{line.session}", scenario=name)


def _copy_output(root: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in (MAIN, CHECK):
        if (root / f"{name}.txt").exists():
            (folder / f"{name}.txt").write_text(_tail(root / f"{name}.txt", OUTPUT_RETAINED), encoding="utf-8")
