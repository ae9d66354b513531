"""Changes that are wrong on purpose, of things that exist: none of them may leave anything behind.

Each could not be granted if it were delivered twice, and a server that grants one all the same has done nothing wrong
by that alone: what is judged is a change that was refused and is there.
"""

from __future__ import annotations

from conformance.engine.invalid_requests import Request

_HASH = {"value": "d41d8cd98f00b204e9800998ecf8427e", "algorithm": "md5"}

NOWHERE = "a file of the upload in a folder that never was"

CHANGES: dict[str, Request] = {
    "a file renamed to nothing": Request("PUT", "/files/{file}/rename", {"name": ""}),
    "a file renamed without a name": Request("PUT", "/files/{file}/rename", {}),
    "a file moved to a folder that never was": Request(
        "PUT", "/files/{file}/move", {"parent": {"kind": "dds-folder", "id": "{id}"}}
    ),
    "a file moved to an odd parent": Request(
        "PUT", "/files/{file}/move", {"parent": {"kind": "dds-moon", "id": "{project}"}}
    ),
    "a version of an upload that never was": Request("PUT", "/files/{file}", {"upload": {"id": "{id}"}}),
    NOWHERE: Request("POST", "/files", {"parent": {"kind": "dds-folder", "id": "{id}"}, "upload": {"id": "{upload}"}}),
    "a folder without a name": Request("POST", "/folders", {"parent": {"kind": "dds-project", "id": "{project}"}}),
    "a folder in a folder that never was": Request(
        "POST", "/folders", {"parent": {"kind": "dds-folder", "id": "{id}"}, "name": "{name}"}
    ),
    "a project given a name and no description": Request(
        "PUT", "/projects/{project}", {"name": "{name}", "description": ""}
    ),
    "a chunk without a hash": Request("PUT", "/uploads/{upload}/chunks", {"number": 1, "size": 1}),
    "a chunk of negative size": Request("PUT", "/uploads/{upload}/chunks", {"number": 1, "size": -1, "hash": _HASH}),
    "a completion without a hash": Request("PUT", "/uploads/{upload}/complete", {}),
    "a hash of an odd algorithm": Request("PUT", "/uploads/{upload}/hashes", {"value": "0", "algorithm": "md17"}),
    "a promotion of a version that never was": Request("POST", "/file_versions/{id}/current", {}),
    "a version deleted that never was": Request("DELETE", "/file_versions/{id}"),
    "a folder deleted that never was": Request("DELETE", "/folders/{id}"),
}
"""By what each asks for; the words in braces are ids of the plan's own things, but ``{id}``, which is invented."""
