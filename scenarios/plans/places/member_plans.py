"""Other people: a member with rights, rights withdrawn, and somebody else's upload attached to an own file."""

from __future__ import annotations

from hypothesis import strategies as st

from conformance.engine.plan import RIGHTS, Actor, Plan, Step, do
from conformance.engine.plan_model import first_version
from conformance.engine.scenario import PlanScenario, Share, of_both_truths

from .. import shapes
from ..exercised import COMPLETED, GOOD, OWN_PROJECT, REFUSED, WINDOW
from ..plan_parts import Draw, attach, pause, reads, settling


@st.composite
def members(draw: Draw, *, bad: bool) -> Plan:
    """The second user is given rights and does all that the owner does: in the owner's project, beside the owner.

    Before, the second user is refused, and given rights for a moment. The member makes a good and a bad upload and
    files of its own, completes and attaches one that the owner filled, looks at once while it is pending, and gives the
    owner's file a new version, and another one when the owner was told the verdict of what it showed before; the owner
    gives the member's file one, which the member has read before and reads again, and a member reads a file of the
    owner's that is pending. Then the rights are withdrawn while a good and a bad upload of the member's are pending,
    and the second user asks once more for everything.
    """
    mine, theirs, wrong, handed, newer, newest, last, worst = (
        draw(shapes.definite(bad=one)) for one in (bad, False, True, False, False, False, False, True)
    )
    after = shapes.Shape((draw(st.integers(20, 300)),), (1,), chunked=False)  # some bytes: none are those of any other
    meets = (do("meet", at=at, parties=2) for at in ("asked", "filled", "made", "switched", "leaves", "withdrawn"))
    asked, filled, made, switched, leaves, withdrawn = meets
    role = draw(st.sampled_from(("project_admin", "project_admin", "file_editor")))
    start = [do("create_project", "p1"), *mine.writes("u1", "p1"), mine.completes("u1"), attach("u1", "f1", "p1")]
    start += [asked, do("grant", "r0", project="p1", role="file_editor"), do("withdraw", rights="r0")]
    start.append(do("grant", RIGHTS, project="p1", role=role))
    own = [*handed.writes("u3", "p1"), filled, *newest.writes("u8", "p1"), newest.completes("u8")]
    own.append(attach("u8", "f8", "p1"))
    rest = [*reads(draw, "f1"), do("settle", file="f1"), do("settle", file="f8"), made]
    rest += [do("read_versions", file="f1"), do("settle", file="f2")]
    rest += [do("new_version", file="f2", upload="u8"), switched]
    owner = Actor("owner", (*start, *own, *rest, leaves, do("withdraw", rights=RIGHTS), withdrawn))
    make = [*theirs.writes("u2", "p1"), *wrong.writes("u5", "p1"), theirs.completes("u2"), wrong.completes("u5")]
    make += [attach("u2", "f2", "p1"), attach("u5", "f5", "p1"), *reads(draw, "f2"), do("read_url", file="f5", times=2)]
    take = [filled, handed.completes("u3"), attach("u3", "f3", "p1"), do("read_url", file="f3")]
    take += [do("read_version_url", version=first_version("f3")), pause(draw), do("read_url", file="f1", times=2)]
    renew = [*newer.writes("u4", "p1"), newer.completes("u4"), do("new_version", "v4", file="f1", upload="u4")]
    renew += [*after.writes("u9", "p1"), after.completes("u9")]
    look = [do("settle", file=file) for file in ("f2", "f5", "f3", "f1")]
    look += [do("download", file="f2"), do("read_project", project="p1"), do("list_uploads", project="p1"), made]
    look += [
        do("new_version", "v9", file="f8", upload="u9"),
        switched,
        do("settle", file="f2"),
        do("download", file="f2"),
    ]
    left = [*last.writes("u6", "p1"), *worst.writes("u7", "p1"), last.completes("u6"), worst.completes("u7")]
    left += [attach("u6", "f6", "p1"), attach("u7", "f7", "p1"), leaves]
    member = Actor("member", (*make, *take, *renew, *look, *left), "member")
    refused = (do("read_project", project="p1"), *_uploading(), do("read_url", file="f1"))
    early = Actor("early", (*refused, do("read_version_url", version=first_version("f1")), asked), "other")
    return Plan("members", "a member does it all", (owner, early, member, _former(withdrawn), _peer("f8")))


def _peer(file: str) -> Actor:
    """Return a member who looks at a file of the owner's as soon as there is one, while it is pending."""
    looks = do("read_url", file=file, times=3, every_s=0.02), do("read_version_url", version=first_version(file))
    return Actor("peer", looks, "member")


def _uploading() -> list[Step]:
    """Return an upload that is asked for without rights."""
    return [do("create_upload", project="p1", parts=[3], patient=False)]


def _former(withdrawn: Step) -> Actor:
    """Return the second user, who asks for everything once more when the rights are withdrawn, and that has settled."""
    asked = [do("read_url", file="f2"), do("read_version_url", version=first_version("f1")), do("read_file", file="f2")]
    asked += [do("read_upload", upload="u2"), *_uploading()]
    waiting = (do("read_file", file="f3"), withdrawn, settling())
    last = do("until_refused", file="f2", rights=RIGHTS)
    return Actor("former", (*waiting, *asked, do("rename_file", file="f1"), settling(), *asked, last), "other")


@st.composite
def foreign_uploads(draw: Draw) -> Plan:
    """The second user attaches the owner's upload, pending and settled, to a file and a project of its own."""
    shape, pending, own = (draw(shapes.definite(bad=False)) for _ in range(3))
    ready = do("meet", at="ready", parties=2)
    owner = [do("create_project", "p1"), *shape.writes("u1", "p1"), shape.completes("u1"), attach("u1", "f1", "p1")]
    owner += [do("settle", file="f1"), *pending.writes("u2", "p1"), pending.completes("u2"), ready]
    other = [do("create_project", "p2"), *own.writes("u3", "p2"), own.completes("u3"), attach("u3", "f3", "p2")]
    other += [do("settle", file="f3"), ready]
    take = [do("attach_foreign", upload=upload, project="p2") for upload in ("u2", "u1")]
    take += [do("version_foreign", file="f3", upload=upload) for upload in ("u1", "u2")]
    look = [settling(), do("download", file="f3"), do("download_version", version=first_version("f3"))]
    actors = (Actor("owner", tuple(owner)), Actor("other", (*other, *draw(st.permutations(take)), *look), "other"))
    return Plan("foreign-uploads", "somebody else's upload", actors)


MEMBERS = (
    of_both_truths(
        "members",
        "The second user is given rights in a project, does there what its owner does, and loses them",
        (*COMPLETED, *WINDOW, *OWN_PROJECT),
        Share(1, 1, 6),
        members,
    ),
    PlanScenario(
        "foreign-uploads",
        "The second user attaches the owner's upload to a file and a project of its own",
        (*COMPLETED, *WINDOW, *GOOD, *REFUSED, "project-create-202", "converges-project", "other-user-attach"),
        Share(0, 1, 5),
        foreign_uploads,
    ),
)
