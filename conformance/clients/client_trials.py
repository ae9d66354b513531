"""The nouns of a client's trial: what was run, what the server saw, what there was in the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.clients.client_scenarios import ClientScenario
from conformance.model import Json, Operation

MAIN, CHECK = "main", "check"


@dataclass(frozen=True, slots=True)
class CommandRun:
    """One command of the client: `code` is None when the time limit ended it (or it could not begin: `trouble`).

    Instants are nanoseconds of the monotonic clock that the record has too. `output` is the end of what it printed.
    """

    name: str
    begun_ns: int
    ended_ns: int
    code: int | None
    output: str = ""
    trouble: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether the client says that all is well."""
        return self.code == 0

    @property
    def ended(self) -> bool:
        """Whether the command ended by itself."""
        return self.code is not None


@dataclass(frozen=True, slots=True)
class StoredUpload:
    """An upload in the end: `due_ns` is when its truth began to show, `verdict` is ok, err or None."""

    id: str
    project: str
    completed: bool
    due_ns: int | None
    verdict: str | None
    md5: str


@dataclass(frozen=True, slots=True)
class Thing:
    """A project, folder or file in the end. `uploads` are those of a file's live versions, oldest first."""

    id: str
    name: str
    deleted: bool
    parent: str = ""
    project: str = ""
    uploads: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class World:
    """What there was when the client had ended."""

    projects: tuple[Thing, ...] = ()
    folders: tuple[Thing, ...] = ()
    files: tuple[Thing, ...] = ()
    uploads: Mapping[str, StoredUpload] = field(default_factory=dict)

    @classmethod
    def read(cls, rows: Mapping[str, Any]) -> World:
        """Read the server's own snapshot."""
        uploads = {row["id"]: StoredUpload(**row) for row in rows["uploads"]}
        return cls(_things(rows["projects"]), _things(rows["folders"]), _things(rows["files"]), uploads)

    def upload_of(self, thing: str) -> str:
        """Give the current upload of a file, or that of a file version; empty when neither has this id."""
        for file in self.files:
            if file.id == thing and file.uploads:
                return file.uploads[-1]
            if thing in file.versions and len(file.versions) == len(file.uploads):
                return file.uploads[file.versions.index(thing)]
        return ""


def _things(rows: Iterable[Mapping[str, Any]]) -> tuple[Thing, ...]:
    lists = ("uploads", "versions")
    return tuple(Thing(**{**row, **{name: tuple(row[name]) for name in lists if name in row}}) for row in rows)


@dataclass(frozen=True, slots=True)
class Trial:
    """One scenario with everything that is judged of it.

    `operations` are what the server saw, in order of arrival. `project` and `file` are the names that the client was
    given, `md5` the hash of the file's bytes. `trouble` is the suite's own: then nothing is judged.
    """

    scenario: ClientScenario
    runs: tuple[CommandRun, ...]
    operations: tuple[Operation, ...]
    world: World
    project: str = ""
    file: str = ""
    md5: str = ""
    trouble: str = ""

    @property
    def claims_success(self) -> bool:
        """Whether every command of the client ended with 0."""
        return bool(self.runs) and all(run.succeeded for run in self.runs)

    @property
    def timed_out(self) -> bool:
        """Whether the time limit ended the client."""
        return any(not run.ended for run in self.runs)

    @property
    def holds(self) -> bool:
        """Whether the file is there as it should be: under its name, with its bytes, and found good."""
        uploads = [self.world.uploads[file.uploads[-1]] for file in self.files if file.uploads]
        return any(upload.verdict == "ok" and upload.md5 == self.md5 for upload in uploads)

    @property
    def projects(self) -> tuple[Thing, ...]:
        """The live projects of the name that the client was given."""
        return tuple(one for one in self.world.projects if one.name == self.project and not one.deleted)

    @property
    def files(self) -> tuple[Thing, ...]:
        """The live files of the name that the client was given, in those projects."""
        homes = {project.id for project in self.projects}
        named = (file for file in self.world.files if file.name == self.file and file.project in homes)
        return tuple(file for file in named if not file.deleted)

    def command_of(self, operation: Operation) -> str:
        """Say which of the commands sent a request: by when it arrived."""
        begun = [run.name for run in self.runs if run.begun_ns <= operation.a_ns]
        return begun[-1] if begun else MAIN

    def run_of(self, operation: Operation) -> CommandRun:
        """Give the command that sent a request."""
        name = self.command_of(operation)
        return next(run for run in self.runs if run.name == name)

    def row(self) -> dict[str, Json]:
        """Give the trial as the run document has it."""
        return {
            "name": self.scenario.name,
            "title": self.scenario.title,
            "shows": list(self.scenario.shows),
            "ends": str(self.scenario.ends),
            "rules": [rule.row() for rule in self.scenario.rules],
            "commands": [
                {
                    "name": run.name,
                    "exit_code": run.code,
                    "timed_out": not run.ended and not run.trouble,
                    "seconds": round((run.ended_ns - run.begun_ns) / 1e9, 3),
                    "output": run.output,
                    "trouble": run.trouble,
                }
                for run in self.runs
            ],
            "requests": len(self.operations),
            "world": {"holds": self.holds, "projects": len(self.projects), "files": len(self.files)},
        }
