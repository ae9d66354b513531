"""What is released: wheel and sdist built once, looked through, installed by each recipe's words, run from nowhere.

What is installed gets nothing but itself: its dependencies are lent by this session's environment, which is that of the
lock file; `test_what_the_code_imports_is_declared_and_pinned` holds that they are all declared.
"""

from __future__ import annotations

import ast
import functools
import http.server
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import threading
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
RENAMED = ("schemas", "scenarios", "reports", "examples")
HISTORY = ROOT / "tests" / "data" / "recorded" / "deployed-history.jsonl"
PATIENCE_S = 240
pytestmark = pytest.mark.xdist_group("wheel")  # one worker, so that it is built once


def project() -> dict[str, Any]:
    """Read pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


VERSION: str = project()["project"]["version"]


def call(*words: str | Path, cwd: Path, **more: str) -> str:
    """Run a command that must succeed; give what it printed."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "DDS_", "PYTHON"))}
    done = subprocess.run(
        [str(word) for word in words], cwd=cwd, env={**env, **more}, capture_output=True, text=True, check=False,
        timeout=PATIENCE_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def source(folder: Path) -> Path:
    """Copy what a release is made from: what git knows, as it is in the work tree."""
    names = call("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT).splitlines()
    for name in names:
        if not name.startswith("tests/") and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


@dataclass(frozen=True, slots=True)
class Release:
    """The sources of a release, and what was built from them."""

    tree: Path
    wheel: Path
    sdist: Path


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Build both, as `make package` does."""
    tree = source(tmp_path_factory.mktemp("source"))
    call(sys.executable, "-m", "build", "--no-isolation", "--outdir", "dist", ".", cwd=tree)
    (wheel,), (sdist,) = (tree / "dist").glob("*.whl"), (tree / "dist").glob("*.tar.gz")
    return Release(tree, wheel, sdist)


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment, first with nothing but pip."""

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def command(self) -> Path:
        """Our command in it."""
        return self.folder / "bin" / "dds-conformance"

    def lend(self) -> None:
        """Let it find what this session has installed, after what is its own."""
        ours = sysconfig.get_paths(vars={"base": str(self.folder), "platbase": str(self.folder)})["purelib"]
        (Path(ours) / "lent.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Make an environment with pip and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    return Environment(folder)


def test_both_are_what_an_index_takes(release: Release) -> None:
    """By twine, strictly: the long description renders, the metadata is whole."""
    said = call(sys.executable, "-m", "twine", "check", "--strict", release.wheel, release.sdist, cwd=release.tree)
    assert said.count("PASSED") == 2
    assert release.wheel.name == f"dds_conformance-{VERSION}-py3-none-any.whl"
    assert release.sdist.name == f"dds_conformance-{VERSION}.tar.gz"


def test_the_wheel_holds_the_product_and_nothing_else(release: Release) -> None:
    """Every module and every data file under its packaged name; no tests, no docs, no notes."""
    with zipfile.ZipFile(release.wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        metadata = {name.rpartition("/")[2] for name in archive.namelist() if ".dist-info/" in name}
    code = {str(path.relative_to(release.tree)) for path in (release.tree / "conformance").rglob("*") if path.is_file()}
    for room in RENAMED:
        files = [path for path in (release.tree / room).rglob("*") if path.is_file()]
        code |= {f"conformance/{path.relative_to(release.tree)}" for path in files}
    expected = {name for name in code if "__pycache__" not in name and "egg-info" not in name}
    assert held == expected
    assert {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "LICENSE"} <= metadata


def test_the_sdist_builds_what_the_checkout_builds(release: Release) -> None:
    """It holds all that the wheel is made from, the licence and the changelog's neighbours."""
    with tarfile.open(release.sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "conformance/__init__.py", "schemas/requirements.toml"} <= held
    with zipfile.ZipFile(release.wheel) as archive:
        packaged = [name for name in archive.namelist() if ".dist-info/" not in name]
    renamed = tuple(f"conformance/{room}/" for room in RENAMED)
    assert {name.removeprefix("conformance/") if name.startswith(renamed) else name for name in packaged} <= held


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def index(release: Release, tmp_path: Path) -> Iterator[str]:
    """Serve an index that holds our wheel alone; give its address."""
    (shelf := tmp_path / "simple" / "dds-conformance").mkdir(parents=True)
    shutil.copy(release.wheel, shelf)
    (shelf / "index.html").write_text(f'<a href="{release.wheel.name}">{release.wheel.name}</a>', encoding="utf-8")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/simple"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("kind", ["index", "git", "wheel"])
def test_the_recipes_words_install_from_an_index_a_repository_and_a_wheel(
    kind: str, release: Release, environment: Environment, index: str, tmp_path: Path
) -> None:
    """`pip install "$DDS_SUITE"`, as every recipe of docs/ci says it."""
    suite = {
        "index": f"dds-conformance=={VERSION}",
        "wheel": f"{index}/dds-conformance/{release.wheel.name}",
        "git": f"git+file://{release.tree}",
    }[kind]
    more = {"PIP_NO_DEPS": "1", "PIP_INDEX_URL": index, "PIP_EXTRA_INDEX_URL": "", "PIP_FIND_LINKS": ""}
    if kind == "git":
        git = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org")
        call("git", "init", "--quiet", cwd=release.tree)
        call("git", "add", ".", cwd=release.tree)
        call(*git, "commit", "--quiet", "-m", "Release", cwd=release.tree)
        # pip's own reading of this variable: 0 means no isolation. The build's tools are lent, nothing else.
        more |= {"PIP_NO_BUILD_ISOLATION": "0", "PYTHONPATH": sysconfig.get_paths()["purelib"]}
    script = 'python -m pip install --quiet --ignore-installed "${DDS_SUITE:-dds-conformance}"'
    path = f"{environment.python.parent}{os.pathsep}{os.environ['PATH']}"
    call("sh", "-ec", script, cwd=tmp_path, PATH=path, DDS_SUITE=suite, **more)
    assert environment.command.exists()


def test_it_runs_from_an_empty_folder(release: Release, environment: Environment, tmp_path: Path) -> None:
    """Not the checkout's code: the installed one judges, lists, and runs a scenario against its embedded server."""
    call(environment.python, "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall", release.wheel,
         cwd=tmp_path)  # fmt: skip
    environment.lend()
    where = call(environment.python, "-c", "import conformance; print(conformance.__file__)", cwd=tmp_path)
    assert where.startswith(str(environment.folder))
    assert VERSION in call(environment.command, "--version", cwd=tmp_path)
    assert "bad-never-200" in call(environment.command, "requirements", cwd=tmp_path)
    call(environment.command, "judge", HISTORY, "--report-dir", "judged", "--report", "ctrf", cwd=tmp_path)
    names = {path.name for path in (tmp_path / "judged").iterdir()}
    assert {"report.json", "report.html", "junit.xml", "summary.md", "ctrf.json"} <= names
    words = ("run", "--embedded", "--quiet", "--effort", "quick", "--scenario", "new-versions")
    call(environment.command, *words, cwd=tmp_path)
    assert (tmp_path / "dds-report" / "report.html").exists()


def locked(name: str) -> dict[str, str]:
    """Give the version of each package in a lock file; those of other Pythons aside."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pins = [line.rstrip(" \\").split(";")[0].strip().split("==") for line in lines if "==" in line and line[0] != " "]
    return {package.lower().replace("_", "-"): version for package, version in pins}


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-run.lock"])
def test_every_pin_of_a_lock_has_its_hashes(name: str) -> None:
    """So that pip refuses any other file under the same name."""
    blocks = (ROOT / name).read_text(encoding="utf-8").split("\n")
    pins = [i for i, line in enumerate(blocks) if "==" in line and not line.startswith(" ")]
    assert len(pins) >= 40
    assert all("--hash=sha256:" in blocks[i + 1] for i in pins)


def test_what_a_run_needs_is_pinned_as_in_a_checkout() -> None:
    """One version of each, whichever lock is read."""
    run, all_of_them = locked("requirements-run.lock"), locked("requirements.lock")
    assert set(run.items()) <= set(all_of_them.items())
    assert not {"mypy", "ruff", "twine", "mkdocs", "playwright"} & set(run)


def test_the_checkout_is_installed_with_hashes() -> None:
    """By `make install`, and so in CI."""
    assert "--require-hashes -r requirements.lock" in (ROOT / "Makefile").read_text(encoding="utf-8")


def plain(name: str) -> str:
    """Give a package's name as an index knows it."""
    return name.lower().replace("_", "-")


def test_what_the_code_imports_is_declared_and_pinned() -> None:
    """No module of the product imports a package that only some other tool brings; extras are declared too."""
    asked = [*project()["project"]["dependencies"],
             *(one for extra in project()["project"]["optional-dependencies"].values() for one in extra)]  # fmt: skip
    declared = {plain("".join(c if c.isalnum() or c in "-_." else " " for c in one).split()[0]) for one in asked}
    known, missing = packages_distributions(), set()
    for path in [*(ROOT / "conformance").rglob("*.py"), *(one for r in RENAMED for one in (ROOT / r).rglob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else names
            for top in (
                {name.partition(".")[0] for name in names} - {"conformance", "_typeshed", ""} - sys.stdlib_module_names
            ):
                owners = {plain(one) for one in known.get(top, [top])}
                if not owners & declared:
                    missing.add((top, str(path.relative_to(ROOT))))
    assert missing == set()
