"""What answers at an address: a DDS, or something else that stands there. Pure: decided from one exchange.

A listing of projects in JSON is a DDS, and so is any JSON error with a field of the API's errors: what is wrong with
such an answer is for the judge. Everything else is told as what it is, with a remedy that fits it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from conformance.model import Exchange, Failure, Json, Octets

API_PATH = "/api/v1"
ERROR_FIELDS = ("error", "reason", "code")
LATER = frozenset({429, 502, 503, 504})
"""Statuses of something that may be about to come back."""
MOST_SHOWN = 200
MOST_ADDRESSES = 8

_HTTPS_EXPECTED = re.compile(
    r"http request was sent to https|requires? tls|use https|speaking plain http", re.IGNORECASE
)
_CERTIFICATE = re.compile(r"(ssl|client) certificate|certificate (is )?required", re.IGNORECASE)
_CLIENT_CERTIFICATE = "Give the certificate that the target asks of its clients: --client-certificate and --client-key."
_REMEDIES = {
    403: "Something before the API refuses: look at the VPN and the allow-list, or give the --header that it asks for.",
    404: f"The base path is likely another one: name the address that the API's paths follow, often …{API_PATH}.",
    407: "The proxy asks for credentials: put them into the proxy's address in the configuration.",
    429: "The target asks for patience: try again later, and slower (--max-rps).",
    502: "Something before the service cannot reach it: see that the service runs, and try again.",
    503: "The service is down for maintenance, or what stands before it says so: try again when it is back.",
    504: "Something before the service waits for it in vain: see that the service runs, and try again.",
}

_UNFINISHED = (
    "See that the service and what stands before it run, and try again; `dds-conformance doctor` looks closer."
)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What answers in a DDS's place, as a sentence, and what to do about it."""

    sentence: str
    remedy: str


def is_listing(exchange: Exchange) -> bool:
    """Whether an answer is a JSON listing of projects, be it a broken one."""
    body = exchange.response
    if exchange.failure is not None or exchange.status is None or not 200 <= exchange.status < 300:
        return False
    if isinstance(body, dict) and isinstance(body.get("results"), list):
        return True
    lists = body.values() if isinstance(body, dict) else [body]
    return any(
        isinstance(item, dict) and item.get("kind") == "dds-project" for found in lists for item in _items(found)
    )


def is_api_error(exchange: Exchange) -> bool:
    """Whether an answer is a JSON error with one of the fields that the API's errors have."""
    body = exchange.response
    whole = exchange.failure is None and exchange.status is not None and exchange.status >= 400
    return whole and isinstance(body, dict) and any(name in body for name in ERROR_FIELDS)


def mismatch(exchange: Exchange, base_url: str, trouble: str = "") -> Mismatch | None:
    """Say what answered the first listing at `base_url` if it is no DDS; `trouble` is what the wire said of a failure.

    A 401 is no mismatch: whatever gave it asks for credentials, and that is what there is to say.
    """
    if is_listing(exchange) or is_api_error(exchange):
        return None
    if exchange.status is None:
        return Mismatch(f"{urlsplit(base_url).netloc} {_silence(exchange.failure, trouble)}.", _road(base_url, trouble))
    if exchange.status == 401 and exchange.failure is None:
        return None
    if exchange.failure is not None:
        return Mismatch(f"{urlsplit(base_url).netloc} {_unfinished(exchange)}.", _UNFINISHED)
    sentence = (
        f"What answers at {base_url} is not a DDS: GET {urlsplit(base_url).path}/projects gave {answered(exchange)}."
    )
    return Mismatch(sentence, _remedy(exchange, base_url))


def _unfinished(exchange: Exchange) -> str:
    """Say of an answer whose body never came to its end what there was of it."""
    ended = "does not end it in time" if exchange.failure is Failure.TIMEOUT else "breaks off"
    return f"begins an answer ({answered(exchange).removesuffix(', broken off')}) and {ended}"


def answered(exchange: Exchange) -> str:
    """Say what an answer was: status, media type, where it leads to; nothing of its query, which may be secret."""
    media = exchange.headers.get("content-type", "").partition(";")[0].strip()
    said = [f"status {exchange.status}", _plain(media) or "no media type"]
    if exchange.failure is not None:
        said.append("broken off")
    if location := exchange.headers.get("location", ""):
        said.append(f"Location: {_plain(_bare(location))}")
    return ", ".join(said)


def needs_tls(exchange: Exchange) -> bool:
    """Whether an answer to plain HTTP may come from a port that speaks TLS."""
    if exchange.status is None:
        return exchange.failure is not Failure.REFUSED
    return exchange.status in (400, 421, 426, 497)


def speaks_tls(base_url: str) -> Mismatch:
    """Say that the port of a plain address speaks TLS."""
    host = urlsplit(base_url).netloc
    secure = _other_scheme(base_url, "https")
    return Mismatch(
        f"What answers at {host} is not a DDS over plain http: the port speaks TLS.", f"Say: --target {secure}"
    )


def found_elsewhere(exchange: Exchange, base_url: str, address: str) -> Mismatch:
    """Say that another address answers like a DDS, and the one that was named does not."""
    sentence = f"{base_url} does not answer like a DDS ({answered(exchange)}); {address} does."
    return Mismatch(sentence, f"Say: --target {address}")


def worth_looking_elsewhere(exchange: Exchange, base_url: str) -> bool:
    """Whether the first answer may mean that the base path is wrong."""
    if exchange.status is None or exchange.failure is not None or is_listing(exchange):
        return False
    if is_api_error(exchange):
        return exchange.status == 404 and not urlsplit(base_url).path.endswith(API_PATH)
    return exchange.status not in LATER | {401}


def addresses_near(base_url: str) -> tuple[str, ...]:
    """Give the addresses at which the API may stand if not at `base_url`, the likeliest first."""
    parts = urlsplit(base_url)
    root = f"{parts.scheme}://{parts.netloc}"
    found = dict.fromkeys(
        path for path in _paths_near(parts.path.rstrip("/")) if path and path != parts.path.rstrip("/")
    )
    return tuple(f"{root}{path}" for path in found)[:MOST_ADDRESSES]


def tls_remedy(trouble: str) -> str:
    """Give what to do about TLS that failed as `trouble` says; "" where it says nothing that is known."""
    said = trouble.lower().replace("_", " ")
    if "wrong version number" in said or "http request" in said or "record layer failure" in said:
        return "Plain http is spoken there: name the http address, or the port that speaks TLS."
    if "certificate required" in said or "handshake failure" in said or "alert bad certificate" in said:
        return _CLIENT_CERTIFICATE
    if "certificate verify failed" in said or "not trusted" in said or "hostname mismatch" in said:
        return "Name the authority with --ca-bundle (ca_bundle), or mend the certificate."
    return ""


def _silence(failure: Failure | None, trouble: str) -> str:
    if tls_remedy(trouble):
        return f"does not speak TLS with us ({_plain(trouble)})"
    said = {
        Failure.REFUSED: "does not accept connections",
        Failure.RESET: "closes the connection without an answer",
        Failure.TIMEOUT: "does not answer in time",
    }
    return said.get(failure or Failure.RESET, "does not speak HTTP")


def _road(base_url: str, trouble: str) -> str:
    general = "Check the address, the network and that the service runs; `dds-conformance doctor` looks closer."
    found = tls_remedy(trouble)
    if found.startswith("Plain"):
        return f"Plain http is spoken there. Say: --target {_other_scheme(base_url, 'http')}"
    return found or general


def _remedy(exchange: Exchange, base_url: str) -> str:
    status, text = exchange.status or 0, _text(exchange.response)
    if 300 <= status < 400:
        return _redirected(exchange.headers.get("location", ""), base_url)
    if _HTTPS_EXPECTED.search(text):
        return f"TLS is spoken on this port. Say: --target {_other_scheme(base_url, 'https')}"
    if status in (495, 496) or (status in (400, 403) and _CERTIFICATE.search(text)):
        return _CLIENT_CERTIFICATE
    if status == 426:
        return f"Say: --target {_other_scheme(base_url, 'https')}"
    if 200 <= status < 300:
        what = "A sign-in or start page" if _is_page(exchange, text) else "Another service"
        return f"{what} answers: name the API's own address, or give the --header that lets this client past it."
    if status == 400 and urlsplit(base_url).scheme == "https":
        return f"Check address and port. {_CLIENT_CERTIFICATE.replace('the target asks', 'it may ask')}"
    return _REMEDIES.get(status, "Check the address and the port, and look at what answers there.")


def _redirected(location: str, base_url: str) -> str:
    """Say what to do about a redirect: take its address if it is the API's own, else get past what redirects."""
    try:
        there, here = urlsplit(urljoin(f"{base_url}/projects", location)), urlsplit(base_url)
        same_host = there.hostname == here.hostname
    except ValueError:
        return "Name the address that it redirects to, if that is the API's."
    path = there.path.rstrip("/")
    if path.endswith("/projects") and there.scheme in ("http", "https") and there.netloc:
        suggested = f"{there.scheme}://{there.netloc}{path.removesuffix('/projects')}"
        if suggested != base_url:
            return f"It redirects to another address of the API. Say: --target {_plain(suggested)}"
    if same_host and there.scheme == "https" != here.scheme:
        return f"It redirects to https. Say: --target {_other_scheme(base_url, 'https')}"
    return "A sign-in stands before the service: name the API's own address, or give the --header that lets us past it."


def _other_scheme(base_url: str, scheme: str) -> str:
    """Give `base_url` under `scheme`; a port that is the other scheme's own goes."""
    parts = urlsplit(base_url)
    host = parts.netloc
    if parts.port == {"http": 443, "https": 80}[scheme]:
        host = host.rpartition(":")[0]
    return f"{scheme}://{host}{parts.path}"


def _paths_near(path: str) -> Iterator[str]:
    if API_PATH in path:
        yield path[: path.index(API_PATH) + len(API_PATH)]
    else:
        yield f"{path}{API_PATH}"
        yield f"{path}/v1"
    above = path.removesuffix(API_PATH)
    while above := above.rpartition("/")[0]:
        yield f"{above}{API_PATH}"
        yield f"{above}/v1"
    yield from (API_PATH, f"/dds{API_PATH}", "/dds/v1")


def _items(found: Json) -> list[Json]:
    return found if isinstance(found, list) else []


def _text(body: Json | Octets | None) -> str:
    return body.text if isinstance(body, Octets) else ""


def _is_page(exchange: Exchange, text: str) -> bool:
    return "html" in exchange.headers.get("content-type", "").lower() or text.lstrip().lower().startswith("<")


def _bare(location: str) -> str:
    """Give a Location without its query, fragment and password."""
    bare = re.split(r"[?#]", location, maxsplit=1)[0]
    return re.sub(r"//[^/@]*@", "//", bare)


def _plain(text: str) -> str:
    return "".join(char if char.isprintable() else "\ufffd" for char in text)[:MOST_SHOWN]
