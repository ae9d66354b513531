"""Shards done by an existing Dask cluster: its workers see the file under the same name, and have this suite."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from conformance.errors import UsageError
from conformance.spread.pooling import ATTEMPTS, Failed, Outcome, Work, said
from conformance.spread.shard_work import Done, Task, do

PATIENCE_S = 10
"""How long to wait for the scheduler's answer (s)."""


def in_cluster(tasks: Sequence[Task], address: str, work: Work = do) -> Outcome:
    """Do all shards on the workers of a scheduler, which tries again what fails.

    Raises:
        UsageError: the extra is not installed, or no scheduler answers at the address.
    """
    with _client(address) as client:
        futures = client.map(work, tasks, retries=ATTEMPTS - 1, pure=False)
        done: list[Done] = []
        failed: list[Failed] = []
        for task, future in zip(tasks, futures, strict=True):
            trouble = future.exception()
            if trouble is None:
                done.append(future.result())
            else:
                failed.append(Failed(task.number, said(trouble)))
            future.release()
        return done, failed


def _client(address: str) -> Any:
    try:
        distributed = import_module("distributed")
    except ImportError as missing:
        remedy = "Install the extra: pip install 'dds-conformance[distributed]'; or use --workers on this machine."
        raise UsageError("--dask needs distributed, which is not installed.", remedy=remedy) from missing
    try:
        client = distributed.Client(address, timeout=PATIENCE_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as trouble:
        remedy = "Start one with `dask scheduler`, name it as --dask tcp://HOST:8786; or use --workers."
        raise UsageError(f"no Dask scheduler answers at {address}: {said(trouble)}.", remedy=remedy) from trouble
    if not client.scheduler_info()["workers"]:
        client.close()
        raise UsageError(f"the Dask scheduler at {address} has no worker.", remedy="Start one with `dask worker`.")
    return client
