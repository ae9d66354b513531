"""What one running server stands on: settings, clock, people, database and stored objects."""

from __future__ import annotations

import asyncio
import random
import secrets
import uuid
from typing import TYPE_CHECKING, Any

from conformance.reference.people import People
from conformance.reference.server_clock import Clock
from conformance.reference.store.database import API_SCHEMA, Database
from conformance.reference.store.objects import ObjectStore
from conformance.reference.store.signing import Signer

if TYPE_CHECKING:
    from conformance.reference.server_settings import Settings

__all__ = ["Platform"]


class Platform:
    """Everything of the running server that nothing bends.

    `storage_host` is the scheme and authority of the storage provider, `boot` counts the starts on this folder,
    and setting `restart` makes the server stop and start again on it.
    """

    def __init__(self, settings: Settings) -> None:
        settings.data.mkdir(parents=True, exist_ok=True)
        self.settings = settings
        self.clock = Clock()
        self.database = Database(settings.data / "dds.sqlite", API_SCHEMA)
        self.people = People(self.database, settings.seed)
        self.signer = Signer(self._durable("signing_secret", secrets.token_hex(32)).encode())
        self.objects = ObjectStore(settings.data / "storage")
        self.storage_host = ""
        self.boot = self._next_boot()
        self.restart = asyncio.Event()
        self.stopped = False
        self._ids = random.Random(f"{settings.seed}:{self.boot}")  # noqa: S311 (ids are to be repeatable, not secret)
        self.provider_id = self._durable("provider_id", self.new_id())

    def _durable(self, key: str, value: str) -> str:
        """Return the value kept under a key, which is `value` the first time."""
        self.database.run("INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)", key, value)
        row = self.database.one("SELECT value FROM meta WHERE key = ?", key)
        return str(row["value"]) if row else value

    def _next_boot(self) -> int:
        """Count the starts on this folder: ids drawn after a restart must not repeat."""
        boot = int(self._durable("boots", "0")) + 1
        self.database.run("UPDATE meta SET value = ? WHERE key = 'boots'", str(boot))
        return boot

    def new_id(self) -> str:
        """Draw a UUID4: the same seed, start and order of requests give the same ids."""
        return str(uuid.UUID(int=self._ids.getrandbits(128), version=4))

    def default_provider(self) -> dict[str, Any]:
        """Return the storage provider that an upload goes to when none is named."""
        stated = {"name": "reference", "description": "Storage of the reference server", "is_default": True}
        return {"id": self.provider_id, **stated, "is_deprecated": False, "chunk_hash_algorithm": "md5"}

    def close(self) -> None:
        """Close both databases."""
        self.database.close()
        self.objects.close()
