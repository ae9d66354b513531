"""Files of other tools, by what is in them: HAR 1.2, and cassettes."""

from __future__ import annotations

from conformance.history.har.har_cassette import cassette_entries, is_cassette
from conformance.history.har.har_document import har_entries, parsed
from conformance.history.har.har_operations import Interpreted, Reading, interpreted

_LOOKED_AT = 4096


def is_foreign(start: bytes, name: str = "") -> bool:
    """Whether a file is another tool's, told by its beginning (bytes) or its name: a history of ours has JSON lines."""
    text = start[:_LOOKED_AT].decode("utf-8-sig", "replace").lstrip()
    first = text.partition("\n")[0].rstrip()
    return name.lower().endswith(".har") or is_cassette(text) or _opens_log(first, text)


def _opens_log(first: str, text: str) -> bool:
    """Whether a JSON document begins with `log`, as a HAR file does, and is no line of a history."""
    return "".join(text[:200].split()).startswith('{"log":') and '"a_ns"' not in first[:200]


def read_foreign(data: bytes, reading: Reading) -> Interpreted:
    """Read a whole file of another tool.

    Raises:
        HistoryError: it is none that is known, or none of its requests is one of the API.
    """
    text = data.decode("utf-8-sig", "replace")
    entries = cassette_entries(text) if is_cassette(text) else har_entries(parsed(text))
    return interpreted(entries, reading)
