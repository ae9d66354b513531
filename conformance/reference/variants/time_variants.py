"""Variants of time: other lags, stale replicas, restarts, slow, busy and broken connections."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from conformance.reference.hooks.bends import Variant, draw
from conformance.reference.hooks.seam import Layer, Reply
from conformance.reference.http_protocol import ABORT
from conformance.reference.refusals import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, World

__all__ = ["FAMILY"]


def _lag(bend: Callable[[World, str, float], float]) -> LayerFactory:
    class OtherLag(Layer):
        def lag(self, kind: str, subject: str, seconds: float) -> float:  # noqa: ARG002
            return bend(self.world, subject, seconds)

    return OtherLag


def _heavy(world: World, subject: str, seconds: float) -> float:
    """Draw from a Pareto distribution: half below the asked lag, one in a hundred above its tenfold."""
    return seconds * min(12.0, 0.6 / float((1.0 - draw(world, "tail", subject)) ** 0.65))


class _Synchronous(Layer):
    """Does the background work before answering: nothing is ever inconsistent."""

    def lag(self, kind: str, subject: str, seconds: float) -> float:  # noqa: ARG002
        """Wait for nothing."""
        return 0.0

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Work first."""
        if call.operation in {"create_project", "complete_upload"}:
            self.world.jobs.work()
        return reply


class _LaggingReplicas(Layer):
    """Serves a third of the reads from a copy that is up to 400 ms behind but knows every id."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._count = 0

    def read_instant(self, call: Call, instant: float) -> float:
        """Read the past, now and then."""
        if call.request.method not in {"GET", "HEAD"}:
            return instant
        self._count += 1
        chance = draw(self.world, "replica", str(self._count))
        return instant - 0.4 * chance * 3 if chance < 1 / 3 else instant


class _Restarts(Layer):
    """Stops and starts again on the same folder, three times, every three seconds."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        if world.boot <= 3:
            asyncio.get_running_loop().call_later(3.0, world.restart.set)


class _Slow(Layer):
    """Takes up to 40 ms before and after doing what it is asked."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._count = 0

    async def _pause(self) -> None:
        self._count += 1
        await asyncio.sleep(0.04 * draw(self.world, "slow", str(self._count)))

    async def before(self, call: Call) -> Reply | None:  # noqa: ARG002
        """Wait first."""
        await self._pause()
        return None

    async def after(self, call: Call, reply: Reply) -> Reply:  # noqa: ARG002
        """Wait last."""
        await self._pause()
        return reply


class _Resets(Layer):
    """Cuts one connection in forty: half of them before the request is done, half after."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._count = 0

    async def before(self, call: Call) -> Reply | None:
        """Cut before anything is done."""
        self._count += 1
        chance = draw(self.world, "reset", str(self._count))
        call.facts["cut"] = chance < 1 / 40
        if chance < 1 / 80:
            return _cut(call, Reply(503))
        return None

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Cut what was done."""
        return _cut(call, reply) if call.facts.get("cut") else reply


def _cut(call: Call, reply: Reply) -> Reply:
    call.request.scope["extensions"][ABORT]["abort"]()
    return reply


class _Throttled(Layer):
    """Refuses one request in twenty with 429 or 503 and a Retry-After, before doing anything."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._count = 0

    async def before(self, call: Call) -> Reply | None:
        """Refuse now and then."""
        self._count += 1
        chance = draw(self.world, "throttle", str(self._count))
        if chance >= 1 / 20 or call.operation == "app_status":
            return None
        code = 429 if chance < 1 / 40 else 503
        error = ApiError(code, "throttled", "too many requests", "retry after the given time")
        return Reply(code, error.payload(), {"Retry-After": "1"}, error.cause)


class _ClockAhead(Layer):
    """Sets the clock wrong when the server starts."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        world.clock.skew(3600.0)


FAMILY: dict[Variant, LayerFactory] = {
    Variant(
        "no-lag", "everything is due at once, and consistent a moment later", "nothing has to be inconsistent"
    ): _lag(lambda _, __, ___: 0.0),
    Variant(
        "synchronous",
        "background work is done before the answer: nothing is ever inconsistent",
        "nothing has to be inconsistent",
    ): _Synchronous,
    Variant("long-lag", "two seconds are added to every lag", "within the bound"): _lag(
        lambda _, __, seconds: seconds + 2.0
    ),
    Variant(
        "per-resource-lag", "every resource has a lag of its own, up to four times the asked one", "within the bound"
    ): _lag(lambda world, subject, seconds: seconds * 4 * draw(world, "own lag", subject)),
    Variant("heavy-tailed-lag", "most lags are short, a few are twelve times the asked one", "within the bound"): _lag(
        _heavy
    ),
    Variant(
        "lagging-replicas",
        "a third of the reads comes from a copy up to 400 ms behind",
        "own writes need not be visible at once: only measured",
    ): _LaggingReplicas,
    Variant(
        "restarts",
        "the server restarts on its folder every three seconds, three times",
        "a refused or reset connection is no information",
    ): _Restarts,
    Variant("slow-answers", "up to 80 ms are spent around every request", "no bound on an answer"): _Slow,
    Variant(
        "resets",
        "one connection in forty is cut, before or after the work is done",
        "a reset is INDETERMINATE, not a refusal",
    ): _Resets,
    Variant(
        "throttled",
        "one request in twenty is refused with 429 or 503 and Retry-After",
        "429 and 503 are no information",
    ): _Throttled,
    Variant(
        "clock-ahead", "the server's clock is an hour fast", "a server's clock is never used for a verdict"
    ): _ClockAhead,
}
