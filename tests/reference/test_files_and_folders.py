"""Files, versions, promotion, folders, deletion, listings, and the rights of two users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reference_bench import Bench

NC = "resource_not_consistent"
PAGING = {"x-total", "x-total-pages", "x-page", "x-per-page", "x-next-page", "x-prev-page"}


def _version(bench: Bench, project: str, file: dict[str, Any], content: bytes, **changes: Any) -> dict[str, Any]:
    upload = bench.upload(project, [content], **changes)
    bench.complete(upload["id"])
    switched: dict[str, Any] = bench.call("PUT", f"/files/{file['id']}", {"upload": {"id": upload["id"]}}).json
    return switched["current_version"]  # type: ignore[no-any-return]


def _bytes(bench: Bench, path: str) -> bytes:
    return bench.store(bench.call("GET", path).json).body


def test_a_new_version_is_pending_while_the_old_one_stays(bench: Bench) -> None:
    """The file follows its newest version at once, the older version keeps its bytes."""
    project = bench.project()
    file = bench.good_file(project, [b"old"])
    old = file["current_version"]["id"]
    bench.advance(1)
    new = _version(bench, project, file, b"new")
    assert new["version"] == 2
    assert bench.call("GET", f"/files/{file['id']}/url").code == NC
    assert _bytes(bench, f"/file_versions/{old}/url") == b"old"
    bench.advance(1)
    assert _bytes(bench, f"/files/{file['id']}/url") == b"new"
    assert _bytes(bench, f"/file_versions/{old}/url") == b"old"


def test_promotion_repairs_a_file_with_a_bad_version(bench: Bench) -> None:
    """A bad version makes the file an integrity exception until a good one is promoted."""
    project = bench.project()
    file = bench.good_file(project, [b"good"])
    old = file["current_version"]["id"]
    bench.advance(1)
    _version(bench, project, file, b"bad", size=99)
    bench.advance(1)
    assert bench.call("GET", f"/files/{file['id']}/url").status == 400
    promoted = bench.call("POST", f"/file_versions/{old}/current")
    assert (promoted.status, promoted.json["version"]) == (201, 3)
    assert _bytes(bench, f"/files/{file['id']}/url") == b"good"
    assert bench.call("POST", f"/file_versions/{promoted.json['id']}/current").status == 400


def test_the_current_upload_is_no_new_version(bench: Bench) -> None:
    """PUT of what is current already is refused as invalid."""
    file = bench.good_file(bench.project())
    upload = file["current_version"]["upload"]["id"]
    assert bench.call("PUT", f"/files/{file['id']}", {"upload": {"id": upload}}).status == 400
    assert len(bench.call("GET", f"/files/{file['id']}/versions").json["results"]) == 1


def test_an_old_version_can_be_deleted_and_the_current_one_cannot(bench: Bench) -> None:
    """A deleted version is a plain 404, also to a second DELETE."""
    project = bench.project()
    file = bench.good_file(project, [b"old"])
    old = file["current_version"]["id"]
    new = _version(bench, project, file, b"new")
    assert bench.call("DELETE", f"/file_versions/{new['id']}").status == 400
    statuses = [bench.call("DELETE", f"/file_versions/{old}").status for _ in range(2)]
    assert statuses == [204, 404]
    gone = bench.call("GET", f"/file_versions/{old}/url")
    assert (gone.status, gone.code) == (404, "not_provided")
    assert bench.call("GET", f"/file_versions/{old}").json["is_deleted"] is True


def test_a_deleted_file_is_shown_as_deleted_and_its_url_is_gone(bench: Bench) -> None:
    """Also while it was pending."""
    file = bench.good_file(bench.project())
    assert bench.call("DELETE", f"/files/{file['id']}").status == 204
    assert bench.call("DELETE", f"/files/{file['id']}").status == 404
    assert bench.call("GET", f"/files/{file['id']}").json["is_deleted"] is True
    for path in (f"/files/{file['id']}/url", f"/file_versions/{file['current_version']['id']}/url"):
        assert (bench.call("GET", path).status, bench.call("GET", path).code) == (404, "not_provided")


def test_a_deleted_project_takes_nothing_more(bench: Bench) -> None:
    """It is still shown; creates and changes under it are 404 without the code of inconsistency."""
    project = bench.project()
    file, upload = bench.good_file(project), bench.upload(project, [b"x"])
    assert bench.call("DELETE", f"/projects/{project}").status == 204
    assert bench.call("GET", f"/projects/{project}").json["is_deleted"] is True
    parent = {"kind": "dds-project", "id": project}
    answers = [
        bench.call("POST", f"/projects/{project}/uploads", {"name": "n", "content_type": "t", "size": 1}),
        bench.call("POST", "/folders", {"name": "n", "parent": parent}),
        bench.call("PUT", f"/projects/{project}", {"name": "n"}),
        bench.call("PUT", f"/files/{file['id']}/rename", {"name": "n"}),
        bench.complete(upload["id"]),
        bench.call("DELETE", f"/projects/{project}"),
    ]
    assert {(answer.status, answer.code) for answer in answers} == {(404, "not_provided")}
    assert project not in [row["id"] for row in bench.call("GET", "/projects").json["results"]]


def test_folders_nest_move_and_take_their_files_with_them(bench: Bench) -> None:
    """A tree is listed by level and as a whole, moved but not into itself, and deleted as a whole."""
    project = bench.project()
    root = {"kind": "dds-project", "id": project}
    outer = bench.call("POST", "/folders", {"name": "outer", "parent": root}).json
    inner = bench.call("POST", "/folders", {"name": "inner", "parent": {"kind": "dds-folder", "id": outer["id"]}}).json
    assert [one["name"] for one in inner["ancestors"]] == ["p", "outer"]
    file = bench.good_file(project)
    into = {"parent": {"kind": "dds-folder", "id": inner["id"]}}
    moved = bench.call("PUT", f"/files/{file['id']}/move", into).json
    assert [one["kind"] for one in moved["ancestors"]] == ["dds-project", "dds-folder", "dds-folder"]
    assert bench.call("PUT", f"/folders/{outer['id']}/move", into).status == 400
    assert bench.call("PUT", f"/folders/{inner['id']}/rename", {"name": "deep"}).json["name"] == "deep"

    def names(path: str) -> list[str]:
        return [row["name"] for row in bench.call("GET", path).json["results"]]

    assert names(f"/projects/{project}/children") == ["outer"]
    assert names(f"/projects/{project}/children?name_contains=") == ["deep", "outer", "f.bin"]
    assert names(f"/folders/{outer['id']}/children") == ["deep"]
    assert names(f"/folders/{outer['id']}/children?name_contains=F.B") == ["f.bin"]
    assert bench.call("DELETE", f"/folders/{outer['id']}").status == 204
    assert names(f"/projects/{project}/children?name_contains=") == []
    assert bench.call("GET", f"/files/{file['id']}/url").status == 404


def test_a_listing_leaves_out_the_fields_that_it_is_told_to(bench: Bench) -> None:
    """`exclude_response_fields` is a list of names between blanks."""
    project = bench.project()
    bench.good_file(project)
    query = "name_contains=&exclude_response_fields=audit+ancestors+project&page=1&per_page=100"
    [item] = bench.call("GET", f"/projects/{project}/children?{query}").json["results"]
    assert {"audit", "ancestors", "project"} & set(item) == set()
    assert {"id", "kind", "parent", "current_version"} <= set(item)


def test_project_files_carry_a_url_once_they_are_good(bench: Bench) -> None:
    """A pending or bad file has a null `file_url`; the listing itself never refuses."""
    project = bench.project()
    bench.good_file(project)
    upload = bench.upload(project, [b"x"], size=9)
    bench.complete(upload["id"])
    bench.attach(project, upload["id"])
    path = f"/projects/{project}/files?page=1&per_page=100"
    assert [row["file_url"] for row in bench.call("GET", path).json["results"]] == [None, None]
    bench.advance(1)
    listing = bench.call("GET", path)
    good, bad = listing.json["results"]
    assert bench.store(good["file_url"]).body == b"abcdef"
    assert bad["file_url"] is None
    assert {"id", "name", "size", "hashes", "ancestors"} <= set(good)
    assert listing.headers["x-total-pages"] == "1"


def test_collections_are_paged_and_nothing_else_speaks_of_pages(bench: Bench) -> None:
    """Every GET of a collection carries the paging headers, no other answer does."""
    keys = [bench.project(f"p{number}") for number in range(5)]
    page = bench.call("GET", "/projects?page=2&per_page=2")
    assert [row["id"] for row in page.json["results"]] == keys[2:4]
    numbers = [page.headers[name] for name in sorted(PAGING)]
    assert numbers == ["3", "2", "2", "1", "5", "3"]
    file = bench.good_file(keys[0])
    collections = [
        "/users",
        "/auth_roles?context=project",
        "/storage_providers",
        f"/files/{file['id']}/versions",
        *(f"/projects/{keys[0]}/{name}" for name in ("uploads", "files", "children", "permissions")),
    ]
    for path in collections:
        answer = bench.call("GET", path)
        assert set(answer.headers) >= PAGING, path
        assert answer.json["results"], path
    for path in ("/current_user", f"/files/{file['id']}", f"/projects/{keys[0]}", "/app/status"):
        assert not PAGING & set(bench.call("GET", path).headers), path
    assert not PAGING & set(bench.call("POST", "/projects", {"name": "n", "description": "d"}).headers)


def test_a_stranger_gets_nothing_of_a_project(bench: Bench) -> None:
    """Bob is 403 everywhere in Alice's project, also while it is not consistent, and sees none of it in lists."""
    project = bench.project(ready=False)
    body = {"name": "n", "content_type": "t", "size": 1}
    assert bench.call("POST", f"/projects/{project}/uploads", body, token=bench.other).status == 403
    bench.advance(1)
    file = bench.good_file(project)
    upload, version = file["current_version"]["upload"]["id"], file["current_version"]["id"]
    calls: list[tuple[str, str, Any]] = [
        ("GET", f"/projects/{project}", None),
        ("DELETE", f"/projects/{project}", None),
        ("GET", f"/projects/{project}/files", None),
        ("GET", f"/projects/{project}/children", None),
        ("GET", f"/projects/{project}/permissions", None),
        ("POST", f"/projects/{project}/uploads", body),
        ("GET", f"/uploads/{upload}", None),
        ("PUT", f"/uploads/{upload}/complete", {"hash": {"value": "x", "algorithm": "md5"}}),
        ("GET", f"/files/{file['id']}/url", None),
        ("DELETE", f"/files/{file['id']}", None),
        ("GET", f"/file_versions/{version}/url", None),
        ("POST", f"/file_versions/{version}/current", None),
        ("POST", "/files", {"parent": {"kind": "dds-project", "id": project}, "upload": {"id": upload}}),
    ]
    for method, path, content in calls:
        answer = bench.call(method, path, content, token=bench.other)
        assert (answer.status, answer.code, answer.json["reason"]) == (403, "not_provided", "Unauthorized"), path
    assert bench.call("GET", "/projects", token=bench.other).json["results"] == []


def test_without_a_good_token_everything_is_401(bench: Bench) -> None:
    """No token, a bad one, one with Bearer, an empty one."""
    project = bench.project()
    for token in (None, "nonsense", f"Bearer {bench.token}", ""):
        answer = bench.call("GET", f"/projects/{project}", token=token)
        assert (answer.status, answer.code, answer.json["error"]) == (401, "not_provided", 401)
    assert bench.call("GET", "/app/status", token=None).status == 200


def test_keys_buy_a_token_that_expires(bench: Bench) -> None:
    """An agent key and a user key give a token for two hours; wrong keys give none."""
    keys = bench.world.people.keys
    body = {"agent_key": keys["agent_key"], "user_key": keys["bob_user_key"]}
    bought = bench.call("POST", "/software_agents/api_token", body, token=None)
    assert bought.status == 201
    assert set(bought.json) == {"api_token", "expires_on", "time_to_live"}
    token = bought.json["api_token"]
    assert bench.call("GET", "/current_user", token=token).json["username"] == "bob"
    bench.advance(bought.json["time_to_live"] + 1)
    assert bench.call("GET", "/current_user", token=token).json["reason"] == "expired api_token"
    for wrong in ({"agent_key": "x"}, {"user_key": "x"}):
        assert bench.call("POST", "/software_agents/api_token", body | wrong, token=None).status == 404
