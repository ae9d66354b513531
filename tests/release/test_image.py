"""The Dockerfile, parsed and run in a plain folder: no image can be pulled where these tests run.

Each stage is a folder of its own that stands for the root of its image; absolute paths in the steps lead into it, and a
virtual environment stands for the Python of the base image. What the lock asks for is lent by this session, whose
environment is that of the lock: pip finds every pin satisfied.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sysconfig
import venv
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_S = 240
pytestmark = pytest.mark.xdist_group("wheel")


@dataclass
class Stage:
    """One stage of a build: its base, its name, and its instructions in order."""

    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)


def stages(text: str) -> list[Stage]:
    """Parse a Dockerfile."""
    found: list[Stage] = []
    joined = re.sub(r"\\\n\s*", " ", text)
    for line in (line for line in joined.splitlines() if line.strip() and not line.startswith("#")):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            found.append(Stage(base, name))
        else:
            found[-1].steps.append((word, rest.strip()))
    return found


STAGES = stages((ROOT / "Dockerfile").read_text(encoding="utf-8"))


def ignored(name: str) -> bool:
    """Whether the build's context leaves a path out."""
    patterns = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    heads = ["/".join(name.split("/")[: i + 1]) for i in range(name.count("/") + 1)]
    parts = [pattern.removeprefix("**/") for pattern in patterns if pattern.startswith("**/")]
    return any(fnmatch(head, pattern) for head in heads for pattern in patterns) or any(
        fnmatch(part, pattern) for part in name.split("/") for pattern in parts
    )


def context() -> Iterator[str]:
    """Give the files that a build of this checkout would be sent."""
    done = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return (name for name in done.stdout.splitlines() if not ignored(name) and (ROOT / name).is_file())


class Builder:
    """Runs stages in folders below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.env: dict[str, str] = {}
        self.work = "/"
        self.folders: dict[str, Path] = {}

    def build(self, stage: Stage) -> Path:
        """Run a stage; return the folder that stands for its image's root."""
        self.folders[stage.name] = here = self.root / (stage.name or "image")
        self.env, self.work = {}, "/"
        venv.create(here / "python")  # pip is lent too
        purelib = sysconfig.get_paths(vars={"base": str(here / "python"), "platbase": str(here / "python")})["purelib"]
        (Path(purelib) / "lent.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
        useradd = here / "python" / "bin" / "useradd"
        useradd.write_text(f'#!/bin/sh\necho "$*" >> {here}/useradd.asked\n', encoding="utf-8")
        useradd.chmod(0o755)
        for word, rest in stage.steps:
            getattr(self, f"_{word.lower()}", lambda *_: None)(here, rest)
        return here

    def _workdir(self, here: Path, rest: str) -> None:
        self.work = rest
        (here / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def _env(self, _: Path, rest: str) -> None:
        self.env |= dict(pair.split("=", 1) for pair in shlex.split(rest))

    def _copy(self, here: Path, rest: str) -> None:
        *flags, source, to = shlex.split(rest)
        target = here / (to if to.startswith("/") else f"{self.work}/{to}").lstrip("/")
        if flags:
            shutil.copytree(
                self.folders[flags[0].removeprefix("--from=")] / source.lstrip("/"), target, dirs_exist_ok=True
            )
            return
        for name in context() if source == "." else [source]:
            assert not ignored(name), f"{name} is copied, and left out of the context"
            path = target / name if source == "." else target
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, path)

    def _run(self, here: Path, rest: str) -> None:
        done = self.shell(here, re.sub(r"(?<![\w.])/(?=src|wheels)", f"{here}/", rest))
        assert done.returncode == 0, f"{rest}\n{done.stdout}{done.stderr}"

    def shell(self, here: Path, script: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a line as the image's shell would."""
        path = f"{here}/python/bin{os.pathsep}/usr/bin{os.pathsep}/bin"
        offline = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        return subprocess.run(
            ["sh", "-c", script], cwd=here / self.work.lstrip("/"), env={"PATH": path, **offline, **self.env, **more},
            capture_output=True, text=True, check=False, timeout=PATIENCE_S,
        )  # fmt: skip


def test_the_image_is_small_and_not_run_as_root() -> None:
    """Slim bases, no compiler left over, a user by number, so that a cluster can see that it is not root."""
    assert all(re.fullmatch(r"python:3\.1[123]-slim", stage.base) for stage in STAGES)
    final = dict(STAGES[-1].steps)
    assert int(final["USER"]) > 0
    assert json.loads(final["ENTRYPOINT"]) == ["dds-conformance"]
    assert not any("apt-get" in rest for _, rest in STAGES[-1].steps)
    assert "--require-hashes -r /wheels/requirements-run.lock" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_its_steps_build_a_command_that_runs_without_writing_to_its_root(tmp_path: Path) -> None:
    """In folders, offline; then every file is made unwritable but those below /tmp and /work, as `--read-only` does."""
    builder = Builder(tmp_path)
    image = [builder.build(stage) for stage in STAGES][-1]
    assert "--uid 10001" in (image / "useradd.asked").read_text(encoding="utf-8")
    (image / "tmp").mkdir(exist_ok=True)
    before = snapshot(image)
    final = dict(STAGES[-1].steps)
    command = json.loads(final["ENTRYPOINT"])
    words = [*command, "run", "--embedded", "--quiet", "--effort", "quick", "--scenario", "new-versions"]
    done = builder.shell(image, shlex.join(words), HOME=f"{image}/tmp", TMPDIR=f"{image}/tmp")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (image / "work" / "dds-report" / "report.html").exists()
    changed = {name for name in snapshot(image) ^ before if not name[0].startswith(("tmp", "work"))}
    assert changed == set()
    assert builder.shell(image, shlex.join([*command, *json.loads(final["CMD"])])).returncode == 0


def snapshot(folder: Path) -> set[tuple[str, int, int]]:
    """Give every file below a folder with its size and the time when it was last written."""
    found = ((path, path.lstat()) for path in folder.rglob("*"))
    return {(str(path.relative_to(folder)), at.st_size, at.st_mtime_ns) for path, at in found if not path.is_dir()}


def test_the_context_holds_what_a_build_needs_and_no_waste() -> None:
    """No tests, no environment, no reports of somebody's run; the build of the wheel finds all of its files."""
    names = set(context())
    assert {"pyproject.toml", "README.md", "LICENSE", "requirements-run.lock", "schemas/requirements.toml"} <= names
    assert not [name for name in names if name.startswith(("tests/", ".venv", ".git/", "dds-report", "site/", "dist/"))]
