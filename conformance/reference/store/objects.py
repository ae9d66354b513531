"""The storage provider's shelves: parts on disk, hashed while they stream in, assembled in part-number order."""

from __future__ import annotations

import contextlib
import hashlib
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from conformance.reference.store.database import STORAGE_SCHEMA, Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["ObjectStore", "Part", "PartWriter", "Piece"]

SINGLE = 0  # the part number of a single-part object; chunks count from 1


@dataclass(frozen=True, slots=True)
class Part:
    """What the provider computed of one stored part. Sizes in bytes, hashes in lower-case hexadecimal."""

    number: int
    size: int
    md5: str
    sha1: str
    sha256: str
    file: str

    def digest(self, algorithm: str) -> str:
        """Return the hash by the name of its algorithm (md5, sha1 or sha256)."""
        return {"md5": self.md5, "sha1": self.sha1, "sha256": self.sha256}[algorithm]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a stored part: what a download is made of. `stored` is when the part arrived."""

    file: str
    offset: int
    length: int
    number: int
    stored: float


class PartWriter:
    """Takes one part's bytes in pieces: to disk and through the hashes, never whole into memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._out: BinaryIO = path.open("wb")
        self._digests = [hashlib.new(name, usedforsecurity=False) for name in ("md5", "sha1", "sha256")]
        self._size = 0

    def write(self, piece: bytes) -> None:
        """Append a piece."""
        self._out.write(piece)
        self._size += len(piece)
        for digest in self._digests:
            digest.update(piece)

    def finish(self, number: int) -> Part:
        """Close the file and return what was computed."""
        self._out.close()
        md5, sha1, sha256 = (digest.hexdigest() for digest in self._digests)
        return Part(number, self._size, md5, sha1, sha256, self._path.name)

    def abandon(self) -> None:
        """Forget the bytes of a part that never arrived whole."""
        self._out.close()
        self._path.unlink(missing_ok=True)


class ObjectStore:
    """Containers, parts and objects of the storage provider, in a folder and a database of its own."""

    def __init__(self, folder: Path) -> None:
        self._bytes = folder / "parts"
        self._bytes.mkdir(parents=True, exist_ok=True)
        self._database = Database(folder / "storage.sqlite", STORAGE_SCHEMA)

    def create_container(self, name: str) -> None:
        """Make a container; making it twice is the same as once."""
        self._database.run("INSERT OR IGNORE INTO containers (name) VALUES (?)", name)

    def accepts(self, container: str, name: str) -> bool:
        """Tell whether a part may still be sent to the object."""
        known = self._database.one("SELECT 1 FROM containers WHERE name = ?", container)
        return known is not None and not self.assembled(name)

    def assembled(self, name: str) -> bool:
        """Tell whether the object exists as a whole."""
        return self._database.one("SELECT 1 FROM objects WHERE name = ?", name) is not None

    def writer(self) -> PartWriter:
        """Open a writer for a part that is about to stream in."""
        return PartWriter(self._bytes / uuid.uuid4().hex)

    def discard(self, part: Part) -> None:
        """Forget a finished part that came too late."""
        (self._bytes / part.file).unlink(missing_ok=True)

    def store(self, name: str, part: Part, now: float) -> None:
        """Keep a finished part, replacing an earlier one of that number."""
        old = self._database.one("SELECT file FROM parts WHERE object = ? AND number = ?", name, part.number)
        columns = (name, part.number, part.size, part.md5, part.sha1, part.sha256, part.file, now)
        self._database.run("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *columns)
        if old is not None:
            (self._bytes / old["file"]).unlink(missing_ok=True)

    def parts(self, name: str) -> list[Part]:
        """Return the parts of an object in number order."""
        columns = "number, size, md5, sha1, sha256, file"
        rows = self._database.all(f"SELECT {columns} FROM parts WHERE object = ? ORDER BY number", name)  # noqa: S608
        return [Part(*row) for row in rows]

    def assemble(self, name: str, now: float) -> None:
        """Make the parts one object: from here on it can be read and no longer written."""
        size = sum(part.size for part in self.parts(name))
        self._database.run("INSERT OR IGNORE INTO objects VALUES (?, ?, ?)", name, size, now)

    def alias(self, name: str, other: str) -> None:
        """Let another object have the same parts."""
        columns = "number, size, md5, sha1, sha256, file, stored"
        sql = f"INSERT INTO parts SELECT ?, {columns} FROM parts WHERE object = ?"  # noqa: S608 (names only)
        self._database.run(sql, other, name)
        self._database.run("INSERT INTO objects SELECT ?, size, assembled FROM objects WHERE name = ?", other, name)

    def drop(self, name: str, number: int) -> None:
        """Forget a part, as if it had never come."""
        self._database.run("DELETE FROM parts WHERE object = ? AND number = ?", name, number)

    def pieces(self, name: str) -> list[Piece]:
        """Return the stretches that make up the object, in part-number order."""
        sql = "SELECT file, 0, size, number, stored FROM parts WHERE object = ? ORDER BY number"
        return [Piece(*row) for row in self._database.all(sql, name)]

    def neighbour(self, name: str, seconds: float) -> str | None:
        """Return another object assembled within so many seconds of this one, the nearest; None without one."""
        sql = """SELECT o.name FROM objects o, objects own WHERE own.name = ? AND o.name <> own.name AND o.size > 0
            AND abs(o.assembled - own.assembled) <= ? ORDER BY abs(o.assembled - own.assembled) LIMIT 1"""
        row = self._database.one(sql, name, seconds)
        return None if row is None else str(row["name"])

    def read(self, pieces: list[Piece], step: int = 1 << 18) -> Iterator[bytes]:
        """Yield the bytes of the pieces, at most `step` bytes at a time."""
        for piece in pieces:
            left = piece.length
            with (self._bytes / piece.file).open("rb") as source:
                source.seek(piece.offset)
                while left > 0 and (data := source.read(min(step, left))):
                    left -= len(data)
                    yield data

    def sweep(self) -> None:
        """Remove files that no part refers to (left by a killed process)."""
        retained = {row["file"] for row in self._database.all("SELECT file FROM parts")}
        for path in self._bytes.iterdir():
            if path.name not in retained:
                with contextlib.suppress(OSError):
                    path.unlink()

    def close(self) -> None:
        """Close the database."""
        self._database.close()
