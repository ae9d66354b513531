"""Which worker process of pytest-xdist runs which items."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped] # it has no stubs

from conformance.run.item_names import owner_of


class ShardScheduling(LoadScopeScheduling):  # type: ignore[misc] # the same
    """Give each worker a shard of the plans first, then items of fuzzing one by one to whoever is free.

    All items of a shard go to one worker: the first of them runs the plans of all, and the others find them run.
    """

    def _split_scope(self, nodeid: str) -> str:
        owner = owner_of(nodeid)
        return nodeid if owner is None or owner.shard is None else f"shard {owner.shard}"
