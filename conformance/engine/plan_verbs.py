"""The verbs of a plan: what each needs, what it binds, and how it reads in the words of the API.

One table, read by the model (is this plan possible?), the printer and the executor, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.engine.plan import Step
from conformance.model import Json

PROJECT, UPLOAD, FILE, VERSION = "project", "upload", "file", "version"
FOLDER, MEMBERSHIP = "folder", "membership"


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb. `needs` maps an argument to the kind of symbol it names; `options` maps the others to their default.

    `binds` is the kind of symbol that the answer gives; `says` is the request, with arguments in braces. `takes` maps
    arguments that may be left out to the kind of symbol that they name.
    """

    needs: Mapping[str, str]
    says: str
    options: Mapping[str, Json] = field(default_factory=dict)
    binds: str = ""
    takes: Mapping[str, str] = field(default_factory=dict)


OCTETS = "application/octet-stream"
_CUT = {"cut_s": 0.0}

VERBS: dict[str, Verb] = {
    "create_project": Verb(
        {}, "POST /projects", {"name_class": "", "slug": False}, PROJECT, {"like": PROJECT, "slug_of": PROJECT}
    ),
    "create_upload": Verb(
        {"project": PROJECT},
        "POST /projects/{project}/uploads",
        {
            "parts": [1],
            "chunked": True,
            "misstate": 0,
            "patient": True,
            "name_class": "",
            "name_of": "",
            "named_store": False,
            "store": 0,
            "further": 0,
            "content_type": OCTETS,
            "content": "",
            "stride": 1,
            "bare": False,
            **_CUT,
        },
        UPLOAD,
    ),
    "put_part": Verb(
        {"upload": UPLOAD},
        "PUT /uploads/{upload}/chunks {number}, PUT its signed URL",
        {"number": 1, "lie": "", "hash_of": 0, "size_off": 0, "send": True, "fresh": False, "streamed": False, **_CUT},
        takes={"as_of": UPLOAD},
    ),
    "put_whole": Verb(
        {"upload": UPLOAD}, "PUT the signed URL of {upload}", {"fresh": False, "streamed": False, **_CUT}
    ),
    "complete": Verb(
        {"upload": UPLOAD},
        "PUT /uploads/{upload}/complete",
        {"lie": "", "form": False, "algorithm": "", **_CUT},
        takes={"as_of": UPLOAD},
    ),
    "attach": Verb(
        {"upload": UPLOAD, "project": PROJECT},
        "POST /files {upload}",
        {"eager": False, "labelled": False, **_CUT},
        FILE,
        {"folder": FOLDER},
    ),
    "new_version": Verb(
        {"file": FILE, "upload": UPLOAD}, "PUT /files/{file} {upload}", {"labelled": False, **_CUT}, VERSION
    ),
    "promote": Verb({"version": VERSION}, "POST /file_versions/{version}/current"),
    "delete_version": Verb({"version": VERSION}, "DELETE /file_versions/{version}"),
    "delete_file": Verb({"file": FILE}, "DELETE /files/{file}"),
    "delete_project": Verb({"project": PROJECT}, "DELETE /projects/{project}"),
    "read_url": Verb({"file": FILE}, "GET /files/{file}/url", {"times": 1, "every_s": 0.0}),
    "read_version_url": Verb({"version": VERSION}, "GET /file_versions/{version}/url", {"times": 1, "every_s": 0.0}),
    "read_upload": Verb({"upload": UPLOAD}, "GET /uploads/{upload}", {"times": 1, "every_s": 0.0}),
    "read_file": Verb({"file": FILE}, "GET /files/{file}"),
    "read_version": Verb({"version": VERSION}, "GET /file_versions/{version}"),
    "read_versions": Verb({"file": FILE}, "GET /files/{file}/versions"),
    "read_project": Verb({"project": PROJECT}, "GET /projects/{project}"),
    "list_uploads": Verb({"project": PROJECT}, "GET /projects/{project}/uploads"),
    "list_children": Verb({"project": PROJECT}, "GET /projects/{project}/children"),
    "list_files": Verb({"project": PROJECT}, "GET /projects/{project}/files"),
    "list_projects": Verb({}, "GET /projects"),
    "use_unknown": Verb({}, "{call} with an id that never existed", {"call": "file_url", "id": "unknown"}),
    "ask_badly": Verb({"project": PROJECT}, "{request}", {"request": "a project without a name"}),
    "read_densely": Verb(
        {"file": FILE},
        "GET /files/{file}/url and its version's, {readers} staggered readers, until it settled",
        {"readers": 4, "tracer": ""},
    ),
    "read_head": Verb({"file": FILE}, "HEAD whatever tells of {file}"),
    "read_part": Verb({"file": FILE}, "GET /files/{file}/url and a few bytes of what it leads to"),
    "revalidate": Verb(
        {"file": FILE}, "GET the url of {file} by the last answer's validators until it settled", {"of_version": False}
    ),
    "settle": Verb({"file": FILE}, "GET /files/{file}/url until it settled"),
    "create_folder": Verb(
        {"project": PROJECT}, "POST /folders", {"name_class": ""}, FOLDER, {"folder": FOLDER, "like": FOLDER}
    ),
    "move_file": Verb({"file": FILE}, "PUT /files/{file}/move", takes={"folder": FOLDER}),
    "rename_file": Verb({"file": FILE}, "PUT /files/{file}/rename", takes={"like": FILE}),
    "relabel": Verb({"file": FILE}, "PUT /files/{file} with a label alone"),
    "move_folder": Verb({"folder": FOLDER}, "PUT /folders/{folder}/move", takes={"into": FOLDER}),
    "rename_folder": Verb({"folder": FOLDER}, "PUT /folders/{folder}/rename"),
    "delete_folder": Verb({"folder": FOLDER}, "DELETE /folders/{folder}"),
    "read_folder": Verb({"folder": FOLDER}, "GET /folders/{folder}"),
    "list_folder": Verb({"folder": FOLDER}, "GET /folders/{folder}/children"),
    "list_pages": Verb(
        {"project": PROJECT},
        "GET the {what}, {per_page} a page",
        {"what": "uploads", "per_page": 2},
        takes={"folder": FOLDER, "file": FILE},
    ),
    "update_project": Verb({"project": PROJECT}, "PUT /projects/{project}"),
    "grant": Verb(
        {"project": PROJECT},
        "PUT /projects/{project}/permissions/(the second user) {role}",
        {"role": "project_admin"},
        MEMBERSHIP,
    ),
    "withdraw": Verb({"rights": MEMBERSHIP}, "DELETE the permissions given by {rights}"),
    "until_refused": Verb(
        {"file": FILE, "rights": MEMBERSHIP}, "GET what {file} is, until it is refused since {rights} were withdrawn"
    ),
    "attach_foreign": Verb({"upload": UPLOAD, "project": PROJECT}, "POST /files {upload}, of somebody else"),
    "version_foreign": Verb({"file": FILE, "upload": UPLOAD}, "PUT /files/{file} {upload}, of somebody else"),
    "report_hash": Verb({"upload": UPLOAD}, "PUT /uploads/{upload}/hashes", {"algorithm": "sha256", "lie": ""}),
    "report_chunk": Verb(
        {"upload": UPLOAD}, "PUT /uploads/{upload}/chunks {number} once more", {"number": 1, "lie": "", "fresh": False}
    ),
    "complete_again": Verb(
        {"upload": UPLOAD}, "PUT /uploads/{upload}/complete once more", {"algorithm": "md5", "lie": ""}
    ),
    "put_again": Verb(
        {"upload": UPLOAD},
        "PUT the signed URL of part {number} of {upload} once more",
        {"number": 1, "fresh": False, "late": False},
    ),
    "download": Verb({"file": FILE}, "GET /files/{file}/url and follow it", {"times": 1}),
    "download_version": Verb({"version": VERSION}, "GET /file_versions/{version}/url and follow it", {"times": 1}),
    "change_badly": Verb(
        {"file": FILE}, "{request}, about {file}", {"request": "a file renamed to nothing"}, takes={"upload": UPLOAD}
    ),
    "pause": Verb({}, "wait", {"s": 0.0, "lags": 0.0, "share": 0.0}),
    "meet": Verb({}, "meet the others at {at}", {"at": "", "parties": 2}),
}

HOW: dict[str, str] = {
    "of_version": "its first version's",
    "patient": "again, under a new name, while not consistent",
    "eager": "again at once while the upload is not completed",
    "labelled": "with a label",
    "fresh": "with other bytes than before",
    "streamed": "its length not told beforehand, if that is taken",
    "named_store": "its storage provider named",
    "bare": "`chunked` left out, which is its default",
    "form": "as a form",
    "late": "the URL that was given after the verdict, if one was",
    "folder": "in {folder}",
    "into": "into {into}",
    "like": "under the name of {like}",
    "as_of": "reporting the hash that {as_of} has",
    "slug": "with a slug of its own",
    "slug_of": "with the slug of {slug_of}",
}


def option(step: Step, name: str) -> Json:
    """Return an optional argument of `step`, or the verb's default."""
    return step.args.get(name, VERBS[step.verb].options[name])
