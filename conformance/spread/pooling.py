"""Shards done by processes on this machine: one that fails, or is killed, is tried again, and hangs nobody."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass

from conformance.spread.shard_work import Done, Task, do

ATTEMPTS = 3
"""How often a shard is tried before it is given up."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A shard that could not be done, and why."""

    number: int
    reason: str


Outcome = tuple[list[Done], list[Failed]]
Work = Callable[[Task], Done]


def in_pool(tasks: Sequence[Task], workers: int, work: Work = do) -> Outcome:
    """Do all shards with so many processes; what fails is done again, each alone with a process of its own.

    A process that dies takes all others of its pool with it, so that only the second try shows whose fault it was.
    """
    done, again = _round(tasks, workers, work)
    failed = []
    for task, reason in again:
        for _ in range(ATTEMPTS - 1):
            found, rest = _round([task], 1, work)
            done += found
            if not rest:
                break
            reason = rest[0][1]  # noqa: PLW2901 - the latest reason is the one to tell
        else:
            failed.append(Failed(task.number, reason))
    return done, failed


def _round(tasks: Sequence[Task], workers: int, work: Work) -> tuple[list[Done], list[tuple[Task, str]]]:
    done: list[Done] = []
    again: list[tuple[Task, str]] = []
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(workers, len(tasks)), mp_context=context)
    try:
        futures: dict[Future[Done], Task] = {pool.submit(work, task): task for task in tasks}
        for future in as_completed(futures):
            try:
                done.append(future.result())
            except Exception as trouble:  # noqa: BLE001 - whatever it is, the shard was not done
                again.append((futures[future], said(trouble)))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return done, again


def said(trouble: BaseException) -> str:
    """Return what went wrong, in one line."""
    text = " ".join(str(trouble).split())
    return f"{type(trouble).__name__}: {text}" if text else type(trouble).__name__
