"""Evidence that was doctored, redrawn and signed again with the vendor's own key: each is refused, with its reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from forging import (
    LONG_AGO,
    Line,
    Own,
    Signers,
    challenged,
    changed,
    gather,
    ledger_without,
    lines_of,
    look,
    now,
    redrawn,
    renumbered,
    short_of,
    sign,
    with_header,
    with_lines,
    with_plans,
    without,
)

from conformance.certification import members
from conformance.certification.verification import Verification

Forging = Callable[[Own, Signers, Own], Own]
FORGERIES: dict[str, tuple[Forging, str]] = {}


def forgery(reason: str) -> Callable[[Forging], Forging]:
    """Enter a forgery, and the reason for which it is to be refused."""

    def enter(make: Forging) -> Forging:
        FORGERIES[make.__name__.lstrip("_")] = make, reason
        return make

    return enter


def stated(found: Verification) -> str:
    """Return what the lines that fail say."""
    return "\n".join(f"{line.check}: {line.sentence}" for line in found.lines if line.state == "fails")


def call_is(*words: str) -> Callable[[Line], bool]:
    """Return what picks operations by method and the end of their path."""
    return lambda line: line["method"] == words[0] and line["path"].partition("?")[0].endswith(words[1])


def of_plan(own: Own, theme: str) -> str:
    """Return the id of the first plan of a theme."""
    report = json.loads(own[members.REPORT])
    return str(next(plan["id"] for plan in report["plans"] if plan["theme"] == theme))


def ids(own: Own, picked: Callable[[Line], bool]) -> set[str]:
    """Return the ids of the operations that are picked."""
    return {line["id"] for line in lines_of(own) if "a_ns" in line and picked(line)}


@forgery("judged again: ")
def _a_404_is_changed_to_200(own: Own, _signers: Signers, _other: Own) -> Own:
    lines = lines_of(own)
    stated_nc = next(line for line in lines if line.get("status") == 404 and line["path"].endswith("/url"))
    stated_nc["status"] = 200
    return with_lines(own, lines)


@forgery("plan not in full")
def _a_pending_file_is_said_to_have_been_served(own: Own, _signers: Signers, _other: Own) -> Own:
    lines = lines_of(own)
    plan = of_plan(own, "uploads")
    reads = [line for line in lines if line.get("plan") == plan and line["path"].endswith("/url") and "status" in line]
    for read in reads:
        read.update(status=200, response={"http_verb": "GET", "host": "http://x", "url": "/y", "http_headers": []})
    lines = [line for line in lines if not (line.get("plan") == plan and line.get("role") == "storage")]
    return redrawn(with_lines(own, lines))


@forgery("ids with gaps")
def _some_operations_are_dropped(own: Own, _signers: Signers, _other: Own) -> Own:
    plan = of_plan(own, "uploads")
    return without(own, lambda line: line["plan"] == plan and call_is("PUT", "/complete")(line))


@forgery("plan not in full")
def _some_operations_are_dropped_and_the_rest_renumbered(own: Own, _signers: Signers, _other: Own) -> Own:
    plan = of_plan(own, "uploads")
    retained = short_of(own, lambda line: line["plan"] == plan and call_is("PUT", "/complete")(line))
    return renumbered(retained, everywhere=True)


@forgery("which the history does not")
def _creates_are_dropped_and_the_history_alone_renumbered(own: Own, _signers: Signers, _other: Own) -> Own:
    plan = of_plan(own, "uploads")
    gone = ids(own, lambda line: line["plan"] == plan and call_is("POST", "/files")(line))
    return renumbered(short_of(own, lambda line: line["id"] in gone), everywhere=False)


@forgery("was sent under the request id")
def _a_read_is_dropped_and_the_history_alone_renumbered(own: Own, _signers: Signers, _other: Own) -> Own:
    gone = next(iter(sorted(ids(own, call_is("GET", "/url")))))
    return renumbered(short_of(own, lambda line: line["id"] == gone), everywhere=False)


@forgery("had made it")
def _dropped_steps_are_said_to_have_been_left_out(own: Own, _signers: Signers, _other: Own) -> Own:
    plan = of_plan(own, "odd-uploads")
    gone = ids(own, lambda line: line["plan"] == plan and call_is("PUT", "/complete")(line))

    def excuse(plans: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for one in plans:
            steps = ((actor, n, step) for actor in one["document"]["actors"] for n, step in enumerate(actor["steps"]))
            for actor, number, step in steps:
                if one["id"] == plan and step["do"] == "complete":
                    gap = {"actor": actor["name"], "number": number, "verb": "complete", "at_ns": 10**18}
                    one["unsent"].append({**gap, "why": f"never made: {step['upload']}"})
        return plans

    return renumbered(with_plans(short_of(own, lambda line: line["id"] in gone), excuse), everywhere=True)


@forgery("no run gives that reason")
def _dropped_steps_are_excused_by_a_reason_of_the_forgers_own(own: Own, _signers: Signers, _other: Own) -> Own:
    def excuse(plans: list[dict[str, Any]]) -> list[dict[str, Any]]:
        actor = plans[0]["document"]["actors"][0]
        gap = {"actor": actor["name"], "number": 0, "verb": actor["steps"][0]["do"], "at_ns": 1, "why": "it rained"}
        plans[0]["unsent"].append(gap)
        return plans

    first = json.loads(own[members.REPORT])["plans"][0]
    actor = first["document"]["actors"][0]["name"]
    step = {"plan": first["id"], "step": "0"}
    retained = without(
        own,
        lambda line: (
            line["plan"] == step["plan"]
            and line["session"].rpartition("/")[2].startswith(actor)
            and line["notes"].get("step") == "0"
        ),
    )
    return with_plans(retained, excuse)


@forgery("plans of uploads that the seed gives are not in the bundle")
def _a_whole_plan_is_dropped(own: Own, _signers: Signers, _other: Own) -> Own:
    plan = of_plan(own, "uploads")
    gone = ids(own, lambda line: line["plan"] == plan)
    retained = ledger_without(without(own, lambda line: line["id"] in gone), gone)
    retained = with_plans(retained, lambda plans: [one for one in plans if one["id"] != plan])
    return renumbered(retained, everywhere=True)


@forgery("which the bundle does not hold")
def _a_plan_is_struck_from_the_list_alone(own: Own, _signers: Signers, _other: Own) -> Own:
    plan = of_plan(own, "uploads")
    return with_plans(own, lambda plans: [one for one in plans if one["id"] != plan])


@forgery("is said to be left out, which no run does with it")
def _a_plan_is_said_to_have_been_left_out_for_want_of_time(own: Own, _signers: Signers, _other: Own) -> Own:
    plan = of_plan(own, "uploads")
    gap = {"actor": "", "number": -1, "verb": "the whole plan", "why": "no time was left for it", "at_ns": 1}

    def leave_out(plans: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**one, "unsent": [gap]} if one["id"] == plan else one for one in plans]

    return with_plans(own, leave_out)


@forgery("never fuzzed")
def _the_fuzzing_of_a_call_is_dropped(own: Own, _signers: Signers, _other: Own) -> Own:
    gone = ids(own, lambda line: line["scenario"] == "fuzz-file-url")
    return renumbered(short_of(own, lambda line: line["id"] in gone), everywhere=True)


@forgery("never asked")
def _the_last_looks_are_dropped(own: Own, _signers: Signers, _other: Own) -> Own:
    plan = of_plan(own, "uploads")
    gone = ids(own, lambda line: line["plan"] == plan and line["phase"] == "final" and line["path"].endswith("/url"))
    return renumbered(short_of(own, lambda line: line["id"] in gone), everywhere=True)


@forgery("never followed the signed URL")
def _the_downloads_are_dropped(own: Own, _signers: Signers, _other: Own) -> Own:
    plan = of_plan(own, "uploads")
    gone = ids(own, lambda line: line["plan"] == plan and line["role"] == "storage" and line["method"] == "GET")
    return renumbered(short_of(own, lambda line: line["id"] in gone), everywhere=True)


@forgery("followed a signed URL of")
def _answers_with_urls_are_dropped(own: Own, _signers: Signers, _other: Own) -> Own:
    origins = {line["notes"]["url_of"] for line in lines_of(own) if "url_of" in line.get("notes", {})}
    gone = ids(own, lambda line: line["id"] in origins and line["plan"] == "seeds" and line["path"].endswith("/url"))
    return renumbered(short_of(own, lambda line: line["id"] in gone), everywhere=True)


@forgery("phases out of order")
def _trouble_is_made_after_the_last_look(own: Own, _signers: Signers, _other: Own) -> Own:
    lines, plan = lines_of(own), of_plan(own, "uploads")
    first = next(line for line in lines if line.get("plan") == plan and line["phase"] == "trouble" and "status" in line)
    first["phase"] = "final"
    return redrawn(with_lines(own, lines))


@forgery("stored other bytes than those of its seed")
def _other_bytes_are_said_to_be_stored(own: Own, _signers: Signers, _other: Own) -> Own:
    stored = next(line for line in lines_of(own) if line.get("role") == "storage" and line["method"] == "PUT")
    text = own[members.HISTORY].replace(stored["request"]["md5"].encode(), b"0123456789abcdef0123456789abcdef")
    return redrawn(with_lines({**own, members.HISTORY: text}, map(json.loads, text.splitlines())))


@forgery("the nonce does not give the name")
def _a_create_has_another_name(own: Own, _signers: Signers, _other: Own) -> Own:
    lines = (line for line in lines_of(own) if line.get("scenario") == "uploads")
    made = next(line for line in lines if call_is("POST", "/projects")(line))
    name = made["request"]["name"]
    fresh = {key: raw.replace(name.encode(), name[:-1].encode() + b"x") for key, raw in own.items()}
    return redrawn(with_lines(fresh, map(json.loads, fresh[members.HISTORY].splitlines())))


@forgery("was sent to")
def _a_history_of_another_server_is_spliced_in(own: Own, _signers: Signers, other: Own) -> Own:
    lines, plan = lines_of(own), of_plan(own, "uploads")
    theirs = of_plan(other, "uploads")
    strange = [line for line in lines_of(other) if line.get("plan") == theirs]
    return with_lines(own, [*(line for line in lines[:-1] if line.get("plan") != plan), *strange, lines[-1]])


@forgery("the ledger is of run")
def _the_history_of_another_server_is_put_in_its_place(own: Own, _signers: Signers, other: Own) -> Own:
    return redrawn(with_lines(own, lines_of(other)))


@forgery("with another nonce than the challenge's")
def _an_old_run_is_put_under_a_new_challenge(own: Own, signers: Signers, _other: Own) -> Own:
    target = json.loads(own[members.REPORT])["target"]["base_url"]
    return challenged(own, signers.challenge(target, begun=now().replace(year=now().year - 1)), nonce=False)


@forgery("the nonce does not give the plan id")
def _an_old_run_is_said_to_have_the_nonce_of_a_new_challenge(own: Own, signers: Signers, _other: Own) -> Own:
    return challenged(own, signers.challenge(json.loads(own[members.REPORT])["target"]["base_url"]))


@forgery("and the challenge holds from")
def _the_challenge_had_expired(own: Own, signers: Signers, _other: Own) -> Own:
    target = json.loads(own[members.REPORT])["target"]["base_url"]
    return challenged(own, signers.challenge(target, begun=now() - LONG_AGO))


@forgery("it is for the target")
def _the_challenge_is_for_another_target(own: Own, signers: Signers, _other: Own) -> Own:
    return challenged(own, signers.challenge("https://other.example/api/v1"))


@forgery("the effort demands")
def _the_effort_is_said_to_be_another(own: Own, _signers: Signers, _other: Own) -> Own:
    return with_header(own, effort="standard")


@forgery("judged again: effort is")
def _the_report_alone_says_another_effort(own: Own, _signers: Signers, _other: Own) -> Own:
    return changed(own, lambda report: report.update(effort="standard"))


@forgery("was sent to")
def _the_address_is_said_to_be_another(own: Own, _signers: Signers, _other: Own) -> Own:
    target = {**json.loads(own[members.REPORT])["target"], "base_url": "https://acme.example/api/v1"}
    return redrawn(with_header(own, target=target))


@forgery("target.version")
def _the_report_alone_says_another_version(own: Own, _signers: Signers, _other: Own) -> Own:
    return changed(own, lambda report: report["target"].update(version="9.9.9"))


@forgery("that the seed gives are not in the bundle")
def _the_seed_is_said_to_be_another(own: Own, _signers: Signers, _other: Own) -> Own:
    return with_header(own, seed=2)


@forgery("the row one-verdict says")
def _a_row_counts_more_than_there_was(own: Own, _signers: Signers, _other: Own) -> Own:
    def more(report: dict[str, Any]) -> None:
        row = next(row for row in report["requirements"] if row["id"] == "one-verdict")
        row["exposures"] += 1

    return changed(own, more)


@forgery("is not that of the installed suite")
def _a_requirement_is_made_lighter(own: Own, _signers: Signers, _other: Own) -> Own:
    name = "schemas/requirements.toml"
    return {**own, name: own[name].replace(b'level = "MUST"', b'level = "SHOULD"', 1)}


@forgery("is not that of the installed suite")
def _a_schema_is_left_out(own: Own, _signers: Signers, _other: Own) -> Own:
    return {name: raw for name, raw in own.items() if name != "schemas/error.schema.json"}


@forgery("the row api-description says")
def _the_description_is_left_out(own: Own, _signers: Signers, _other: Own) -> Own:
    return {name: raw for name, raw in own.items() if name != members.DESCRIPTION}


@forgery("which the history does not")
def _the_ledger_holds_more(own: Own, _signers: Signers, _other: Own) -> Own:
    more = b'{"create": "project", "key": "master-0000-1", "within": "", "user": "owner", "name": "x"}\n'
    return {**own, members.LEDGER: own[members.LEDGER] + more}


@forgery("the report tells of other plans than the bundle holds")
def _the_report_tells_of_other_plans(own: Own, _signers: Signers, _other: Own) -> Own:
    return changed(own, lambda report: report["plans"][0].update(title="another"))


@forgery("the report was drawn from another history")
def _the_report_is_of_another_history(own: Own, _signers: Signers, _other: Own) -> Own:
    return changed(own, lambda report: report["history"].update(sha256="0" * 64))


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_refused_with_its_reason(
    name: str, own: Own, faulty_folder: Path, signers: Signers, tmp_path: Path
) -> None:
    """Whatever the vendor signs, the evidence itself must hold: nobody but the vendor's key vouches for it."""
    make, reason = FORGERIES[name]
    forged = sign(make(own, signers, gather(faulty_folder)), signers.vendor, tmp_path / "forged.tgz")
    found = look(forged, key=signers.vendor.public_key())
    assert found.exit_code == 1, stated(found)
    assert reason in stated(found)


@pytest.mark.parametrize("name", ["some_operations_are_dropped", "some_operations_are_dropped_and_the_rest_renumbered"])
def test_dropped_operations_are_missed_without_a_challenge_too(
    name: str, own: Own, signers: Signers, tmp_path: Path
) -> None:
    """Gaps and plans need no certifier."""
    make, reason = FORGERIES[name]
    forged = sign(make(challenged(own, None), signers, own), signers.vendor, tmp_path / "forged.tgz")
    found = look(forged)
    assert reason in stated(found)
    assert "none was answered" in {line.sentence for line in found.lines if line.check == "challenge"}


@pytest.fixture(scope="module")
def whitewashed(faulty_folder: Path) -> Own:
    """Give a nonconformant run without the operations that prove it so."""
    own = gather(faulty_folder)
    while True:
        report = json.loads(own[members.REPORT])
        failing = {row["id"] for row in report["requirements"] if row["outcome"] == "fail"}
        convicting = {name for one in report["findings"] if one["requirement"] in failing for name in one["operations"]}
        if not convicting:
            return own
        own = without(own, lambda line, gone=convicting: line["id"] in gone)


@pytest.mark.parametrize("again", ["", "renumbered"], ids=["with-gaps", "renumbered"])
def test_the_operations_that_convict_a_server_are_missed(
    again: str, whitewashed: Own, signers: Signers, tmp_path: Path
) -> None:
    """A nonconformant run cannot be made a conformant one by leaving out what proves it."""
    assert json.loads(whitewashed[members.REPORT])["outcome"] != "nonconformant"
    own = renumbered(whitewashed, everywhere=True) if again else whitewashed
    found = look(sign(own, signers.vendor, tmp_path / "forged.tgz"))
    assert found.exit_code == 1
    assert ("plan not in full" if again else "ids with gaps") in stated(found)


def test_a_nonconformant_run_cannot_be_called_conformant(faulty_folder: Path, signers: Signers, tmp_path: Path) -> None:
    """The outcome is judged again; the sentence names what is broken, and the line of the history that shows it."""
    own = changed(gather(faulty_folder), lambda report: report.update(outcome="conformant"))
    found = look(sign(own, signers.vendor, tmp_path / "forged.tgz"))
    assert found.exit_code == 1
    assert "the report says conformant, and the history is nonconformant: broken: " in stated(found)
    assert " in line " in stated(found)


def test_all_may_hold_of_a_run_that_is_not_conformant(faulty_folder: Path, signers: Signers, tmp_path: Path) -> None:
    """Then it is an honest record of a failure, and the exit code says so."""
    found = look(sign(gather(faulty_folder), signers.vendor, tmp_path / "honest.tgz"))
    assert stated(found) == ""
    assert (found.exit_code, found.outcome) == (4, "nonconformant")


def test_there_are_at_least_25_forgeries() -> None:
    """The bar that the issue sets; those of the container and the envelope are counted elsewhere."""
    assert len(FORGERIES) >= 25
