"""The table of troubles: what may go wrong around the judge, which commands meet it, and how they then end.

`python tests/gate/trouble_table.py` prints it as ``docs/trouble.md``; a test holds that the page is this table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from forked import Streams
from trouble_files import DOCUMENT, EMPTY, FILES, READERS, RECORDED, TOML_READERS

TOKEN = {"DDS_API_TOKEN": "token-0123456789abcdef"}
NOWHERE = "http://127.0.0.1:9"
REMOTE = "http://192.0.2.1"
"""An address for documentation: nothing is there, and nothing is sent there either."""


@dataclass(frozen=True)
class Case:
    """A command that meets a trouble. `codes` are what it may end with; `says` must stand in what it prints."""

    trouble: str
    command: str
    words: Sequence[str]
    codes: tuple[int, ...] = (2,)
    env: Mapping[str, str] = field(default_factory=dict)
    streams: Streams = field(default_factory=Streams)
    says: str = ""
    prepare: Callable[[Path], object] = lambda folder: None  # noqa: ARG005 - nothing to prepare
    judges: bool = False
    """Whether the command comes to a verdict all the same, so that its code is the verdict's."""

    @property
    def name(self) -> str:
        """The case in a word or two."""
        return f"{self.trouble} - {self.command}"


def wrong_files() -> list[Case]:
    """Each wrong file in the place of each file that a command reads."""
    cases = []
    for trouble, make in FILES.items():
        for command, words in READERS.items():
            if trouble in EMPTY and command in TOML_READERS:
                continue  # TOML without a word is whole
            codes = (2, 4) if command in ("report", "compare", "matrix") else (2,)
            cases.append(Case(trouble, command, words, codes, TOKEN, prepare=_laid(make)))
    return cases


def _laid(make: Callable[[Path], Path | None]) -> Callable[[Path], Path]:
    def lay(folder: Path) -> Path:
        path = folder / "bad"
        placed = make(path) or path
        if path.is_file() and not path.is_symlink():
            path.chmod(0o600)
        return placed

    return lay


RUNS: Mapping[str, tuple[str, ...]] = {
    "run": ("run", "--effort", "quick", "--report-dir", "out"),
    "replay": ("replay", "plan.json", "--report-dir", "out"),
    "run --dry-run": ("run", "--dry-run"),
}
"""The commands that choose a target."""
REACHERS: Mapping[str, tuple[str, ...]] = {
    **RUNS,
    "doctor": ("doctor", "--report-dir", "out"),
}


def _plan(folder: Path) -> None:
    plan = '{"format": "dds-conformance-plan", "version": 1, "actors": []}'
    (folder / "plan.json").write_text(plan, encoding="utf-8")


def _credentials(mode: int, text: str = "dds_api_token = 'abcdefgh'\n") -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        _plan(folder)
        path = folder / "credentials.toml"
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)

    return make


def _config(text: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        _plan(folder)
        (folder / "dds-conformance.toml").write_text(text, encoding="utf-8")

    return make


POINTERS: Mapping[str, tuple[Mapping[str, str], Sequence[str], Callable[[Path], object]]] = {
    "a token and no target": (TOKEN, (), _plan),
    "a second user's token and no target": ({"DDS_OTHER_API_TOKEN": "x" * 20}, (), _plan),
    "an empty target variable": ({"DDS_CONFORMANCE_TARGET": ""}, (), _plan),
    "an empty alias of the target variable": ({"DDS_TARGET": ""}, (), _plan),
    "a misspelt target variable": ({"DDS_TARGET_URL": "https://dds.example.org"}, (), _plan),
    "an empty secret of CI": ({"DDS_API_TOKEN": ""}, (), _plan),
    "credentials that others can read, no target": ({}, ("--credentials", "credentials.toml"), _credentials(0o644)),
    "credentials that are missing, no target": ({}, ("--credentials", "nowhere.toml"), _plan),
    "a version of the target and no target": ({}, ("--target-version", "2.1"), _plan),
    "consent to write and no target": ({}, ("--i-may-write",), _plan),
    "a header and no target": ({}, ("--header", "X-Gate=0123456789"), _plan),
    "two names of different targets": ({"DDS_TARGET": NOWHERE, "DDS_CONFORMANCE_TARGET": REMOTE}, (), _plan),
    "a target and the embedded server": (TOKEN, ("--target", NOWHERE, "--embedded"), _plan),
    "credentials in the configuration and no target": ({}, (), _config("credentials = 'nowhere.toml'\n")),
}
"""What points at a target although none, or not one, is named: environment, options, files."""


def targets_not_named() -> list[Case]:
    """Each pointer at each command that would otherwise judge the embedded server."""
    return [
        Case(trouble, command, (*words, *more), (2,), env, prepare=prepare)
        for trouble, (env, more, prepare) in POINTERS.items()
        for command, words in RUNS.items()
    ]


WRONG_OPTIONS: Mapping[str, tuple[Mapping[str, str], Sequence[str], Callable[[Path], object]]] = {
    "an unknown option": (TOKEN, ("--targe", "x"), _plan),
    "a target that is no address": (TOKEN, ("--target", "ftp://x"), _plan),
    "a target with a password": (TOKEN, ("--target", "http://u:p@127.0.0.1:9"), _plan),
    "a target with a query": (TOKEN, ("--target", "http://127.0.0.1:9/?a=b"), _plan),
    "a target with a port that is none": (TOKEN, ("--target", "http://127.0.0.1:99999"), _plan),
    "a number that is none": (TOKEN, ("--target", NOWHERE, "--max-rps", "nan"), _plan),
    "a header that is none": (TOKEN, ("--target", NOWHERE, "--header", "no header"), _plan),
    "a header that would break a request apart": (TOKEN, ("--target", NOWHERE, "--header", "X-A=b\r\nHost: c"), _plan),
    "a header that is the suite's own": (TOKEN, ("--target", NOWHERE, "--header", "Authorization=x"), _plan),
    "no credentials": ({}, ("--target", NOWHERE), _plan),
    "an unknown variable of ours": ({**TOKEN, "DDS_CONFORMANCE_TARGETT": "x"}, ("--target", NOWHERE), _plan),
    "an unknown key in the configuration": (TOKEN, ("--target", NOWHERE), _config("efort = 'quick'\n")),
    "a secret in the open": ({}, ("--target", NOWHERE), _config("api_token = 'swordfish-1234'\n")),
    "a secret of a command that fails": ({}, ("--target", NOWHERE), _config("api_token = { command = ['false'] }\n")),
    "a pattern that is none": (TOKEN, ("--target", NOWHERE, "--gateway", "("), _plan),
}


def wrong_options() -> list[Case]:
    """Each wrong option, variable or key at each command that reaches a target."""
    return [
        Case(trouble, command, (*words, *more), (2,), env, prepare=prepare)
        for trouble, (env, more, prepare) in WRONG_OPTIONS.items()
        for command, words in REACHERS.items()
    ]


FOLDERS: Mapping[str, Callable[[Path], str]] = {
    "a report folder that is a file": lambda folder: _touched(folder / "out"),
    "a report folder below a file": lambda folder: f"{_touched(folder / 'file')}/out",
    "a report folder that leads to itself": lambda folder: _looped(folder / "loop"),
    "a report folder with a name too long": lambda folder: str(folder / ("n" * 300)),
    "a report folder where nothing may be made": lambda folder: "/proc/nowhere/out",  # noqa: ARG005
    "a report folder that is a device": lambda folder: "/dev/full",  # noqa: ARG005
}
WRITERS: Mapping[str, tuple[str, ...]] = {
    "run": ("run", "--embedded", "--report-dir", "{bad}"),
    "run --target": ("run", "--target", NOWHERE, "--report-dir", "{bad}"),
    "replay": ("replay", "plan.json", "--embedded", "--report-dir", "{bad}"),
    "judge": ("judge", str(RECORDED), "--report-dir", "{bad}"),
    "report": ("report", str(DOCUMENT), "--report-dir", "{bad}"),
    "matrix": ("matrix", str(DOCUMENT), "--report-dir", "{bad}"),
    "doctor": ("doctor", "--target", NOWHERE, "--report-dir", "{bad}"),
    "selftest --write": ("selftest", "--only", "complete-200", "--write", "{bad}/matrix.md"),
    "serve --data": ("serve", "--data", "{bad}/data"),
    "trend -o": ("trend", str(DOCUMENT.parent), "-o", "{bad}/trend.html"),
}
"""Commands that write to a folder."""


def _touched(path: Path) -> str:
    path.write_bytes(b"")
    return str(path)


def _looped(path: Path) -> str:
    path.symlink_to(path)
    return str(path)


def unwritable_folders() -> list[Case]:
    """Each folder that cannot be written, at each command that writes to one."""

    def both(make: Callable[[Path], str]) -> Callable[[Path], str]:
        def prepare(folder: Path) -> str:
            _plan(folder)
            return make(folder)

        return prepare

    return [
        Case(trouble, command, words, (2,), TOKEN, prepare=both(make))
        for trouble, make in FOLDERS.items()
        for command, words in WRITERS.items()
    ]


STREAMS: Mapping[str, tuple[Streams, tuple[int, ...]]] = {
    "standard output is full": (Streams(out="/dev/full"), (5,)),
    "standard output is closed": (Streams(out="closed"), (0,)),
    "nobody reads standard output any more": (Streams(out="pipe"), (0,)),
    "standard output is ASCII": (Streams(encoding="ascii"), (0,)),
    "standard output is Latin-1": (Streams(encoding="latin-1"), (0,)),
    "standard output is a Windows code page": (Streams(encoding="cp1252"), (0,)),
}
PRINTERS: Mapping[str, tuple[str, ...]] = {
    "judge": ("judge", str(RECORDED)),
    "judge --json": ("judge", str(RECORDED), "--json"),
    "compare": ("compare", str(DOCUMENT), str(DOCUMENT)),
    "requirements": ("requirements", "--readings"),
    "faults": ("faults",),
    "config show": ("config", "show"),
    "run --dry-run": ("run", "--dry-run", "--embedded"),
    "--help": ("--help",),
}
"""Commands whose results go to standard output; `judge` comes to a verdict."""


def bad_streams() -> list[Case]:
    """Each trouble with standard output at each command that prints."""
    return [
        Case(trouble, command, words, codes, streams=streams, judges=True)
        for trouble, (streams, codes) in STREAMS.items()
        for command, words in PRINTERS.items()
    ]


def cases() -> list[Case]:
    """Give every case that needs no server."""
    return [*wrong_files(), *targets_not_named(), *wrong_options(), *unwritable_folders(), *bad_streams()]


SERVED = {
    "nothing listens": "doctor, replay, run, clean",
    "a server that closes each connection": "doctor, replay",
    "a server that answers with noise": "doctor, replay",
    "a server that never answers": "doctor, replay",
    "an answer without an end": "doctor, replay",
    "a plain server on an https address": "doctor, replay",
    "a host without an address": "doctor, replay",
    "a token that is refused": "doctor, replay, clean",
    "SIGINT while a run starts": "run, judge",
    "SIGINT in the middle of a run": "run",
    "SIGINT twice": "run",
    "SIGTERM in the middle of a run": "run",
    "SIGHUP in the middle of a run": "run",
    "the scenarios' process is killed": "run",
    "a limit on the size of files, as a full disk": "run",
}
"""Troubles of `test_trouble_live`, which need a server or a signal: the codes are 3 or 2, 130, and 5."""


def page() -> str:
    """Draw the table as Markdown."""
    rows: dict[str, dict[str, list[str]]] = {}
    for case in cases():
        codes = "0 (its own)" if case.codes == (0,) else " or ".join(map(str, case.codes))
        rows.setdefault(case.trouble, {}).setdefault(codes, []).append(case.command)
    lines = [
        "# What may go wrong around the judge, and how the commands then end",
        "",
        "0, 1 and 4 are verdicts of `run`, `judge`, `replay` and `pytest scenarios`; trouble ends with 2 where a user",
        "can mend it, 3 where the target cannot be reached, 5 where the suite itself failed, 130 after an interrupt.",
        "Generated by `python tests/gate/trouble_table.py`; `tests/gate/` tries every row.",
        "",
        f"{len(rows) + len(SERVED)} troubles, {len(cases())} cases without a server.",
        "",
        "| trouble | commands | exit code |",
        "|---|---|---|",
    ]
    for trouble, ends in rows.items():
        lines += [f"| {trouble} | {', '.join(commands)} | {codes} |" for codes, commands in ends.items()]
    lines += [f"| {trouble} | {commands} | 2, 3, 5 or 130 |" for trouble, commands in SERVED.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - it is what it is for
