"""Why a step was not sent must follow from the numbers of the bundle itself: nothing else excuses a gap."""

from __future__ import annotations

import pytest

from conformance.certification.fidelity.size_reasons import affordable, further_store, too_small
from conformance.engine.plan import Actor, Plan, do
from conformance.model import Exchange, Json, Operation, Role

PART = do("put_part", upload="u1", number=2)
WHOLE = do("put_whole", upload="u1")


def answered(path: str = "/api/v1/projects/p/uploads", body: Json = None, **headers: str) -> Operation:
    """Return an operation with some header lines."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    exchange = Exchange("POST", path, "h", Role.API, "owner", None, None, 200, named, body, None)
    return Operation("op-1", "s", 0, 1, exchange)


def of(*, chunked: bool) -> Plan:
    """Return a plan that makes an upload of parts of 10 and 500 bytes, or of one part of 500."""
    create = do("create_upload", "u1", parts=[10, 500] if chunked else [500], chunked=chunked)
    return Plan("sizes", "", (Actor("writer", (create, PART if chunked else WHOLE)),))


@pytest.mark.parametrize(
    ("chunked", "headers", "believed"),
    [
        (True, {"X_Max_Chunk_Upload_Size": "499"}, True),
        (True, {"X_Max_Chunk_Upload_Size": "500"}, False),
        (True, {"X_Max_Upload_Size": "499"}, False),
        (True, {"X_Max_Chunk_Upload_Size": "many"}, False),
        (True, {}, False),
        (False, {"X_Max_Upload_Size": "499"}, True),
        (False, {"X_Max_Upload_Size": "501"}, False),
        (False, {"X_Max_Chunk_Upload_Size": "499"}, False),
    ],
)
def test_a_part_is_too_large_only_by_the_limit_of_its_own_kind(
    chunked: bool,  # noqa: FBT001 - a case
    headers: dict[str, str],
    believed: bool,  # noqa: FBT001 - a case
) -> None:
    """That a limit is named is not enough: the part must be beyond it."""
    assert (too_small(of(chunked=chunked), PART if chunked else WHOLE, answered(**headers)) == "") is believed


def test_a_part_of_an_upload_that_was_never_made_is_judged_elsewhere() -> None:
    """Nothing can be said of its size."""
    assert too_small(of(chunked=True), PART, None) == ""


@pytest.mark.parametrize(
    ("options", "believed"),
    [({}, False), ({"max_bytes": 20_000}, False), ({"max_bytes": 9_000}, True), ({"download_bytes": 499}, True)],
)
def test_an_upload_is_too_dear_only_by_what_the_run_was_told_to_spend(options: dict[str, Json], believed: bool) -> None:  # noqa: FBT001 - a case
    """A twentieth of the budget, or the longest download."""
    step = do("create_upload", "u1", parts=[500])
    assert (affordable(step, options) == "") is believed


@pytest.mark.parametrize(
    ("listed", "further", "options", "believed"),
    [
        (1, 1, {}, True),
        (2, 1, {}, False),
        (2, 2, {}, True),
        (3, 2, {"storage_provider": "all"}, False),
        (3, 2, {"storage_provider": "3f2504e0"}, True),
        (0, 1, {}, True),
    ],
)
def test_a_further_store_is_lacking_only_where_fewer_are_listed(
    listed: int,
    further: int,
    options: dict[str, Json],
    believed: bool,  # noqa: FBT001 - a case
) -> None:
    """Or where the operator chose one; one that is deprecated does not count."""
    results: list[Json] = [{"id": str(n)} for n in range(listed)]
    results.append({"id": "old", "is_deprecated": True})
    house = [answered("/api/v1/storage_providers", {"results": results})]
    step = do("create_upload", "u1", further=further)
    assert (further_store(step, options, house) == "") is believed
