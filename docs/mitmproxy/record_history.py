"""An addon for mitmproxy: what passes becomes a history that `dds-conformance judge` reads. It needs nothing of ours.

    mitmdump -s record_history.py --set dds_target=https://dds.example.org/api/v1 --set dds_history=history.jsonl

Clients use it as their HTTP proxy and trust its certificate, so signed URLs need no rewriting. Bodies at storage hosts
stream through and are only counted and hashed. Tokens, cookies, keys and signatures are not written.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from mitmproxy import ctx, http

SECRET_FIELDS = frozenset({"api_token", "agent_key", "user_key", "password", "client_secret"})
SECRET_QUERY = re.compile(r"([?&][\w.-]*(?:signature|credential|token|sig|key)[\w.-]*=)[^&]+", re.IGNORECASE)
READS = frozenset({"GET", "HEAD", "OPTIONS"})
STATE = "dds"


class RecordHistory:
    """One line for each request that is over, and one before each that may change something."""

    def load(self, loader):
        """Add the options."""
        loader.add_option("dds_target", str, "", "Base of the API, such as https://dds.example.org/api/v1")
        loader.add_option("dds_history", str, "history.jsonl", "Where the history is written")

    def running(self):
        """Write the header."""
        self.base = urlsplit(ctx.options.dds_target.rstrip("/"))
        self.count, self.busy, self.places, self.owner = 0, set(), {}, None
        self.file = Path(ctx.options.dds_history).open("w", encoding="utf-8")
        target = {
            "base_url": self.base.geturl(),
            "embedded": False,
            "second_user": False,
            "version": "",
            "gateway": "",
            "converge_within_s": 60.0,
        }
        begun = datetime.now(UTC).isoformat(timespec="milliseconds")
        head = {
            "format": "dds-conformance-history",
            "version": 1,
            "clock": "monotonic",
            "run_id": f"{time.time_ns():x}",
        }
        self.write({**head, "begun": begun, "effort": "recorded", "seed": 0, "watched": True, "target": target})

    def done(self):
        """Write the end."""
        if hasattr(self, "file"):
            ended = datetime.now(UTC).isoformat(timespec="milliseconds")
            self.write({"end": True, "operations": self.count, "interrupted": False, "ended": ended})
            self.file.close()

    def write(self, line):
        """Write one line, at once."""
        self.file.write(json.dumps(line) + "\n")
        self.file.flush()

    # ---- one exchange

    def requestheaders(self, flow):
        """Tell the API from storage hosts that its answers named; let those stream."""
        request = flow.request
        at_home = (request.host, request.port) == (
            self.base.hostname,
            self.base.port or {"http": 80}.get(self.base.scheme, 443),
        )
        api = at_home and request.path.partition("?")[0].startswith(f"{self.base.path}/")
        source = self.places.get((request.host, request.port, request.path))
        if not api and source is None:
            return
        flow.metadata[STATE] = {"api": api, "source": source, "sent": Digest(), "told": Digest()}
        if not api:
            request.stream = flow.metadata[STATE]["sent"]
            self.begin(flow, None)

    def request(self, flow):
        """Begin: the request is about to be sent."""
        state = flow.metadata.get(STATE)
        if state and state["api"]:
            self.begin(flow, plain(flow.request))

    def responseheaders(self, flow):
        """Let what a storage host serves stream."""
        state = flow.metadata.get(STATE)
        if state and not state["api"]:
            flow.response.stream = state["told"]

    def response(self, flow):
        """End: the last byte of the answer came."""
        state = flow.metadata.get(STATE)
        if not state:
            return
        response = flow.response
        headers = {name.lower(): value for name, value in response.headers.items() if name.lower() != "set-cookie"}
        stated = plain(response) if state["api"] else state["told"].octets()
        self.learn(state, stated)
        self.end(flow, b_ns=time.monotonic_ns(), status=response.status_code, headers=headers, response=hidden(stated))

    def error(self, flow):
        """End without an answer: nobody knows what it did."""
        if flow.metadata.get(STATE, {}).get("line"):
            self.end(flow, b_ns=None, status=None, headers={}, response=None, failure="reset")

    # ---- lines

    def begin(self, flow, body):
        """Note the beginning, on disk if it may change something."""
        state, request = flow.metadata[STATE], flow.request
        self.count += 1
        lane = next(n for n in range(1, 10_000) if n not in self.busy)
        self.busy.add(lane)
        notes = {"url_of": state["source"]} if state["source"] else {"intent": "doubtful"} if odd(request) else {}
        state["lane"] = lane
        state["line"] = {
            "id": f"mitm-{self.count}",
            "session": f"mitmproxy/lane{lane}",
            "a_ns": time.monotonic_ns(),
            "method": request.method,
            "host": request.host_header or request.host,
            "path": SECRET_QUERY.sub(r"\1[redacted]", request.path),
            "role": "api" if state["api"] else "storage",
            "user": self.user(request) if state["api"] else None,
            "request": hidden(body),
            "request_type": request.headers.get("content-type"),
            **({"notes": notes} if notes else {}),
        }
        if request.method not in READS:
            self.write({"begin": True, **state["line"]})

    def end(self, flow, **stated):
        """Write what came of it."""
        state = flow.metadata[STATE]
        self.busy.discard(state["lane"])
        if not state["api"] and flow.request.method in ("PUT", "POST") and stated["status"]:
            state["line"]["request"] = state["sent"].octets()
        self.write({**state["line"], **stated})

    def user(self, request):
        """Say who asks: the first token that created something is the owner's, others are of somebody."""
        token = request.headers.get("authorization")
        if not token:
            return None
        known = hashlib.sha256(token.encode()).hexdigest()
        if self.owner is None and request.method == "POST":
            self.owner = known
        return "owner" if self.owner in (None, known) else "somebody"

    def learn(self, state, stated):
        """Remember which answer gave a signed URL."""
        rest = [stated] if state["api"] else []
        while rest:
            one = rest.pop()
            if isinstance(one, dict):
                rest.extend(one.values())
                host, url = one.get("host"), one.get("url")
                if isinstance(host, str) and isinstance(url, str):
                    parts = urlsplit(host if "//" in host else f"{self.base.scheme}://{host}")
                    port = parts.port or (443 if parts.scheme == "https" else 80)
                    self.places[(parts.hostname, port, url)] = state["line"]["id"]
            elif isinstance(one, list):
                rest.extend(one)


class Digest:
    """Counts and hashes what streams by, and hands it on."""

    def __init__(self):
        """Begin with nothing."""
        self.size, self.md5 = 0, hashlib.md5(usedforsecurity=False)

    def __call__(self, data):
        """Take a piece."""
        self.size += len(data)
        self.md5.update(data)
        return data

    def octets(self):
        """Give what passed."""
        return {"bytes": self.size, "md5": self.md5.hexdigest()}


def plain(message):
    """Give a body as JSON where it is, else as its length and hash with the start of its text."""
    data = message.content or b""
    if not data:
        return None
    try:
        return json.loads(data)
    except ValueError:
        text = data[:2048].decode("utf-8", "replace")
        return {"bytes": len(data), "md5": hashlib.md5(data, usedforsecurity=False).hexdigest(), "text": text}


def hidden(value):
    """Give a JSON value without keys, tokens and signatures."""
    if isinstance(value, dict):
        return {name: "[redacted]" if name in SECRET_FIELDS else hidden(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [hidden(inner) for inner in value]
    if not isinstance(value, str):
        return value
    text = re.sub(r"((?:api_token|agent_key|user_key|password|client_secret)=)[^&\s]+", r"\1[redacted]", value)
    return SECRET_QUERY.sub(r"\1[redacted]", text)


def odd(request):
    """Say whether a request asks for something that may be refused for its own sake."""
    return any(name.lower().startswith("if-") or name.lower() == "range" for name in request.headers)


addons = [RecordHistory()]
__all__ = ["addons", "http"]
