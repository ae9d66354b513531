"""A history of any length for the benchmarks: uploads good and bad, each read by a comb of four through both endpoints.

About one hundred operations an upload, as a comb that looks for a short window makes them. Exchanges are shared within
an upload, so that making operations costs little beside judging them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "consistency"))

from judge_timeline import TARGET, TICK, Scribe, md5

from conformance.model import Operation

PER_UPLOAD = 100
_READS = PER_UPLOAD - 12
_MS = TICK // 100
_READERS = [[f"reader-{room}-{seat}" for seat in range(4)] for room in range(8)]


def upload(number: int, clock: int, ids: Iterator[int]) -> Iterator[Operation]:
    """Give the operations of one upload, in the order in which they ended."""
    scribe, bad = Scribe(TARGET), number % 4 == 3
    actor, at = f"actor-{number % 16}", iter(range(clock, clock + 10**12, 2 * _MS))

    def tick() -> tuple[str, int, int]:
        a = next(at)
        return actor, a, a + _MS

    scribe.project(*tick(), n=number)
    scribe.upload(*tick(), "nc", n=number, project=number)
    scribe.upload(*tick(), n=number, project=number)
    scribe.chunk(*tick(), n=number, value="0" * 32 if bad else md5(number))
    scribe.put(*tick(), n=number)
    scribe.complete(*tick(), n=number)
    scribe.file(*tick(), n=number, home=number)
    started = len(scribe.operations)
    stated = "ie" if bad else "200"
    for step, word in ((0, "nc"), (1, stated)):
        scribe.url("", step, step, word, number)
        scribe.vurl("", step, step, word, number)
        scribe.show("", step, step, "pending" if word == "nc" else "err" if bad else "ok", number)
    shapes = [one.exchange for one in scribe.operations[started:]]
    for one in scribe.operations[:started]:
        yield Operation(f"op-{next(ids)}", one.session, one.a_ns, one.b_ns, one.exchange)
    first = next(at)
    for step in range(_READS):
        a = first + step // 4 * 2 * _MS + step % 4
        late = 3 if step > _READS // 2 else 0
        shape = shapes[late + (2 if step % 8 == 7 else step // 4 % 2)]
        yield Operation(f"op-{next(ids)}", _READERS[number % 8][step % 4], a, a + _MS, shape)
    if not bad:
        scribe.get("reader", 0, 0, "exact", number)
        yield Operation(
            f"op-{next(ids)}", _READERS[number % 8][0], a + 2 * _MS, a + 3 * _MS, scribe.operations[-1].exchange
        )


def operations(wanted: int) -> Iterator[Operation]:
    """Give about `wanted` operations."""
    ids, made = count(1), 0
    for number in count(1):
        for one in upload(number, number * 40 * _MS, ids):
            yield one
            made += 1
        if made >= wanted:
            return
