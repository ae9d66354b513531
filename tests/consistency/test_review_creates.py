"""Creates that are refused, repeated, or of unknown effect."""

from __future__ import annotations

from typing import Any

import pytest
from judge_timeline import Scribe, error, uid
from judged import judged
from review_scenes import as_form, at, scene, wrongs

from conformance.model import Octets, Phase


def listed(scribe: Scribe, *results: dict[str, object]) -> Scribe:
    """Give the final listing of the project's children."""
    path = f"/projects/{uid('pppp', 1)}/children"
    scribe.answered("actor", *at(60, 61), "GET", path, "200", {"results": list(results)}, phase=Phase.FINAL)
    return scribe


def test_a_file_that_was_refused_in_a_folder_and_lies_elsewhere_was_made() -> None:
    """Whatever the refusal was for, no other attempt may have made it; one that may have, of whomever, is why."""
    scribe = scene("good", (1, 2))
    asked = {"parent": {"kind": "dds-folder", "id": uid("dddd", 1)}, "upload": {"id": uid("aaaa", 2)}}
    body = error(404, "Folder Not Found")
    scribe.wire("actor", *at(1, 2), "POST", "/files", status=404, request=asked, response=body)
    item, before = scribe._file(1, 2, 2), scribe.operations[:]
    assert wrongs(listed(scribe, item)) == {"refused-create-no-trace"}
    scribe.operations = before[:]
    scribe.wire(
        "actor",
        *at(9, 10),
        "POST",
        "/files",
        status=502,
        request={**asked, "parent": {"kind": "dds-project", "id": uid("pppp", 1)}},
        response="",
    )
    assert "refused-create-no-trace" not in wrongs(listed(scribe, item))


def test_what_was_refused_once_may_come_about_in_another_way() -> None:
    """A switch, a create kept as text and a move bring it into the listing."""
    refused = scene(done=False)
    refused.file("actor", *at(1, 2), "400", n=9, upload=2)
    refused.file("actor", *at(3, 4))
    item = refused._file(1, 2, 2)
    before = refused.operations[:]
    assert "refused-create-no-trace" in wrongs(listed(refused, item))
    refused.operations = before[:]
    refused.switch("actor", *at(9, 10))
    assert "refused-create-no-trace" not in wrongs(listed(refused, item))
    for body in (as_form(""), as_form("upload[id]=..")):
        refused.operations = before[:]
        refused.wire("actor", *at(9, 10), "POST", "/files", status=201, request=body, response=refused._file(3, 2, 2))
        assert "refused-create-no-trace" not in wrongs(listed(refused, item))
    refused.operations = before[:]
    refused.answered("actor", *at(9, 10), "PUT", f"/files/{uid('eeee', 3)}/move", "200", item, request={"parent": {}})
    assert "refused-create-no-trace" not in wrongs(listed(refused, item))


def test_a_promotion_or_a_switch_of_unknown_effect_excuses_only_the_upload_that_it_names() -> None:
    """A version that is promoted was there before; what a switch brings stands in its body."""
    already = error(400, "validation failed", errors=[{"field": "id", "message": "is already the current version"}])
    unfit = error(400, "validation failed", errors=[{"field": "upload", "message": "is invalid"}])
    other, same = ({"upload": {"id": uid("aaaa", n)}} for n in (7, 2))
    file, version = f"/files/{uid('eeee', 3)}", f"/file_versions/{uid('ffff', 3)}/current"
    writes: tuple[tuple[str, str, int, Any, Any, bool], ...] = (
        ("POST", version, 400, {}, already, True),
        ("PUT", file, 400, {"upload": {}}, unfit, True),
        ("PUT", file, 415, other, error(415), True),
        ("PUT", file, 415, same, error(415), False),
    )
    for method, path, status, asked, response, convicted in writes:
        refused = scene(done=False)
        refused.file("actor", *at(1, 2), "400", n=9, upload=2)
        refused.file("actor", *at(3, 4))
        refused.wire("actor", *at(9, 10), method, path, status=status, request=asked, response=response)
        found = wrongs(listed(refused, refused._file(1, 2, 2)))
        assert ("refused-create-no-trace" in found) is convicted, (method, asked)


def test_a_create_of_unknown_effect_excuses_only_the_names_that_it_may_have_brought() -> None:
    """One that was answered 415, or by nobody, brings what its body says, however that was encoded."""
    name = "ddsc 0123456789ab invalid"
    bodies: tuple[tuple[Any, bool], ...] = (
        (Octets(10, "0" * 32, "<project/>"), True),
        ({"name": "another ddsc 0123456789ab"}, True),
        (as_form("name=ddsc+0123456789AB%20invalid"), False),
        (Octets(999, "0" * 32, "the start of someth"), False),
    )
    for body, convicted in bodies:
        for status in (415, None):
            scribe = scene()
            scribe.wire(
                "actor", *at(1, 2), "POST", "/projects", status=400, request={"name": name}, response=error(400)
            )
            response = error(415) if status else None
            scribe.wire("actor", *at(3, 4), "POST", "/projects", status=status, request=body, response=response)
            shown = {"results": [{"id": uid("pppp", 7), "name": name}]}
            scribe.answered("actor", *at(60, 61), "GET", "/projects", "200", shown, phase=Phase.FINAL)
            assert ("refused-create-no-trace" in wrongs(scribe)) is convicted, (body, status)


def test_what_a_gateway_delivered_twice_is_no_trace_of_a_refused_create() -> None:
    """The second delivery is refused because the first one worked: the name is taken, the upload attached."""
    for message, expected in (("is already in use", set()), ("is not completed", {"refused-create-no-trace"})):
        taken = error(400, "validation failed", errors=[{"field": "upload", "message": message}])
        scribe = scene()
        asked = {"parent": {"kind": "dds-project", "id": uid("pppp", 1)}, "upload": {"id": uid("aaaa", 1)}}
        scribe.wire("actor", *at(5, 6), "POST", "/files", status=400, request=asked, response=taken)
        shown = {"results": [scribe._file(1, 1, 1)]}
        path = f"/projects/{uid('pppp', 1)}/children"
        scribe.answered("actor", *at(60, 61), "GET", path, "200", shown, phase=Phase.FINAL)
        assert wrongs(scribe) == expected, message
    for field, expected in (("name", set()), ("description", {"refused-create-no-trace"})):
        scribe = Scribe()
        stated = error(400, "validation failed", errors=[{"field": field, "message": "no"}])
        asked = {"name": "project number 7", "description": "x"}
        scribe.wire("actor", *at(5, 6), "POST", "/projects", status=400, request=asked, response=stated)
        shown = {"results": [{"id": uid("pppp", 7), "name": "project number 7"}]}
        scribe.answered("actor", *at(60, 61), "GET", "/projects", "200", shown, phase=Phase.FINAL)
        assert wrongs(scribe) == expected, field


def test_a_name_that_is_taken_may_be_that_of_the_first_delivery() -> None:
    """Files and uploads may have unique names; not consistent is told of nothing that exists, in whatever words."""
    path = f"/projects/{uid('pppp', 1)}"
    shown_file, shown_upload = scene()._file(1, 1, 1), {"id": uid("aaaa", 9), "name": "upload number 9"}
    attach = {"parent": {"kind": "dds-project", "id": uid("pppp", 1)}, "upload": {"id": uid("aaaa", 1)}}
    for message, code, expected in (
        ("has already been taken", "not_provided", set()),
        ("is too long", "not_provided", {"refused-create-no-trace"}),
        ("has already been taken", "resource_not_consistent", {"refused-create-no-trace"}),
    ):
        stated = error(400, "validation failed", errors=[{"field": "name", "message": message}]) | {"code": code}
        for where, asked, listing, item in (
            ("/files", attach, f"{path}/children", shown_file),
            (f"{path}/uploads", {"name": "upload number 9", "size": 3}, f"{path}/uploads", shown_upload),
        ):
            scribe = scene()
            scribe.wire("actor", *at(5, 6), "POST", where, status=400, request=asked, response=stated)
            scribe.answered("actor", *at(60, 61), "GET", listing, "200", {"results": [item]}, phase=Phase.FINAL)
            assert wrongs(scribe) & {"refused-create-no-trace"} == expected, (message, code, where)


@pytest.mark.parametrize("order", [(5, 8), (8, 5)])
def test_what_was_made_by_a_create_that_says_taken_may_be_refused_in_other_words_as_well(
    order: tuple[int, int],
) -> None:
    """The first delivery of either may have made it: an upload that is found bad is refused by then."""
    scribe = scene("bad")
    attach = {"parent": {"kind": "dds-project", "id": uid("pppp", 1)}, "upload": {"id": uid("aaaa", 1)}}
    for tick, field, message in zip(
        order, ("name", "upload"), ("has already been taken", "must be completed"), strict=True
    ):
        stated = error(400, "validation failed", errors=[{"field": field, "message": message}])
        scribe.wire("actor", *at(tick, tick + 1), "POST", "/files", status=400, request=attach, response=stated)
    shown = {"results": [scribe._file(1, 1, 1)]}
    scribe.answered(
        "actor", *at(60, 61), "GET", f"/projects/{uid('pppp', 1)}/children", "200", shown, phase=Phase.FINAL
    )
    assert wrongs(scribe) == set()


def test_a_project_that_is_ready_may_refuse_for_other_reasons() -> None:
    """A conflict after the first 201, one in a race, or a kind of upload that it does not offer: no state explains it.

    One that is told again and again until the same is accepted, or before nc was told, does speak of the state.
    """
    notes = {"intent": "valid"}
    scribe = scene(done=False)
    scribe.upload("actor", *at(20, 21), "409", n=3, notes=notes)
    assert wrongs(scribe) == set()

    def fresh(*conflicts: int, chunked: bool = True, nc: bool = False) -> Scribe:
        scribe = Scribe()
        scribe.project("actor", *at(0, 1))
        for tick in conflicts:
            scribe.upload("actor", *at(tick, tick + 1), "409", n=4, chunked=chunked, notes=notes)
        if nc:
            scribe.upload("actor", *at(7, 8), "nc", n=4, notes=notes)
        scribe.upload("actor", *at(9, 10), notes=notes)
        scribe.upload("actor", *at(11, 12), "409", n=3, chunked=chunked, notes=notes)
        return scribe

    assert wrongs(fresh(2)) == set()
    assert wrongs(fresh(2, 4, chunked=False)) == set()
    assert wrongs(fresh(2, 4)) == {"nc-until-consistent"}
    assert wrongs(fresh(2, nc=True)) == {"nc-until-consistent"}


def test_a_project_that_is_not_ready_is_not_told_by_a_validation_error() -> None:
    """A valid create is refused as not consistent, whatever else would be easier to say; one of no bytes is excused."""
    for answer, intent, expected in (
        ("400", "valid", True),
        ("422", "valid", True),
        ("400", "unsure", False),
        ("400", "invalid", False),
    ):
        scribe = Scribe()
        scribe.project("actor", *at(0, 1))
        scribe.upload("actor", *at(2, 3), answer, notes={"intent": intent})
        scribe.upload("actor", *at(5, 6), "nc", notes={"intent": "valid"})
        scribe.upload("actor", *at(8, 9), "201", notes={"intent": "valid"})
        assert ("nc-until-consistent" in wrongs(scribe)) is expected, (answer, intent)


def test_a_validation_error_once_the_project_is_ready_is_no_crime() -> None:
    """A name that is taken, a quota: reasons of its own."""
    scribe = scene()
    scribe.upload("actor", *at(20, 21), "400", n=3, notes={"intent": "valid"})
    assert wrongs(scribe) == set()


def test_a_name_that_is_taken_says_nothing_of_the_projects_state() -> None:
    """Each create was delivered twice, before nc was told by a replica that lags."""
    notes = {"intent": "valid"}
    for field, message, expected in (
        ("name", "has already been taken", set()),
        ("name", "is too long", {"nc-until-consistent"}),
        ("size", "is too large", {"nc-until-consistent"}),
    ):
        scribe = Scribe()
        scribe.project("actor", *at(0, 1))
        stated = error(400, "validation failed", errors=[{"field": field, "message": message}])
        path, ask = f"/projects/{uid('pppp', 1)}/uploads", {"name": "upload number 9", "content_type": "t", "size": 3}
        scribe.wire("actor", *at(2, 3), "POST", path, status=400, request=ask, response=stated, notes=notes)
        scribe.upload("actor", *at(5, 6), "nc", notes=notes)
        scribe.upload("actor", *at(8, 9), "201", notes=notes)
        assert wrongs(scribe) == expected, message


def test_a_storage_provider_that_is_none_may_be_looked_for_first() -> None:
    """Which of two refusals comes first is not in the specification."""
    for provider in ("x", {"id": None}, {"id": ""}, 0):
        scribe = scene(done=False)
        path = f"/projects/{uid('pppp', 1)}/uploads"
        asked = {"name": "x", "content_type": "x", "size": "x", "storage_provider": provider}
        stated = error(404, "StorageProvider Not Found")
        scribe.wire("actor", *at(5, 6), "POST", path, status=404, request=asked, response=stated)
        assert wrongs(scribe) == set(), provider


def test_a_known_bad_upload_may_be_refused_at_attachment_in_the_specs_own_suggestion() -> None:
    """A validation error that names the upload is what the contract allows there, and counts as reaching a bad one."""
    for field in ("upload", "file_version.upload"):
        scribe = scene("bad")
        stated = error(400, "validation failed", errors=[{"field": field, "message": "is bad"}])
        asked = {"parent": {"kind": "dds-project", "id": uid("pppp", 1)}, "upload": {"id": uid("aaaa", 1)}}
        scribe.wire("actor", *at(5, 6), "POST", "/files", status=400, request=asked,
                    response={**stated, "suggestion": "You must begin a new upload process"})  # fmt: skip
        assert judged(scribe.history()).counters.get("bad-refused") == 1, field


def test_two_projects_of_different_names_are_two() -> None:
    """The answer of another client's request, or of a cache; the same name twice may be the same project."""
    for name, expected in (("another name", {"project-create-body", "distinct-ids"}), ("project number 1", set())):
        scribe = Scribe()
        scribe.project("actor", *at(0, 1))
        made = {"kind": "dds-project", "id": uid("pppp", 1), "name": "project number 1", "description": "x",
                "is_deleted": False}  # fmt: skip
        scribe.answered("rival", *at(2, 3), "POST", "/projects", "202", made, request={"name": name})
        assert wrongs(scribe) == expected, name


# ---- a project that is refused for a slug


def for_a_slug(
    scribe: Scribe, *, slug: str = "ours", fields: tuple[str, ...] = ("slug",), holder: str = "ours"
) -> Scribe:
    """Let a second project ask for the slug of the first, be refused, and be listed all the same."""
    first = {"kind": "dds-project", "id": uid("pppp", 1), "name": "project number 1", "description": "x",
             "is_deleted": False, "slug": holder}  # fmt: skip
    scribe.wire("actor", *at(0, 1), "POST", "/projects", status=202, request={"name": first["name"], "slug": holder},
                response=first)  # fmt: skip
    body = error(400, "validation failed", errors=[{"field": one, "message": "is taken"} for one in fields])
    asked = {"name": "project number 22", "description": "x", "slug": slug}
    scribe.wire("actor", *at(10, 11), "POST", "/projects", status=400, request=asked, response=body)
    return scribe


def all_projects(scribe: Scribe, tick: int = 60) -> set[str]:
    """List the refused project, and return what is wrong."""
    item = {"kind": "dds-project", "id": uid("pppp", 22), "name": "project number 22"}
    scribe.answered("actor", *at(tick, tick + 1), "GET", "/projects", "200", {"results": [item]}, phase=Phase.FINAL)
    return wrongs(scribe)


def test_a_project_that_is_refused_since_another_has_its_slug_leaves_nothing() -> None:
    """It cannot have taken the slug itself: the other one had it, and still has."""
    assert all_projects(for_a_slug(Scribe())) == {"refused-create-no-trace"}


def test_a_slug_that_may_be_free_or_its_own_excuses_what_is_listed() -> None:
    """A request that was delivered twice is refused for what it took itself."""
    assert all_projects(for_a_slug(Scribe(), slug="its own")) == set()
    assert all_projects(for_a_slug(Scribe(), fields=("slug", "name"))) == set()
    ended = for_a_slug(Scribe())
    ended.delproject("actor", *at(20, 21))
    assert all_projects(ended) == set()
    changed = for_a_slug(Scribe())
    changed.wire("actor", *at(20, 21), "PUT", f"/projects/{uid('pppp', 1)}", status=200, request={"slug": "another"},
                 response={"id": uid("pppp", 1), "slug": "another"})  # fmt: skip
    assert all_projects(changed) == set()
    later = for_a_slug(Scribe())
    assert all_projects(later, tick=15) == {"refused-create-no-trace"}
