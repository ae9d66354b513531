"""What stands in a table is in every run: twenty seeds, each of which holds all of it, and nothing is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from conformance.api.gateways import is_unusual
from conformance.engine.lot import Lot
from conformance.engine.plan import Plan, Step, plan_from_json
from conformance.engine.plan_model import LARGE_PART, Truth, check, truths
from conformance.engine.plan_verbs import option
from conformance.engine.scenario import PlanScenario, Scenario
from conformance.engine.scenario_list import scenarios
from conformance.engine.search.portion import Portion
from conformance.engine.values.false_hashes import FALSE_HASHES, falsified
from conformance.engine.values.manners import MANNERS
from conformance.engine.values.name_classes import LONGEST, NAME_CLASSES, dressed
from conformance.model import Exchange
from conformance.settings.naming import Naming
from conformance.settings.run_settings import EFFORTS

MIB = 1 << 20
SEEDS = range(20)


def is_tabled(scenario: Scenario) -> bool:
    """Whether a scenario's plans stand in a table."""
    return isinstance(scenario, PlanScenario) and scenario.table is not None


TABLED = {one.name: one for one in scenarios() if isinstance(one, PlanScenario) and is_tabled(one)}


def plans(name: str, seed: int, effort: str = "standard") -> list[Plan]:
    """Return the plans of a scenario that one run holds."""
    return Portion(effort, seed).plans(TABLED[name])


def creates(name: str, seed: int) -> Iterator[tuple[Plan, Step]]:
    """Yield every upload that a standard run creates in a scenario."""
    for plan in plans(name, seed):
        yield from ((plan, step) for _, step in plan.steps() if step.verb == "create_upload")


@pytest.mark.parametrize("name", TABLED)
@pytest.mark.parametrize("effort", EFFORTS)
def test_a_table_has_as_many_plans_as_its_share_and_each_can_be_run(name: str, effort: str) -> None:
    """Shards take every so manyth of them, and lose none; another seed and another wave give others."""
    scenario = TABLED[name]
    assert scenario.table is not None
    for wave in range(2):
        made = list(scenario.table(effort, 3, wave)) if scenario.share.at(effort) else []
        assert len(made) == scenario.share.at(effort)
        for plan in made:
            check(plan)
            assert plan.theme == name
        shared = [plan.key() for shard in range(3) for plan in Portion(effort, 3, wave, shard, 3).plans(scenario)]
        assert sorted(shared) == sorted(plan.key() for plan in made)


def test_every_standard_run_tries_every_power_of_two_and_the_bounds_of_parts() -> None:
    """Nothing, one byte, each power of two or a neighbour, a single part over a mebibyte, two parts of 5 MiB."""
    for seed in SEEDS:
        made = [step.args for _, step in creates("sizes", seed)]
        single = [sum(one["parts"]) for one in made if not one["chunked"]]
        assert {0, 1} <= {sum(one["parts"]) for one in made}
        every = {sum(one["parts"]) for one in made if len(one["parts"]) == 1}
        for power in range(21):
            assert every & {(1 << power) + beside for beside in (-1, 0, 1)}
        assert any(MIB < size < 2 * MIB for size in single)
        assert any(abs(size - LARGE_PART) <= 1 for size in single)
        assert any(sum(size >= LARGE_PART for size in one["parts"]) >= 2 for one in made)


def test_every_standard_run_has_wrong_hashes_of_what_is_not_small() -> None:
    """Of a kibibyte to half a mebibyte in both kinds, of single parts over a mebibyte and of about 5 MiB."""
    for seed in SEEDS:
        bad: dict[bool, list[int]] = {True: [], False: []}
        for plan, step in creates("sizes", seed):
            if truths(plan)[step.binds] is Truth.BAD:
                bad[bool(step.args["chunked"])].append(sum(step.args["parts"]))
        assert all(sum(1000 < size <= MIB // 2 + 1 for size in sizes) == 2 for sizes in bad.values())
        assert any(MIB < size < 2 * MIB for size in bad[False])
        assert any(abs(size - LARGE_PART) <= 1 for size in bad[False])


def test_thorough_goes_up_to_64_mebibytes_and_past_a_page_of_parts() -> None:
    """What takes much is left to the effort that has the time."""
    for seed in SEEDS:
        steps = [step for plan in plans("sizes", seed, "thorough") for _, step in plan.steps()]
        made = [step.args for step in steps if step.verb == "create_upload"]
        assert sum(sum(one["parts"]) == 64 * MIB for one in made) == 2
        assert sum(len(one["parts"]) > 100 for one in made) == 2
        assert any(len(one["parts"]) == 100 for one in made)


def test_every_standard_run_holds_each_defect_of_each_kind_in_any_part() -> None:
    """A single part, one chunk and several, with the first, a middle, the last and two parts wrong or never sent."""
    for seed in SEEDS:
        found = [kind for plan in plans("defects", seed) for kind in defects_of(plan)]
        assert len(found) == 23
        assert {("single", "hash"), ("single", "misstated"), ("single", "unsent")} <= set(found)
        assert {("one", "hash"), ("one", "misstated"), ("one", "missing")} <= set(found)
        for place in ("first", "middle", "last", "two"):
            assert {(f"many, {place}", "hash"), (f"many, {place}", "missing")} <= set(found)
        assert found.count(("many", "swap")) == 3
        assert {truth for plan in plans("defects", seed) for truth in truths(plan).values()} == {Truth.BAD}


def defects_of(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the kind and the defect of each upload of a plan."""
    steps = [step for _, step in plan.steps()]
    for create in (step for step in steps if step.verb == "create_upload"):
        parts = create.args["parts"]
        mine = [step for step in steps if step.args.get("upload") == create.binds]
        kind = "single" if not create.args["chunked"] else "one" if len(parts) == 1 else "many"
        yield _defect(kind, len(parts), create, mine)


def _defect(kind: str, parts: int, create: Step, mine: list[Step]) -> tuple[str, str]:
    if create.args.get("misstate"):
        return kind, "misstated"
    puts = [step for step in mine if step.verb == "put_part"]
    if any("hash_of" in step.args for step in puts):
        return kind, "swap"
    lying = [step for step in mine if step.args.get("lie")]
    wrong = [step for step in puts if step.args.get("lie") or not option(step, "send")]
    if kind != "many":
        return kind, "hash" if lying else "missing" if wrong else "unsent"
    numbers = {int(step.args["number"]) for step in wrong}
    first, last = numbers == {1}, numbers == {parts}
    place = "two" if len(numbers) == 2 else "first" if first else "last" if last else "middle"
    return f"many, {place}", "hash" if lying else "missing"


def test_every_standard_run_reports_each_nearly_right_hash_and_other_algorithms() -> None:
    """Of a chunk or of a single part; and the whole file's hash wrong while the chunks are right."""
    for seed in SEEDS:
        steps = [step for plan in plans("hashes", seed) for _, step in plan.steps()]
        assert {step.args["lie"] for step in steps if step.args.get("lie")} == set(FALSE_HASHES)
        assert {step.args.get("algorithm", "") for step in steps if step.verb == "complete"} == {"", "sha1", "sha256"}


RIGHT = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("kind", FALSE_HASHES)
def test_a_false_hash_is_never_the_right_one(kind: str) -> None:
    """It differs in one digit, in length or in all; a plain one still has the form of a hash."""
    made = falsified(kind, RIGHT, "f" * 32)
    assert made != RIGHT
    if FALSE_HASHES[kind].plain:
        assert len(made) == len(RIGHT)
        assert int(made, 16) >= 0
    assert (made.lower() == RIGHT) is not FALSE_HASHES[kind].definite


def test_a_lot_decides_by_seed_and_key_alone() -> None:
    """Neither what else was asked nor in which order makes a difference."""
    lot = Lot("a seed")
    assert lot.order("key", [1, 2, 3, 4]) == Lot("a seed").order("key", [1, 2, 3, 4])
    assert sorted(lot.order("key", range(9))) == list(range(9))
    assert {lot.number(str(n), 3, 5) for n in range(60)} == {3, 4, 5}
    assert {lot.under("x").pick(str(n), "ab") for n in range(20)} == {"a", "b"}
    assert len({Lot(str(n)).number("key", 0, 1 << 40) for n in range(20)}) == 20


def test_every_standard_run_gives_each_class_of_names_once_and_names_nearly_alike() -> None:
    """Reserved, in both normal forms, with spaces at the ends, of 1 to 1,000 characters, in another case."""
    for seed in SEEDS:
        made = [step.args for _, step in creates("names", seed)]
        assert set(NAME_CLASSES) <= {one.get("name_class", "") for one in made}
        alike = {(one["name_of"][0], one.get("name_class", "")) for one in made if "name_of" in one}
        assert {("a", "capitals"), ("a", "decomposed"), ("a", "spaces"), ("s", "")} <= alike


@pytest.mark.parametrize("kind", NAME_CLASSES)
def test_a_name_of_a_class_can_be_written_and_still_be_found(kind: str) -> None:
    """It is valid Unicode of at most 1,000 characters; a unique one holds the plain name."""
    plain = Naming("00" * 32).in_plan("ddsc-0123456789ab-1-2", "upload", 3)
    made = dressed(kind, plain)
    assert 1 <= len(made) <= LONGEST
    assert made.encode("utf-8").decode("utf-8") == made != plain
    assert (plain in made) is NAME_CLASSES[kind].unique


@pytest.mark.parametrize("kind", NAME_CLASSES)
def test_a_name_that_a_firewall_may_take_for_an_attack_is_known_to_be_unusual(kind: str) -> None:
    """Its page is the firewall's then, and accuses no server: no name is made of plain bytes alone, and looks so."""
    made = dressed(kind, Naming("00" * 32).in_plan("ddsc-0123456789ab-1-2", "upload", 3))
    asked = Exchange("POST", "/api/v1/files", request={"name": made})
    looks_so = re.search(r"\.\./|\.\.\\|//|--$|/etc/|<|'|\x00|[\r\n]|\$\{|\$\(", made)
    assert not looks_so or is_unusual(asked, "/api/v1")


def test_every_standard_run_asks_in_each_manner_by_head_and_by_validators() -> None:
    """Each manner makes a good upload and reads a bad one to the end."""
    for seed in SEEDS:
        made = plans("headers", seed)
        asked = [actor.manner for plan in made for actor in plan.actors]
        assert set(MANNERS) <= set(asked)
        verbs = {step.verb for plan in made for _, step in plan.steps()}
        assert {"read_head", "read_part", "revalidate"} <= verbs
        assert all(plan_from_json(plan.to_json()).key() == plan.key() for plan in made)
