"""Faults of the two 202s: completing uploads, once and again, and creating projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.endpoints.request_bodies import is_form
from conformance.reference.hooks.bends import Fault, after_operation, body_is, rewrite, status
from conformance.reference.hooks.recipes import as_completed
from conformance.reference.hooks.seam import Layer
from conformance.reference.refusals import ApiError, integrity, invalid, not_consistent, unknown
from conformance.reference.upload_state import Verdict, offences

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Reply, World
    from conformance.reference.store.objects import Part

__all__ = ["FAMILY"]

_completed = after_operation("complete_upload")
_created = after_operation("create_project")
_SAME = ("complete-repeat-same-outcome", "one-verdict", "bad-never-200", "good-never-integrity", "converges-upload")
_MONOTONIC = ("session-monotonic", "realtime-monotonic", "status-record")


def _completed_by_form(call: Call, reply: Reply) -> bool:
    """Hold for a success of complete whose request was a form."""
    return _completed(call, reply) and is_form(call.request)


def _surfacing(error: Callable[[], ApiError]) -> LayerFactory:
    """Compare at once, and refuse to complete a bad upload."""

    class Surfacing(Layer):
        def before_complete(self, call: Call, upload: sqlite3.Row) -> None:
            seen = as_completed(call, upload)
            chunks = self.world.database.all("SELECT * FROM chunks WHERE upload_id = ? ORDER BY number", upload["id"])
            if offences(seen, chunks, self.world.objects.parts(upload["id"])):
                raise error()

    return Surfacing


def _server_error() -> ApiError:
    return ApiError(500, "internal", "Unexpected StorageProviderException experienced", "try again later")


def _conflict() -> ApiError:
    return ApiError(409, "conflict", "what was uploaded is not what was reported", "upload it again")


class _FirstCompleteNotConsistent(Layer):
    """Answers not consistent to the first complete of every upload."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._asked: set[str] = set()

    def before_complete(self, call: Call, upload: sqlite3.Row) -> None:  # noqa: ARG002
        """Refuse once."""
        if upload["id"] not in self._asked:
            self._asked.add(upload["id"])
            raise not_consistent()


class _Again(Layer):
    """Does something to the upload when it is completed again."""

    def __init__(self, world: World, deed: Callable[[World, sqlite3.Row], ApiError | None]) -> None:
        super().__init__(world)
        self._deed = deed

    def completed_again(self, call: Call, upload: sqlite3.Row, error: ApiError) -> ApiError:  # noqa: ARG002
        """Do it."""
        return self._deed(self.world, upload) or error


def _again(deed: Callable[[World, sqlite3.Row], ApiError | None]) -> LayerFactory:
    return lambda world: _Again(world, deed)


def _flip(world: World, upload: sqlite3.Row) -> None:
    other = {"ok": "err", "err": "ok"}
    world.database.run("UPDATE uploads SET verdict = ? WHERE id = ?", other.get(upload["verdict"]), upload["id"])


def _reopen(world: World, upload: sqlite3.Row) -> None:
    due = world.due("upload", upload["id"], world.clock.now()) + 0.2
    world.database.run("UPDATE uploads SET due = ? WHERE id = ?", due, upload["id"])


class _ConcurrentCompletes(Layer):
    """Fails when an upload is completed again within 300 ms."""

    def completed_again(self, call: Call, upload: sqlite3.Row, error: ApiError) -> ApiError:
        """Compare the instants."""
        return _server_error() if call.now - upload["completed"] < 0.3 else error


class _FormUnverified(Layer):
    """Loses the hash that a form reports: there is nothing to compare what is stored with."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._by_form: set[str] = set()

    def before_complete(self, call: Call, upload: sqlite3.Row) -> None:
        """Remember who came by a form."""
        if is_form(call.request):
            self._by_form.add(upload["id"])

    def verdict(self, upload: sqlite3.Row, chunks: list[sqlite3.Row], parts: list[Part], verdict: Verdict) -> Verdict:
        """Overlook a wrong hash."""
        lost = upload["id"] in self._by_form and offences(upload, chunks, parts) == {"single-hash"}
        return Verdict() if lost else verdict


class _OtherBody(Layer):
    """Answers complete with the project instead of the upload."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Swap the body."""
        if _completed(call, reply):
            reply.body = {"kind": "dds-project", **reply.body["project"]}
        return reply


FAMILY: dict[Fault, LayerFactory] = (
    {
        Fault(f"complete-{code}", ("complete-202", "complete-body"), f"complete succeeds with {code}"): rewrite(
            _completed, status(code)
        )
        for code in (200, 201)
    }
    | {
        Fault(
            f"project-create-{code}", ("project-create-202", "project-create-body"), f"a project is created with {code}"
        ): rewrite(_created, status(code))
        for code in (200, 201)
    }
    | {
        Fault("complete-204", ("complete-202", "complete-body"), "complete succeeds with 204 and no body"): rewrite(
            _completed, status(204), body_is(None)
        ),
        Fault(
            "form-complete-200", ("complete-202", "complete-body"), "complete succeeds with 200 if asked by a form"
        ): rewrite(_completed_by_form, status(200)),
        Fault(
            "form-complete-unverified",
            ("bad-never-200", "converges-upload", "status-record"),
            "the hash is not compared if complete is asked by a form",
        ): _FormUnverified,
        Fault("complete-empty-body", ("complete-body",), "complete answers 202 without a body"): rewrite(
            _completed, body_is(None)
        ),
        Fault("complete-empty-object", ("complete-body",), "complete answers 202 with {}"): rewrite(
            _completed, body_is({})
        ),
        Fault("complete-other-body", ("complete-body",), "complete answers with the project"): _OtherBody,
        Fault("project-create-empty-object", ("project-create-body",), "a project is created with {} as body"): rewrite(
            _created, body_is({})
        ),
        Fault(
            "complete-integrity",
            ("complete-no-integrity", "complete-202", "integrity-only-url"),
            "complete answers the integrity exception",
        ): _surfacing(integrity),
        Fault(
            "complete-integrity-validation",
            ("complete-no-integrity", "complete-202", "integrity-only-url"),
            "it refuses bad uploads as invalid",
        ): _surfacing(lambda: invalid(("hash", "does not match"))),
        Fault(
            "complete-integrity-409",
            ("complete-no-integrity", "complete-202", "integrity-only-url"),
            "it refuses bad uploads with 409",
        ): _surfacing(_conflict),
        Fault(
            "complete-integrity-404",
            ("complete-no-integrity", "complete-202", "integrity-only-url"),
            "it refuses bad uploads with 404",
        ): _surfacing(lambda: unknown("Upload")),
        Fault(
            "complete-integrity-500",
            ("complete-no-500", "complete-202", "no-5xx-legal"),
            "it fails on bad uploads with 500",
        ): _surfacing(_server_error),
        Fault(
            "nc-on-complete", ("nc-only-extended", "complete-202"), "the first complete is not consistent"
        ): _FirstCompleteNotConsistent,
        Fault("complete-again-flips", (*_SAME, *_MONOTONIC), "completing again flips the verdict"): _again(_flip),
        Fault(
            "complete-again-reopens",
            (*_MONOTONIC, "complete-repeat-same-outcome"),
            "completing again makes it pending again",
        ): _again(_reopen),
        Fault(
            "complete-again-500", ("complete-repeat-no-5xx", "no-5xx-legal"), "completing again is a server error"
        ): _again(lambda _, __: _server_error()),
        Fault(
            "concurrent-completes-500",
            ("complete-repeat-no-5xx", "no-5xx-legal"),
            "completing twice at once is a server error",
        ): (_ConcurrentCompletes),
    }
)
