"""A bundle read, as a stranger's: a tar reader that knows plain files under known names, and nothing else.

Sizes are looked at before anything is read, and counted while it is. No path, link or device of the archive ever
reaches the file system; what is kept goes to fixed names in a folder of our own.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from conformance.certification.members import ATTESTATION, MOST_BYTES, MOST_MEMBERS, known, most_bytes
from conformance.errors import UsageError

BLOCK = 512
CHUNK = 1 << 20
MOST_HEADER = 16 << 10
_PLAIN = (b"0", b"\0")
_WHAT = {b"1": "a link", b"2": "a link", b"3": "a device", b"4": "a device", b"5": "a folder", b"6": "a pipe"}
_HARMLESS = frozenset({"mtime", "atime", "ctime", "uid", "gid", "uname", "gname", "comment"})
_RECORD = re.compile(rb"(\d+) ([^=]+)=")


class NoBundleError(UsageError):
    """The file is no tar.gz, or holds no attestation."""


class RefusedError(Exception):
    """What is wrong with an archive, as a sentence; nothing more of it is read."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The members of a bundle in a folder of our own, with the SHA-256 of each."""

    folder: Path
    digests: Mapping[str, str]

    def path(self, name: str) -> Path:
        """Return where a member lies."""
        return self.folder / name.replace("/", "_")

    def read(self, name: str) -> bytes:
        """Return a member's bytes."""
        return self.path(name).read_bytes()


def unpack(path: Path, folder: Path) -> Bundle:
    """Read a bundle into `folder`.

    Raises:
        NoBundleError: it is no tar.gz, or holds no attestation.
        RefusedError: it holds something that no bundle of ours does.
    """
    digests: dict[str, str] = {}
    bundle = Bundle(folder, digests)
    try:
        with gzip.open(path, "rb") as file:
            for name, size in _entries(file):  # type: ignore[arg-type] # a GzipFile reads as a BinaryIO does
                _admit(name, size, digests)
                digests[name] = _keep(file, size, bundle.path(name))  # type: ignore[arg-type] # the same
    except (OSError, EOFError, zlib.error) as trouble:
        raise NoBundleError(
            f"{path} is no tar.gz that can be read: {trouble}.", remedy="Name a BUNDLE.tgz."
        ) from trouble
    if ATTESTATION not in digests:
        raise NoBundleError(f"{path} holds no {ATTESTATION}.", remedy="Name what `dds-conformance certify` wrote.")
    return bundle


def _admit(name: str, size: int, digests: Mapping[str, str]) -> None:
    if not known(name):
        climbs = ".." in name.split("/") or name.startswith("/")
        raise RefusedError(f"{name[:80]!r} {'leads out of the bundle' if climbs else 'is no member of a bundle'}")
    if name in digests:
        raise RefusedError(f"two members are called {name!r}")
    if len(digests) >= MOST_MEMBERS:
        raise RefusedError(f"more than {MOST_MEMBERS} members")
    if size > most_bytes(name):
        raise RefusedError(f"{name!r} is to be {size} bytes: more than any bundle of ours holds")


def _entries(file: BinaryIO) -> Iterator[tuple[str, int]]:
    """Yield each member's name and size; the caller reads exactly its content before it asks for the next."""
    total = 0
    while (head := _header(file)) is not None:
        name, size, kind = head
        if kind == b"x":
            _harmless(file, size)
            continue
        if kind not in _PLAIN:
            raise RefusedError(f"{name[:80]!r} is {_WHAT.get(kind, 'of a kind that no bundle has')}")
        total += size
        if total > MOST_BYTES:
            raise RefusedError(f"all members together are more than {MOST_BYTES} bytes")
        yield name, size
        _skip(file, -size % BLOCK)


def _header(file: BinaryIO) -> tuple[str, int, bytes] | None:
    """Return a member's name, size and kind; None at the end of the archive."""
    block = file.read(BLOCK)
    if not block.strip(b"\0"):
        return None
    if len(block) < BLOCK or block[257:262] != b"ustar" or _sum(block) != _octal(block[148:156]):
        raise OSError("it holds no tar archive")
    prefix, name = _string(block[345:500]), _string(block[:100])
    return (f"{prefix}/{name}" if prefix else name), _octal(block[124:136]), block[156:157]


def _sum(block: bytes) -> int:
    return sum(block[:148]) + 8 * 32 + sum(block[156:])


def _octal(field: bytes) -> int:
    text = field.strip(b"\0 ")
    if not re.fullmatch(rb"[0-7]{0,12}", text):
        raise RefusedError("a member is larger than a bundle may be")  # sizes beyond 8 GiB are not written in octal
    return int(text or b"0", 8)


def _string(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace")


def _harmless(file: BinaryIO, size: int) -> None:
    """Read an extended header, which may say when a file was changed and by whom, and nothing that matters."""
    if size > MOST_HEADER:
        raise RefusedError("an extended header is larger than any that a bundle has")
    raw = file.read(size)
    _skip(file, -size % BLOCK)
    while raw:
        found = _RECORD.match(raw)
        length = int(found[1][:9]) if found else 0
        if found is None or length < found.end() or found[2].decode("utf-8", "replace") not in _HARMLESS:
            raise RefusedError("an extended header changes what a member is")
        raw = raw[length:]


def _keep(file: BinaryIO, size: int, path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("wb") as retained:
        while size:
            chunk = file.read(min(CHUNK, size))
            if not chunk:
                raise EOFError("it ends in the middle of a member")
            digest.update(chunk)
            retained.write(chunk)
            size -= len(chunk)
    return digest.hexdigest()


def _skip(file: BinaryIO, size: int) -> None:
    if len(file.read(size)) < size:
        raise EOFError("it ends in the middle of a member")
