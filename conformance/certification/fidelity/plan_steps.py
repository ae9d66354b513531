"""Each step of each plan has its operations, as many as it must have, or a reason why it has none that holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.api.answers import Answer
from conformance.api.routes import STORAGE_PUT
from conformance.certification.bundle_contents import Contents, Executed
from conformance.certification.fidelity.own_scenarios import own_plans
from conformance.certification.fidelity.step_reasons import unbelievable
from conformance.engine.execution.campaign import HOUSE
from conformance.engine.execution.context import RETRIES
from conformance.engine.plan import Actor, Step
from conformance.engine.plan_verbs import VERBS, option
from conformance.model import Operation

SILENT = frozenset({"pause", "meet"})
CALLS = {
    "create_project": "create_project",
    "create_upload": "create_upload",
    "put_part": "create_chunk",
    "put_whole": STORAGE_PUT,
    "complete": "complete_upload",
    "attach": "create_file",
    "new_version": "update_file",
    "promote": "promote_version",
    "delete_version": "delete_version",
    "delete_file": "delete_file",
    "delete_project": "delete_project",
    "read_url": "file_url",
    "read_part": "file_url",
    "read_version_url": "version_url",
    "read_upload": "show_upload",
    "read_file": "show_file",
    "read_version": "show_version",
    "read_versions": "list_versions",
    "read_project": "show_project",
    "list_uploads": "list_uploads",
    "list_children": "list_project_children",
    "list_files": "list_project_files",
    "list_projects": "list_projects",
    "settle": "file_url",
    "create_folder": "create_folder",
    "move_file": "move_file",
    "rename_file": "rename_file",
    "relabel": "update_file",
    "move_folder": "move_folder",
    "rename_folder": "rename_folder",
    "delete_folder": "delete_folder",
    "read_folder": "show_folder",
    "list_folder": "list_folder_children",
    "update_project": "update_project",
    "grant": "grant_permission",
    "withdraw": "withdraw_permission",
    "until_refused": "file_url",
    "attach_foreign": "create_file",
    "version_foreign": "update_file",
    "report_hash": "report_hash",
    "report_chunk": "create_chunk",
    "complete_again": "complete_upload",
    "put_again": STORAGE_PUT,
    "download": "file_url",
    "download_version": "version_url",
}
"""The call that each verb makes; those that are not here ask for one thing or another."""
WRITES = frozenset(name for name, verb in VERBS.items() if verb.binds) | {
    "put_part", "put_whole", "complete", "promote", "delete_version", "delete_file", "delete_project", "move_file",
    "rename_file", "relabel", "move_folder", "rename_folder", "delete_folder", "update_project", "attach_foreign",
    "version_foreign", "report_hash", "report_chunk", "complete_again",
}  # fmt: skip
"""The verbs that insist: after no information they ask again, so many times."""
SERIES = frozenset(scenario.name for scenario in own_plans() if scenario.in_series)
"""The scenarios whose plans run while time lasts; no other plan is ever left out."""
_NO_INFORMATION = (Answer.UNKNOWN, Answer.UNSENT)


def problems(contents: Contents) -> Iterator[str]:
    """Yield every step whose operations are missing without a reason that holds.

    The upload that follows an idle time belongs to the campaign's house, which is no plan of the bundle.
    """
    known = {executed.id for executed in contents.executed}
    for executed in contents.executed:
        yield from _plan(contents, executed)
    for plan, operations in contents.transcript.of_plan.items():
        planned = [one for one in operations if "step" in one.notes]
        if planned and plan not in known and not plan.endswith(f"-{HOUSE.theme}"):
            yield f"operation {planned[0].id} belongs to the plan {plan!r}, which the bundle does not hold"


def _plan(contents: Contents, executed: Executed) -> Iterator[str]:
    if executed.left_out:
        if contents.transcript.of_plan.get(executed.id) or executed.plan.theme not in SERIES:
            yield f"plan {executed.id} is said to be left out, which no run does with it"
        return
    for actor in executed.plan.actors:
        for number, step in enumerate(actor.steps):
            if step.verb not in SILENT:
                for problem in _step(contents, executed, actor, number):
                    yield f"plan not in full: {executed.id} ({executed.plan.theme}), {problem}"


def _step(contents: Contents, executed: Executed, actor: Actor, number: int) -> Iterator[str]:
    step = actor.steps[number]
    what = f"{actor.name}, step {number} ({step.verb})"
    operations = contents.transcript.step(executed.id, actor.name, number)
    gap = executed.gaps.get((actor.name, number))
    if gap is not None:
        wrong = "has operations all the same" if operations else unbelievable(contents, executed, actor, step, gap)
        if wrong:
            yield f"{what} is said to be unsent ({gap.why}), and {wrong}"
        return
    if step.verb == "read_densely":
        operations = [one for one in contents.transcript.of_plan.get(executed.id, ()) if "/dense-" in one.session]
    for wrong in _short(contents, step, operations):
        yield f"{what} {wrong}"


def _short(contents: Contents, step: Step, operations: Sequence[Operation]) -> Iterator[str]:
    wanted = CALLS.get(step.verb)
    fitting = [one for one in operations if wanted is None or contents.asked(one).name == wanted]
    if not fitting:
        yield "has no operation, and no entry says why"
        return
    if "times" in VERBS[step.verb].options and len(fitting) < int(option(step, "times")):
        yield f"was to be sent {option(step, 'times')} times, and was {len(fitting)} times"
    if step.verb in WRITES:
        yield from _gave_up(contents, fitting)
    if step.verb == "put_part" and option(step, "send"):
        yield from _unstored(contents, fitting[-1])


def _gave_up(contents: Contents, operations: Sequence[Operation]) -> Iterator[str]:
    """A step that only ever met no information is tried so many times; one that ends sooner lost its end."""
    if len(operations) <= RETRIES and all(contents.stated(one) in _NO_INFORMATION for one in operations):
        yield f"ends without information after {len(operations)} attempts of {RETRIES + 1}"


def _unstored(contents: Contents, asking: Operation) -> Iterator[str]:
    if contents.stated(asking) is not Answer.DONE:
        return
    stored = contents.transcript.fetched.get(asking.id, [])
    if not stored:
        yield f"got a signed URL by {asking.id}, and stored nothing"
    else:
        yield from _gave_up(contents, stored)
