"""What one effort costs: a row of the measured table."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.model import Json


@dataclass(frozen=True, slots=True)
class EffortCost:
    """What one effort creates and sends, about: counted on the embedded server. `bytes` both ways.

    It lasted `seconds` there, unpaced, and as many lags longer as `lags` says where the lag is longer.
    """

    projects: int
    uploads: int
    requests: int
    bytes: int
    seconds: float = 0.0
    lags: float = 0.0

    def document(self) -> dict[str, Json]:
        """Give it as JSON, for ``--dry-run --json``."""
        return {name: getattr(self, name) for name in self.__slots__}
