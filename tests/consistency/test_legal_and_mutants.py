"""A legal but chaotic server never raises an alarm; the same server with one crime is convicted of that crime."""

from __future__ import annotations

import pytest
from judged import crimes, findings, judged
from legal_dds import Crime, pack
from legal_surroundings import packed

from conformance.judge import judge_history

PACKED = 100
PACKS = 50
SURROUNDED = 10

ALSO_TRUE = {
    Crime.FLIPS: {"good-never-integrity", "bad-never-200", "status-record", "complete-repeat-same-outcome",
                  "new-version-served"},
    Crime.SERVES_BAD: {"status-record"},
    Crime.REFUSES_GOOD: {"status-record"},
    Crime.EARLY: {"status-record"},
    Crime.PLAIN_404: {"old-version-downloadable"},
    Crime.RELAPSES: {"status-record", "converges-upload"},  # a relapse may come later than the bound
    Crime.WRONG_BYTES: {"bytes-at-once"},
    Crime.REPEAT_FAILS: {"no-5xx-legal"},
}  # fmt: skip
"""What each crime breaks besides, necessarily: its server's own record, for example, tells on it."""


def test_a_legal_but_chaotic_server_raises_no_alarm_in_five_thousand_histories() -> None:
    """Replicas, delays, lost answers, double delivery, deletions, switches, re-sent parts: nothing but measurements."""
    exposed: dict[str, int] = {}
    for seed in range(PACKS):
        judgement = judge_history(pack(seed, PACKED))
        assert crimes(judgement) == set(), [f for f in findings(judgement) if f.requirement in crimes(judgement)][:1]
        for name, tally in judgement.tallies.items():
            exposed[name] = exposed.get(name, 0) + tally.exposures
    untouched = {crime.value for crime in Crime if crime and not exposed.get(crime.value)}
    assert untouched == set(), "a duty that was never exposed cannot have raised an alarm"


def test_members_folders_renames_redirects_limits_and_late_reads_raise_no_alarm_either() -> None:
    """The same chaos with what surrounds uploads, in a thousand histories; batch and stream agree on some."""
    exposed: set[str] = set()
    for seed in range(SURROUNDED):
        judgement = judge_history(packed(seed, PACKED))
        assert crimes(judgement) == set(), [f for f in findings(judgement) if f.requirement in crimes(judgement)][:1]
        exposed |= {name for name, tally in judgement.tallies.items() if tally.exposures}
    assert {"body-own-resource", "verdict-final", "other-user-403", "name-kept"} <= exposed
    assert crimes(judged(packed(SURROUNDED, 10))) == set()


@pytest.mark.parametrize("crime", [crime for crime in Crime if crime])
def test_each_mutant_is_convicted_of_its_own_crime_and_of_nothing_unrelated(crime: Crime) -> None:
    """The same chaos, one duty broken."""
    found: set[str] = set()
    for seed in range(4):
        found |= crimes(judge_history(pack(seed, 60, crime)))
    assert crime.value in found
    assert found <= {crime.value} | ALSO_TRUE.get(crime, set())


@pytest.mark.parametrize("crime", list(Crime))
def test_stream_batch_and_certificates_agree_on_the_mutants(crime: Crime) -> None:
    """Fed as a run hears it, a history gives the same findings, and each certificate convicts by itself."""
    for seed in range(3):
        judged(pack(seed, 8, crime))
