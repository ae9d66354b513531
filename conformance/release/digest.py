"""The fingerprint of a run document: SHA-256 of the very bytes that ``report.json`` holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def sha256(document: Mapping[str, Any]) -> str:
    """Give the SHA-256 (hex) of `document` as it is written to ``report.json``.

    A document read back from its file gives the same digest: JSON keeps the order of keys and Python the shortest form
    of every number. So ``sha256sum report.json`` agrees.
    """
    text = json.dumps(document, indent=1, allow_nan=False) + "\n"
    return hashlib.sha256(text.encode("ascii")).hexdigest()
