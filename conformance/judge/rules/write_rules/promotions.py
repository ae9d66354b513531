"""What a file shows of its versions, where a promotion was refused: signs that it was promoted all the same.

Either the file shows the old upload as its current one, later than any replica may, or it has more versions of that
upload than were made.
"""

from __future__ import annotations

from conformance.api.answers import Classified, Effect
from conformance.api.bodies import identity, within
from conformance.judge.rule import Context
from conformance.judge.rules.excuses import ANOTHER_CANDIDATE, MAY_BE_DELETED
from conformance.judge.rules.version_rules.candidates import candidates
from conformance.judge.state.interval import Interval, interval_of, last
from conformance.judge.state.observed import unclear_from
from conformance.judge.state.resources import File
from conformance.model import Json, Operation

_Pair = tuple[str, str]
"""A file and an upload."""


class Promotions:
    """The current uploads and the versions that files were shown to have."""

    def __init__(self) -> None:
        self._current: dict[_Pair, Interval] = {}
        self._versions: dict[_Pair, dict[str, Interval]] = {}

    def look(self, operation: Operation, of: Classified) -> None:
        """Take what shows a file's current version, or all of them."""
        body, interval = operation.exchange.response, interval_of(operation)
        if of.call.name == "show_file":
            version = within(body, "current_version")
            pair = of.call.id, identity(within(version, "upload"))
            self._current[pair] = last(self._current.get(pair), interval) or interval
            self._take(version, of.call.id, interval)
        elif of.call.name == "list_versions":
            results = within(body, "results")
            for version in results if isinstance(results, list) else ():
                self._take(version, of.call.id, interval)

    def _take(self, version: Json, file: str, interval: Interval) -> None:
        name, upload = identity(version), identity(within(version, "upload"))
        if name and upload:
            held = self._versions.setdefault((file, upload), {})
            held[name] = last(held.get(name), interval) or interval

    def sign(self, name: str, context: Context) -> Interval | None:
        """Return what shows that version `name` was promoted, and that nobody who might did it."""
        version = context.world.versions.get(name)
        file = context.world.files.get(version.file) if version else None
        if version is None or file is None:
            return None
        pair = file.id, version.upload
        for sign in (self._current_again(file, pair, context), self._one_too_many(file, pair)):
            doomed = unclear_from(context.world, file)
            if sign is not None and not MAY_BE_DELETED.holds(sign, doomed):
                return sign
        return None

    def _current_again(self, file: File, pair: _Pair, context: Context) -> Interval | None:
        sign = self._current.get(pair)
        if sign is None:
            return None
        # For as long as the bound a replica may show what was current before.
        found = candidates(file, sign.begun_ns - context.bound, sign.ended_ns).current
        explained = ANOTHER_CANDIDATE.holds(switch.upload in ("", pair[1]) for switch in found)
        return sign if found and not explained else None

    def _one_too_many(self, file: File, pair: _Pair) -> Interval | None:
        made = [switch for switch in file.switches.values() if switch.effect is not Effect.NONE]
        mine = [switch for switch in made if switch.upload in ("", pair[1])]
        shown = self._versions.get(pair, {})
        known = bool(mine) and all(switch.effect is Effect.DONE and switch.upload for switch in made)
        return max(shown.values(), key=lambda one: one.begun_ns) if known and len(shown) > len(mine) else None
