"""One demonstration run under a challenge, and one of a faulty server, for all tests of certificates."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import forked
import pytest
from forging import DEMO, Own, Signers, gather, sign

from conformance.certification.signing_keys import Ed25519PrivateKey
from conformance.engine.search.portion import Portion
from conformance.reference.launch import launch

EFFORT = ("--effort", "quick", "--seed", "1", "--target-version", "2.1.0", "--quiet")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep all of these tests in one worker process: the runs below take their time."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("certification"))


def dds(*words: object, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``dds-conformance``."""
    ended = forked.dds(*words, cwd=Path.cwd(), env=env, bound_s=400)
    return subprocess.CompletedProcess(words, ended.code, ended.out, ended.err)


@pytest.fixture(scope="session", autouse=True)
def plans_drawn_once() -> Iterator[None]:
    """Draw the plans of a seed once for all bundles: each is of the same run, and drawing is half of verifying."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Portion, "plans", cache(Portion.plans))
        yield


@pytest.fixture(scope="session")
def command() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Give the function that runs ``dds-conformance``."""
    forked.preload()
    return dds


@pytest.fixture(scope="session")
def signers() -> Signers:
    """Give a vendor's, a certifier's and a stranger's key."""
    return Signers(*(Ed25519PrivateKey.generate() for _ in range(3)))


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, signers: Signers) -> Path:
    """Give the report folder of a conformant run that answered a challenge and compared a description."""
    folder = tmp_path_factory.mktemp("certified")
    with launch(lag="0.1") as server:
        challenge = folder / "challenge-issued.json"
        challenge.write_bytes(signers.challenge(server.base_url))
        words = ("--target", server.base_url, "--challenge", challenge, "--report-dir", folder / "report", *EFFORT)
        described = ("--target-openapi", f"{server.base_url}/swagger_doc")
        tokens = {"DDS_API_TOKEN": server.token, "DDS_OTHER_API_TOKEN": server.other_token}
        done = dds("run", *words, *described, env=tokens)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "report"


@pytest.fixture(scope="session")
def faulty_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the report folder of a run that found a server nonconformant: it tells a mismatch at completion."""
    folder = tmp_path_factory.mktemp("faulty") / "report"
    with launch(lag="0.1", faults=("complete-integrity",)) as server:
        tokens = {"DDS_API_TOKEN": server.token, "DDS_OTHER_API_TOKEN": server.other_token}
        words = ("--target", server.base_url, "--report-dir", folder, "--converge-within", "6", *EFFORT)
        done = dds("run", *words, env=tokens)
    assert done.returncode == 1, done.stdout + done.stderr
    return folder


@pytest.fixture
def own(run_folder: Path) -> Own:
    """Give what the conformant run left, to be changed at will."""
    return gather(run_folder)


@pytest.fixture(scope="session")
def bundle(run_folder: Path, signers: Signers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the honest bundle of the conformant run, as a demonstration."""
    path = tmp_path_factory.mktemp("bundle") / "honest.tgz"
    sign(gather(run_folder), signers.vendor, path, DEMO)
    return path
