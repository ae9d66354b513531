"""Where a run stands, in one line that fits a terminal of 80 columns (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.outcome.display_text import count, seconds


@dataclass(frozen=True, slots=True)
class Standing:
    """What is said of a run that goes on. Times in seconds; `left_s` is None where nobody can say, `share` too."""

    phase: str
    elapsed_s: float
    left_s: float | None = None
    requests: int = 0
    failures: int = 0
    waiting: int = 0
    longest_s: float = 0.0
    paused: str = ""
    share: float | None = None

    def line(self, width: int = 0) -> str:
        """Say it in one line; of less than everything where `width` columns do not hold it (0: no bound)."""
        for parts in (self._parts(long=True), self._parts(long=False)):
            said = ", ".join(parts)
            if not width or len(said) <= width:
                return said
        while len(said) > width and len(parts) > 1:
            parts = parts[:-1]
            said = ", ".join(parts)
        return said[:width]

    def _parts(self, *, long: bool) -> list[str]:
        about = "about " if long else "~"
        left = "" if self.left_s is None else f" of {about}{whole(self.elapsed_s + self.left_s)}"
        parts = [self.phase if long else self.phase.replace(" of ", "/"), f"{whole(self.elapsed_s)}{left}"]
        if self.paused:
            parts.append(self.paused)
        parts.append(f"{count(self.requests)} {'requests' if long else 'req.'}")
        parts.append(f"{count(self.failures)} failure{'' if self.failures == 1 else 's'}")
        if self.waiting:
            what = f" upload{'' if self.waiting == 1 else 's'}" if long else ""
            parts.append(f"{self.waiting}{what} waiting, longest {seconds(round(self.longest_s, 1))}")
        return parts


def whole(value: float) -> str:
    """Say a duration in seconds as minutes and seconds: what counts on while somebody watches."""
    minutes, rest = divmod(int(value + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
