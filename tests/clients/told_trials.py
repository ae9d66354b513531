"""Trials written by hand: what a server would have seen of a client, in a few words a request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.clients.client_judge import judge_client
from conformance.clients.client_scenarios import ClientScenario, Ends, Trouble
from conformance.clients.client_trials import CommandRun, StoredUpload, Thing, Trial, World
from conformance.model import Exchange, Failure, Operation, Role

NS = 1_000_000_000
PROJECT, UPLOAD, FILE, VERSION = "p1", "u1", "f1", "v1"
PATHS: Mapping[str, tuple[str, str]] = {
    "create_token": ("POST", "/api/v1/software_agents/api_token"),
    "create_project": ("POST", "/api/v1/projects"),
    "show_project": ("GET", f"/api/v1/projects/{PROJECT}"),
    "create_upload": ("POST", f"/api/v1/projects/{PROJECT}/uploads"),
    "list_project_files": ("GET", f"/api/v1/projects/{PROJECT}/files"),
    "create_chunk": ("PUT", f"/api/v1/uploads/{UPLOAD}/chunks"),
    "complete_upload": ("PUT", f"/api/v1/uploads/{UPLOAD}/complete"),
    "show_upload": ("GET", f"/api/v1/uploads/{UPLOAD}"),
    "create_file": ("POST", "/api/v1/files"),
    "file_url": ("GET", f"/api/v1/files/{FILE}/url"),
    "version_url": ("GET", f"/api/v1/file_versions/{VERSION}/url"),
    "storage_put": ("PUT", f"/{PROJECT}/{UPLOAD}"),
    "storage_get": ("GET", f"/{PROJECT}/{UPLOAD}"),
}
NC = {"error": 404, "code": "resource_not_consistent", "reason": "r", "suggestion": "s"}
PLAIN = {"error": 404, "code": "not_provided", "reason": "Not Found", "suggestion": "s"}
INTEGRITY = {"error": 400, "code": "not_provided", "reason": "r", "suggestion": "You must begin a new upload process"}
COMPLETED = {"error": 400, "code": "not_provided", "errors": [{"field": "completed_at", "message": "no"}]}
INVALID = {"error": 400, "code": "not_provided", "errors": [{"field": "name", "message": "no"}]}


@dataclass
class Telling:
    """A trial while it is told: each request begins `after` seconds after the answer to the one before."""

    operations: list[Operation] = field(default_factory=list)
    now_ns: int = 10 * NS

    def ask(self, call: str, status: int | None = 200, body: Any = None, *, after: float = 1.0, took: float = 0.001,
            failure: Failure | None = None, query: str = "", headers: Mapping[str, str] | None = None,
            **notes: Any) -> Operation:  # fmt: skip
        """Tell one request and its answer."""
        method, path = PATHS[call]
        a_ns = self.now_ns + int(after * NS)
        self.now_ns = a_ns + int(took * NS)
        role = Role.STORAGE if call.startswith("storage") else Role.API
        exchange = Exchange(
            method, path + query, role=role, status=status, response=body, failure=failure, headers=headers or {}
        )
        name = f"t-{len(self.operations) + 1}"
        operation = Operation(name, "s", a_ns, self.now_ns, exchange, notes={"call": call, "body_md5": "m", **notes})
        self.operations.append(operation)
        return operation

    def nc(self, call: str, gaps: Iterable[float]) -> Telling:
        """Tell a row of not-consistent answers, the first after a second, the others after these pauses."""
        for gap in (1.0, *gaps):
            self.ask(call, 404, NC, after=gap)
        return self

    def trial(self, *codes: int | None, rules: Iterable[Trouble] = (), ends: Ends = Ends.EITHER,
              world: World | None = None, limit: float = 60.0,
              wanted: Mapping[str, int] | None = None) -> Trial:  # fmt: skip
        """End the trial: one command, or two of which the second began after all that was told; None timed out."""
        scenario = ClientScenario("told", "a told trial", ends, ("client-succeeds",), tuple(rules), world=wanted or {})
        end = self.now_ns + NS if None not in codes else 10 * NS + int(limit * NS)
        runs = [CommandRun("main", 0, end, codes[0])]
        runs += [CommandRun("check", end + 1, end + NS, code) for code in codes[1:]]
        held = world if world is not None else stored("ok")
        return Trial(scenario, tuple(runs), tuple(self.operations), held, project="demo", file="file.bin", md5="abc")


def stored(verdict: str | None, *, files: int = 1, projects: int = 1) -> World:
    """Give a world in which the file was stored, perhaps more than once."""
    return World(
        projects=tuple(Thing(PROJECT if n == 0 else f"p{n}x", "demo", deleted=False) for n in range(projects)),
        files=tuple(
            Thing(FILE if n == 0 else f"f{n}x", "file.bin", deleted=False, parent=PROJECT, project=PROJECT,
                  uploads=(UPLOAD,), versions=(VERSION,))
            for n in range(files)
        ),
        uploads={UPLOAD: StoredUpload(UPLOAD, PROJECT, completed=True, due_ns=5, verdict=verdict, md5="abc")},
    )  # fmt: skip


def convicted(trial: Trial) -> set[str]:
    """Give the rules that found a violation, measured ones aside."""
    return {finding.rule for tally in judge_client([trial]).values() for finding in tally.findings}


def exposed(trial: Trial) -> set[str]:
    """Give the requirements that the trial was an occasion for, measured ones aside."""
    return {
        name
        for name, tally in judge_client([trial]).items()
        if tally.exposures
        and name not in ("client-time-to-success", "client-requests-per-upload", "client-polling-rate")
    }
