"""Fuzzing the published OpenAPI document through the driver, judged like everything else.

Cases are drawn first, all of them, by schemathesis; then aimed at resources in every state that matters, sent by the
driver, and looked at twice: by the checks of this suite, and by schemathesis' own, less the legal cases of an
eventually consistent API. `gather` adds up what every worker wrote down.
"""

from __future__ import annotations

from conformance.fuzz.fuzz_log import Notebook, gather
from conformance.fuzz.fuzzer import Campaign
from conformance.fuzz.hostile import GROUPS
from conformance.fuzz.openapi_document import calls, form

__all__ = ["GROUPS", "Campaign", "Notebook", "calls", "form", "gather"]
