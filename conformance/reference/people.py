"""The two users, their keys and tokens."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.reference.refusals import ApiError, unauthorized

if TYPE_CHECKING:
    from conformance.reference.store.database import Database

__all__ = ["TOKEN_LIFETIME", "People", "User"]

TOKEN_LIFETIME = 7200  # seconds that a token bought with an agent key lives
_NAMES = (("alice", "Alice Archer"), ("bob", "Bob Baker"))


@dataclass(frozen=True, slots=True)
class User:
    """A person who may call the API."""

    id: str
    username: str
    full_name: str
    email: str

    def brief(self) -> dict[str, str]:
        """Return the shape used inside `audit`."""
        return {"id": self.id, "username": self.username, "full_name": self.full_name}

    def full(self) -> dict[str, Any]:
        """Return the shape of `/users` and `/current_user`."""
        first, _, last = self.full_name.partition(" ")
        return {**self.brief(), "email": self.email, "first_name": first, "last_name": last}


class People:
    """Alice and Bob, their keys, and who holds which token."""

    def __init__(self, database: Database, seed: int) -> None:
        self._database = database
        if database.one("SELECT 1 FROM users") is None:
            self._found(seed)
        self.users = {row["id"]: User(*row) for row in database.all("SELECT id, username, full_name, email FROM users")}
        self.keys = {row["key"]: row["value"] for row in database.all("SELECT key, value FROM meta")}
        self._tokens: dict[str, tuple[User, float | None]] = {}
        for row in database.all("SELECT token, user_id, expires FROM tokens"):
            self._tokens[row["token"]] = (self.users[row["user_id"]], row["expires"])

    def _found(self, seed: int) -> None:
        with self._database.transaction():
            self._database.insert("meta", key="agent_key", value=_key(seed, "agent"))
            for username, full_name in _NAMES:
                user_id, key, token = (
                    _uuid(seed, username),
                    _key(seed, "user " + username),
                    _key(seed, "token " + username),
                )
                self._database.insert(
                    "users",
                    id=user_id,
                    username=username,
                    full_name=full_name,
                    email=f"{username}@example.org",
                    user_key=key,
                )
                self._database.insert("tokens", token=token, user_id=user_id, expires=None)
                self._database.insert("meta", key=f"{username}_user_key", value=key)
                self._database.insert("meta", key=f"{username}_token", value=token)

    def holder(self, token: str | None, now: float) -> User | ApiError:
        """Return who holds a token, or the refusal to send."""
        if token is None:
            return unauthorized("no_token", "no api_token")
        user, expires = self._tokens.get(token, (None, None))
        if user is None:
            return unauthorized("bad_token", "invalid api_token")
        if expires is not None and expires <= now:
            return unauthorized("bad_token", "expired api_token")
        return user

    def secrets(self) -> set[str]:
        """Return every token and key: what may go nowhere but to the API."""
        return {*self._tokens, *self.keys.values()}

    def buy(self, agent_key: str, user_key: str, now: float) -> tuple[str, float] | None:
        """Exchange an agent key and a user key for a new token and its expiry; None when a key is unknown."""
        row = self._database.one("SELECT id FROM users WHERE user_key = ?", user_key)
        if row is None or not secrets.compare_digest(agent_key.encode(), self.keys["agent_key"].encode()):
            return None
        token, expires = secrets.token_urlsafe(32), now + TOKEN_LIFETIME
        self._database.insert("tokens", token=token, user_id=row["id"], expires=expires)
        self._tokens[token] = (self.users[row["id"]], expires)
        return token, expires


def _key(seed: int, name: str) -> str:
    return hashlib.sha256(f"{seed}/{name}".encode()).hexdigest()[:40]


def _uuid(seed: int, name: str) -> str:
    digest = hashlib.sha256(f"{seed}/id/{name}".encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"
