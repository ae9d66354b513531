"""SQLite on disk in WAL mode: one connection, one thread, explicit transactions.

`synchronous=NORMAL` keeps every committed transaction through kill -9 of the process (not through a power cut).
Times are seconds since the epoch.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["API_SCHEMA", "STORAGE_SCHEMA", "Database"]

_AUDIT = "created REAL NOT NULL, created_by TEXT NOT NULL, updated REAL, updated_by TEXT, deleted REAL, deleted_by TEXT"

API_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, username TEXT NOT NULL, full_name TEXT NOT NULL,
    email TEXT NOT NULL, user_key TEXT NOT NULL UNIQUE) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, user_id TEXT NOT NULL, expires REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS projects (id TEXT PRIMARY KEY, name TEXT NOT NULL, slug TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL, due REAL NOT NULL, prepared INTEGER NOT NULL DEFAULT 0, {_AUDIT});
CREATE TABLE IF NOT EXISTS permissions (project_id TEXT NOT NULL, user_id TEXT NOT NULL, role TEXT NOT NULL,
    created REAL NOT NULL, created_by TEXT NOT NULL, PRIMARY KEY (project_id, user_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS folders (id TEXT PRIMARY KEY, project_id TEXT NOT NULL, parent_id TEXT,
    name TEXT NOT NULL, {_AUDIT});
CREATE INDEX IF NOT EXISTS folders_of ON folders (project_id, parent_id);
CREATE TABLE IF NOT EXISTS uploads (id TEXT PRIMARY KEY, project_id TEXT NOT NULL, name TEXT NOT NULL,
    content_type TEXT NOT NULL, size INTEGER NOT NULL, chunked INTEGER NOT NULL, completed REAL, due REAL,
    hash_value TEXT, hash_algorithm TEXT, verdict TEXT, error_message TEXT, {_AUDIT});
CREATE INDEX IF NOT EXISTS uploads_of ON uploads (project_id);
CREATE TABLE IF NOT EXISTS placements (upload_id TEXT PRIMARY KEY, provider_id TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chunks (upload_id TEXT NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL,
    hash_value TEXT NOT NULL, hash_algorithm TEXT NOT NULL, PRIMARY KEY (upload_id, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hashes (upload_id TEXT NOT NULL, algorithm TEXT NOT NULL, value TEXT NOT NULL,
    created REAL NOT NULL, created_by TEXT NOT NULL, PRIMARY KEY (upload_id, algorithm)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (id TEXT PRIMARY KEY, project_id TEXT NOT NULL, folder_id TEXT,
    name TEXT NOT NULL, {_AUDIT});
CREATE INDEX IF NOT EXISTS files_of ON files (project_id, folder_id);
CREATE TABLE IF NOT EXISTS versions (id TEXT PRIMARY KEY, file_id TEXT NOT NULL, number INTEGER NOT NULL,
    label TEXT, upload_id TEXT NOT NULL, {_AUDIT});
CREATE UNIQUE INDEX IF NOT EXISTS versions_of ON versions (file_id, number);
CREATE TABLE IF NOT EXISTS jobs (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL,
    due REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0);
"""

STORAGE_SCHEMA = """
CREATE TABLE IF NOT EXISTS containers (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parts (object TEXT NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL,
    md5 TEXT NOT NULL, sha1 TEXT NOT NULL, sha256 TEXT NOT NULL, file TEXT NOT NULL, stored REAL NOT NULL,
    PRIMARY KEY (object, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (name TEXT PRIMARY KEY, size INTEGER NOT NULL, assembled REAL NOT NULL)
    WITHOUT ROWID;
"""


class Database:
    """One SQLite file. Not safe across threads: the whole server lives on one event loop."""

    def __init__(self, path: Path, schema: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, cached_statements=512)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(f"BEGIN; {schema} COMMIT;")

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """Return the first row, or None."""
        row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def all(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Return every row."""
        return self._connection.execute(sql, values).fetchall()

    def run(self, sql: str, *values: Any) -> int:
        """Execute one statement and return how many rows it changed."""
        return self._connection.execute(sql, values).rowcount

    def insert(self, table: str, **values: Any) -> None:
        """Insert one row; the names come from our own code, never from a request."""
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        self.run(f"INSERT INTO {table} ({names}) VALUES ({marks})", *values.values())  # noqa: S608 (names are ours)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything inside, or nothing."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
