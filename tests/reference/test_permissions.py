"""Roles in a project: given, replaced and withdrawn by its admin, and by nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_bench import Bench


def bob(bench: Bench) -> str:
    """Return the id of the second user."""
    return next(user.id for user in bench.world.people.users.values() if user.username == "bob")


def test_a_member_may_use_the_project_until_the_role_is_withdrawn(bench: Bench) -> None:
    """403 before, 200 with the role, 403 after."""
    project = bench.project()
    path = f"/projects/{project}/permissions/{bob(bench)}"
    seen = [bench.call("GET", f"/projects/{project}", token=bench.other).status]
    given = bench.call("PUT", path, {"auth_role": {"id": "file_editor"}})
    seen.append(bench.call("GET", f"/projects/{project}", token=bench.other).status)
    taken = bench.call("DELETE", path)
    seen.append(bench.call("GET", f"/projects/{project}", token=bench.other).status)
    assert (given.status, given.json["auth_role"]["id"], taken.status) == (200, "file_editor", 204)
    assert seen == [403, 200, 403]


def test_only_an_admin_gives_roles_that_exist_to_users_that_exist(bench: Bench) -> None:
    """A member, an unknown user, an unknown role and a role of another context are refused."""
    project = bench.project()
    path, role = f"/projects/{project}/permissions/{bob(bench)}", {"auth_role": {"id": "file_editor"}}
    assert bench.call("PUT", path, role, token=bench.other).status == 403
    assert bench.call("PUT", f"/projects/{project}/permissions/nobody", role).status == 404
    assert bench.call("PUT", path, {"auth_role": {"id": "system_admin"}}).status == 404
    assert bench.call("DELETE", path).status == 404
    bench.call("PUT", path, role)
    assert bench.call("PUT", path, {"auth_role": {"id": "project_admin"}}, token=bench.other).status == 403
