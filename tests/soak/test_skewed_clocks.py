"""Histories of workers whose clocks differ: nothing legal is accused, and what can still be proved is."""

from __future__ import annotations

import json
import random
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from skewed_workers import EPOCH_NS, WorkerClock, drawn_clock, parted, together

sys.path.insert(0, str(Path(__file__).parent.parent / "consistency"))

from judged import crimes
from legal_dds import Crime, pack

from conformance.errors import HistoryError
from conformance.history.encode import encode, encode_end, encode_header
from conformance.history.recordings import read_recording
from conformance.history.workers.clock_offsets import FIELD, ClockOffset, clock_offset_of
from conformance.history.workers.worker_files import read_folder
from conformance.judge import judge_history
from conformance.model import History

PACKED = 100
PACKS = 4
"""Legal histories tried here are as many hundreds; `benchmarks/soak_clocks.py` tries 10,000."""


@pytest.mark.parametrize("compared", [True, False])
def test_workers_with_skewed_clocks_raise_no_alarm(compared: bool) -> None:  # noqa: FBT001 - a parameter
    """Clocks up to 5 s and 100 ppm off, compared by round trips or not at all: no legal history is accused."""
    for seed in range(PACKS):
        parts = parted(pack(seed, PACKED), 2 + seed % 3, random.Random(seed), compared=compared)
        history, clocks = together(parts)
        assert crimes(judge_history(history)) == set()
        assert clocks is not None
        assert clocks.crossing > 0
        assert bool(clocks.unbounded) is not compared


def test_the_same_histories_would_be_accused_if_their_clocks_were_taken_for_one() -> None:
    """The test above can fail: without the offsets, order is invented and a correct server accused."""
    parts = parted(pack(0, PACKED), 3, random.Random(0))
    blind = [(stem, replace(history, header={})) for stem, history in parts]
    history, clocks = together(blind)
    assert clocks is None
    assert crimes(judge_history(history))


@pytest.mark.parametrize("crime", [Crime.FLIPS, Crime.RELAPSES, Crime.NEVER_CONVERGES, Crime.EARLY, Crime.SERVES_BAD])
@pytest.mark.parametrize("compared", [True, False])
def test_what_can_still_be_proved_is_proved(crime: Crime, compared: bool) -> None:  # noqa: FBT001 - a parameter
    """A mutant is convicted over skewed clocks too: of a flip whatever they show, of order where it is one worker's."""
    found: set[str] = set()
    for seed in range(2):
        history, _ = together(parted(pack(seed, 60, crime), 3, random.Random(seed), compared=compared))
        found |= crimes(judge_history(history))
    assert crime.value in found


@pytest.mark.parametrize("seed", range(30))
def test_the_bound_holds_at_every_instant(seed: int) -> None:
    """Whatever the clock and the ways, the offset that was estimated is right within what it says."""
    dice = random.Random(seed)
    clock, length = drawn_clock(dice), dice.randrange(1, 120) * 1_000_000_000
    offset = clock.probed(EPOCH_NS, EPOCH_NS + length, dice).offset()
    assert offset is not None
    for instant in range(EPOCH_NS - 10**10, EPOCH_NS + length + 10**10, length // 40 + 1):
        shown = clock.at(instant)
        assert abs(offset.shifted(shown) - instant) <= offset.bound_at(shown)


def test_the_bound_is_half_the_best_round_trip_where_nothing_drifts() -> None:
    """One fast trip among slow ones decides: the bound is about half of it."""
    from conformance.soak.clock_probes import ClockProbes  # noqa: PLC0415 - beside what it proves

    clock, probes = WorkerClock(3_000_000_000, 0), ClockProbes()
    for nth, trip in enumerate((9_000_000, 400_000, 7_000_000)):
        sent = EPOCH_NS + nth * 10_000_000
        probes.take(clock.at(sent), sent + trip // 2, clock.at(sent + trip))
    offset = probes.offset()
    assert offset is not None
    assert 200_000 <= offset.bound_ns < 210_000


def in_sequence(history: History) -> History:
    """Leave out what a session of the simulation asked before it had its last answer: no driver does that."""
    free: dict[str, int] = {}
    retained = []
    for one in sorted(history.operations, key=lambda one: one.a_ns):
        if one.a_ns >= free.get(one.session, 0):
            retained.append(one)
            free[one.session] = one.a_ns if one.b_ns is None else one.b_ns
    return replace(history, operations=tuple(retained))


def written(folder: Path, parts: list[tuple[str, History]]) -> None:
    """Write the histories as workers do."""
    for stem, whole in parts:
        history = in_sequence(whole)
        lines = [encode_header(history.target, {"run_id": "r1", **history.header}), *map(encode, history.operations)]
        lines.append(encode_end(len(history.operations), interrupted=False, ended="2026-01-01T00:00:00Z"))
        (folder / f"{stem}.jsonl").write_bytes(b"".join(lines))


def test_a_folder_of_skewed_histories_is_judged_by_one_clock_and_says_how_good_it_is(tmp_path: Path) -> None:
    """`judge DIR` shifts and widens before anything crosses workers; the report says on which clocks it rests."""
    written(tmp_path, parted(pack(1, 40), 3, random.Random(5)))
    history, remarks = read_recording(tmp_path)
    assert crimes(judge_history(history)) == set()
    assert "right within" in remarks[0]
    assert FIELD not in history.header


def test_a_clock_that_was_not_compared_is_named(tmp_path: Path) -> None:
    """No verdict rests on it, and the report says so."""
    parts = parted(pack(1, 40), 2, random.Random(5))
    parts[1] = (parts[1][0], replace(parts[1][1], header={FIELD: None}))
    written(tmp_path, parts)
    history, remarks = read_recording(tmp_path)
    assert crimes(judge_history(history)) == set()
    assert "w1" in remarks[0]
    assert "only the rules of one session and one worker" in remarks[0]


def test_histories_of_one_machine_stay_as_they_are(tmp_path: Path) -> None:
    """Without the field, the files share a clock, and nothing is shifted or said."""
    parts = [(stem, replace(one, header={})) for stem, one in parted(pack(1, 10), 2, random.Random(5))]
    written(tmp_path, parts)
    assert read_recording(tmp_path)[1] == ()
    assert {one.a_ns for one in read_folder(tmp_path).operations} == {
        one.a_ns for _, part in parts for one in in_sequence(part).operations
    }


@pytest.mark.parametrize("stated", ["soon", {"at_ns": 1}, {"at_ns": 1.5}, []])
def test_an_offset_that_is_none_is_refused(stated: object) -> None:
    """A damaged header is named, not taken for a clock that is right."""
    with pytest.raises(HistoryError, match="clock_offset"):
        clock_offset_of({FIELD: json.loads(json.dumps(stated))})


def test_later_instants_never_come_out_earlier() -> None:
    """A shift keeps the order of one session, also where the clock runs slow."""
    offset = ClockOffset(EPOCH_NS, -7, -100_000, 5, EPOCH_NS, EPOCH_NS)
    shown = [offset.shifted(EPOCH_NS + n) for n in range(0, 50_000, 7)]
    assert shown == sorted(shown)
