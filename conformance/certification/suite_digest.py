"""Which suite this is: a fingerprint of its code and data, and the catalogue and schemas that it judges by."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path

_ROOMS = ("schemas", "scenarios", "reports")
"""Packages of the product that may lie beside `conformance` as well as in it."""
_SUFFIXES = frozenset({".py", ".json", ".yaml", ".toml", ".ini", ".css", ".js", ".j2", ".html"})


@cache
def suite_digest() -> str:
    """Return the SHA-256 over the names and contents of every file of the suite."""
    digest = hashlib.sha256()
    for name, path in sorted(_files()):
        digest.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _files() -> Iterator[tuple[str, Path]]:
    hall = Path(str(resources.files("conformance")))
    for path in hall.rglob("*"):
        parts = path.relative_to(hall).parts
        if path.suffix in _SUFFIXES and parts[0] not in _ROOMS:
            yield "/".join(parts), path
    for room in _ROOMS:
        folder = Path(str(resources.files(f"conformance.{room}")))
        for path in folder.rglob("*"):
            if path.suffix in _SUFFIXES:
                yield f"{room}/{path.relative_to(folder).as_posix()}", path


@cache
def judged_by() -> Mapping[str, bytes]:
    """Return the catalogue, the OpenAPI document and the schemas, by file name."""
    folder = Path(str(resources.files("conformance.schemas")))
    return {
        path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in (".json", ".yaml", ".toml")
    }
