# ruff: noqa: E501 - a drawing is as wide as its time
"""One small history for each rule and each trap, drawn: what the judge must see, and what it must not."""

from __future__ import annotations

import pytest
from judge_timeline import Scribe, drawn, prepared
from judged import crimes, judged, measured

BROKEN = {
    "200 and integrity of one version, in any order": (
        "one-verdict", "good-ie",
        "actor   [complete 202] [file 201]                        ",
        "reader                             [vurl 200] [vurl ie]  ",
    ),
    "integrity through the file, 200 through the version": (
        "one-verdict", "good-ie",
        "actor   [complete 202] [file 201]                        ",
        "reader1                           [url ie]               ",
        "reader2                                      [vurl 200]  ",
    ),
    "a verdict before anybody completed the upload": (
        "no-early-answer", "good",
        "actor   [file 201]              [complete 202]",
        "reader             [url 200]                  ",
    ),
    "a verdict although nobody ever completed it": (
        "no-early-answer", "good",
        "actor   [file 201]           ",
        "reader             [url 200] ",
    ),
    "a bad upload is served": (
        "bad-never-200", "bad",
        "actor   [complete 202] [file 201]            ",
        "reader                            [url 200]  ",
    ),
    "a bad single-part upload is served": (
        "bad-never-200", "badsingle",
        "actor   [complete 202] [file 201]            ",
        "reader                            [vurl 200] ",
    ),
    "a good upload is refused": (
        "good-never-integrity", "good",
        "actor   [complete 202] [file 201]            ",
        "reader                            [vurl ie]  ",
    ),
    "a live version is told as a plain 404": (
        "nc-until-consistent", "good",
        "actor   [complete 202] [file 201]            ",
        "reader                            [vurl 404] ",
    ),
    "a live file is told as a conflict": (
        "nc-until-consistent", "good",
        "actor   [complete 202] [file 201]            ",
        "reader                            [url 409]  ",
    ),
    "nc that begins later than the bound (3.5 s) after completion": (
        "converges-upload", "good",
        "actor   [complete 202] [file 201]                                                         ",
        "reader                            [url nc]                                       [url nc] ",
    ),
    "one session is told the verdict, then nc": (
        "session-monotonic", "good",
        "actor   [complete 202] [file 201]                        ",
        "reader                            [vurl 200]  [vurl nc]  ",
    ),
    "the session's relapse through the other endpoint": (
        "session-monotonic", "good",
        "actor   [complete 202] [file 201]                       ",
        "reader                            [vurl 200]  [url nc]  ",
    ),
    "a bad upload's completion is refused": (
        "complete-no-integrity", "bad",
        "actor   [complete 400]",
    ),
    "repeating completion meets a 500": (
        "complete-repeat-no-5xx", "good",
        "actor   [complete 202] [complete 500]",
    ),
    "the verdict differs on the two sides of a repeated completion": (
        "complete-repeat-same-outcome one-verdict", "good-ie",
        "actor   [complete 202] [file 201]             [complete 202]           ",
        "reader                            [vurl 200]                  [vurl ie]",
    ),
    "deleted, and still nc later than the bound": (
        "nc-after-delete", "good",
        "actor   [complete 202] [file 201] [delfile 204]                                                    ",
        "reader                                                                                     [url nc]",
    ),
    "the record has an error before it is consistent": (
        "status-record", "bad",
        "actor   [complete 202]          ",
        "reader               [show odd] ",
    ),
    "the record says good, the endpoint integrity": (
        "status-record", "bad",
        "actor   [complete 202] [file 201]            ",
        "reader1                           [show ok]  ",
        "reader2                           [vurl ie]  ",
    ),
    "the record relapses within a session": (
        "status-record", "good",
        "actor   [complete 202]                          ",
        "reader               [show ok]  [show pending]  ",
    ),
    "the record changes its mind on when it was completed": (
        "status-record", "good",
        "actor   [complete 202]                     ",
        "reader               [show ok] [show moved]",
    ),
    "another user is served": (
        "other-user-403", "good",
        "actor    [complete 202] [file 201]            ",
        "stranger                           [vurl 200] ",
    ),
    "another user is told that it is not there": (
        "other-user-403", "good",
        "actor    [complete 202] [file 201]            ",
        "stranger                           [vurl 404] ",
    ),
    "a project that never lets an upload be created": (
        "converges-project", "none",
        "actor   [project 202] [upload nc]                                               [upload nc]",
    ),
    "one session may create an upload, then may not": (
        "session-monotonic", "none",
        "actor   [project 202] [upload 201] [upload2 nc]",
    ),
    "a live project is told as a plain 404": (
        "nc-until-consistent", "none",
        "actor   [project 202] [upload 404]",
    ),
    "refused for now, yet in the final listing": (
        "refused-create-no-trace", "none",
        "actor   [project 202] [upload2 nc] [upload 201]  [list 12]",
    ),
    "other bytes within the bound": (
        "bytes-at-once", "good",
        "actor   [complete 202] [file 201]                      ",
        "reader                            [vurl 200] [get of9] ",
    ),
    "other bytes later than the bound after the first 200": (
        "bytes-exact", "good",
        "actor   [complete 202] [file 201]                                                                              ",
        "reader                            [vurl 200]                                              [vurl 200] [get of9] ",
    ),
    "the object behind a 200 is not there": (
        "bytes-at-once", "good",
        "actor   [complete 202] [file 201]                      ",
        "reader                            [vurl 200] [get 404] ",
    ),
    "the old version is served for good": (
        "new-version-served", "two",
        "actor   [complete 202] [file 201] [complete2 202] [switch2 200]                                                              ",
        "reader                                                                                                  [url 200] [get exact]",
    ),
    "a superseded version is gone": (
        "old-version-downloadable", "two",
        "actor   [complete 202] [file 201]            [complete2 202] [switch2 200]            ",
        "reader                            [vurl 200]                               [vurl 404] ",
    ),
    "the new version never converges": (
        "converges-upload", "two",
        "actor   [complete 202] [file 201]             [complete2 202] [switch2 200]                                                    ",
        "reader                             [vurl 200]                                                                       [url nc]   ",
    ),
    "every version is bad, the file is served": (
        "bad-never-200", "twobad",
        "actor   [complete 202] [file 201]            [complete2 202] [switch2 200]            ",
        "reader                                                                     [url 200] ",
    ),
    "an IE away from the url endpoints": (
        "complete-no-integrity", "bad",
        "actor   [complete ie]",
    ),
    "nc where it has no place": (
        "nc-only-extended", "good",
        "actor   [complete nc]",
    ),
}  # fmt: skip

LEGAL = {
    "a verdict that begins before completion and ends within it": (
        "good",
        "actor   [file 201]     [complete 202]",
        "reader             [url 200]         ",
    ),
    "touching operations are concurrent": (
        "good",
        "actor   [file 201][complete 202]",
        "reader     [url 200]            ",
    ),
    "nc and 200 overlap in one another": (
        "good",
        "actor   [complete 202] [file 201]                  ",
        "reader1                           [vurl nc      ]  ",
        "reader2                             [vurl 200]     ",
    ),
    "completion timed out, and took effect late": (
        "good",
        "actor   [complete -->  [file 201]            ",
        "reader                            [url 200]  ",
    ),
    "completion timed out, the repeat is refused as done": (
        "good",
        "actor   [complete -->  [complete already] [file 201]           ",
        "reader                                               [url 200] ",
    ),
    "a gateway's 502 while the completion took effect": (
        "good",
        "actor   [complete gateway] [file 201]           ",
        "reader                                [url 200] ",
    ),
    "nc later than the bound, but completion was never acknowledged": (
        "good",
        "actor   [complete -->  [file 201]                                                          ",
        "reader                            [url nc]                                        [url nc] ",
    ),
    "nc of a read that began within the bound": (
        "good",
        "actor   [complete 202] [file 201]                                           ",
        "reader                            [url nc                                 ] ",
    ),
    "200, then nc after a new version was attached": (
        "two",
        "actor   [complete 202] [file 201]           [complete2 202] [switch2 200]                     ",
        "reader                            [url 200]                               [url nc] [url2 401] ",
    ),
    "the old version's 200 while the switch is on its way": (
        "two",
        "actor   [complete 202] [file 201] [complete2 202] [switch2 200    ]          ",
        "reader                                               [url 200]              ",
    ),
    "a pending new version, the older one still served": (
        "two",
        "actor   [complete 202] [file 201]            [complete2 202] [switch2 200]                     ",
        "reader                            [vurl 200]                               [url nc] [vurl 200] ",
    ),
    "promoting the good version repairs a bad one": (
        "goodbad",
        "actor   [complete 202] [file 201] [complete2 202] [switch2 200]          [promote 200]           ",
        "reader                                                          [url ie]               [url 200] ",
    ),
    "a plain 404 for what is being deleted": (
        "good",
        "actor   [complete 202] [file 201] [delfile 204     ] ",
        "reader                                  [url 404]    ",
    ),
    "a plain 404 after an attempt to delete that timed out": (
        "good",
        "actor   [complete 202] [file 201] [delfile -->            ",
        "reader                                         [url 404]  ",
    ),
    "nc shortly after the deletion": (
        "good",
        "actor   [complete 202] [file 201] [delfile 204]          ",
        "reader                                          [url nc] ",
    ),
    "the url of a file in a deleted project is served on": (
        "good",
        "actor   [complete 202] [file 201] [delproject 204]           ",
        "reader                                             [url 200] ",
    ),
    "a plain 404 before the creation was acknowledged": (
        "good",
        "actor   [complete 202] [file 201    ] ",
        "reader                   [url 404]    ",
    ),
    "another user is refused, before and after it is consistent": (
        "good",
        "actor    [complete 202] [file 201]                       ",
        "stranger                           [vurl 403]  [vurl 403] ",
    ),
    "a name that was refused first and created in the end": (
        "none",
        "actor   [project 202] [upload nc] [upload 201] [list 1] ",
    ),
    "a create that timed out is in the listing": (
        "none",
        "actor   [project 202] [upload -->  [upload2 201] [list 12] ",
    ),
    "server errors, 429 and resets tell nothing": (
        "good",
        "actor   [complete 202] [file 201]                                            ",
        "reader                            [vurl 500] [vurl 429] [vurl gateway] [vurl ->",
    ),
    "completion refused for an upload that was completed already": (
        "bad",
        "actor   [complete 202] [complete already] ",
    ),
    "a bad upload's attachment refused as known bad": (
        "bad",
        "actor   [complete 202] [file 400] ",
    ),
    "bytes that never came because the url had expired": (
        "good",
        "actor   [complete 202] [file 201]                       ",
        "reader                            [vurl 200] [get 403]  ",
    ),
    "a conflict at creating an upload, by a request that nobody vouches for": (
        "none",
        "actor   [project 202] [upload 409] ",
    ),
    "nobody's completion was seen, somebody had done it": (
        "good",
        "actor   [complete already] [file 201]           ",
        "reader                                [url 200] ",
    ),
}  # fmt: skip

MEASURED = {
    "a stale replica answers nc after another client was told the verdict": (
        "realtime-monotonic", "good",
        "actor   [complete 202] [file 201]                       ",
        "reader1                           [vurl 200]            ",
        "reader2                                      [vurl nc]  ",
    ),
    "a stale replica shows an upload as open after it was completed": (
        "state-order", "good",
        "actor   [complete 202]             ",
        "reader                 [show open] ",
    ),
    "a session does not see its own completion": (
        "read-your-writes state-order", "good",
        "actor   [complete 202] [show open] ",
    ),
    "the version before, right after the switch": (
        "realtime-monotonic", "goodbad",
        "actor   [complete 202] [file 201] [complete2 202] [switch2 200]           ",
        "reader                                                          [url 200] ",
    ),
}  # fmt: skip


def stage(kind: str) -> Scribe:
    """Give what happened before a drawing."""
    if kind == "none":
        return Scribe()
    if kind == "two":
        return prepared("good", (1, 2))
    if kind == "twobad":
        return prepared("bad", (1, 2))
    if kind == "goodbad":
        return prepared("bad", (2,), prepared("good", (1,)))
    return prepared(kind.removesuffix("-ie"))


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_a_duty_is_convicted_of_that_and_of_nothing_else(name: str) -> None:
    """Each drawing breaks one duty; a verdict flip of a good upload also is a good upload refused."""
    wanted, kind, *lanes = BROKEN[name]
    expected = set(wanted.split()) | ({"good-never-integrity"} if kind.endswith("-ie") else set())
    assert crimes(judged(drawn("\n".join(lanes), stage(kind)))) == expected


@pytest.mark.parametrize("name", LEGAL)
def test_what_a_legal_server_may_do_raises_no_alarm(name: str) -> None:
    """Each drawing is a trap: it looks wrong and is legal."""
    kind, *lanes = LEGAL[name]
    assert crimes(judged(drawn("\n".join(lanes), stage(kind)))) == set()


@pytest.mark.parametrize("name", MEASURED)
def test_what_is_only_measured_gates_nothing(name: str) -> None:
    """Each drawing is stale, which is measured and never a crime."""
    wanted, kind, *lanes = MEASURED[name]
    judgement = judged(drawn("\n".join(lanes), stage(kind)))
    assert (measured(judgement), crimes(judgement)) == (set(wanted.split()), set())
