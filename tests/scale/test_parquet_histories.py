"""A history as Parquet: the same lines, whichever way, for whatever reads one; and what else a person asks of it."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance import history as histories
from conformance.cli.histories.history_command import convert
from conformance.cli.judge_command import judge
from conformance.errors import HistoryError, UsageError
from conformance.history.parquet import converting
from conformance.history.parquet.table_schema import COLUMNS, KEY, VERSION
from conformance.model import Exchange, Failure, Json, Octets, Operation, Phase, Role, Target

pa = pytest.importorskip("pyarrow", reason="the extra `columnar` is not installed")
pq = pytest.importorskip("pyarrow.parquet", reason="the extra `columnar` is not installed")

RECORDED = Path(__file__).parents[1] / "data" / "recorded" / "deployed-history.jsonl"
HEADER = histories.encode_header(Target("http://dds.test/api/v1", converge_within_s=7.5), {"run_id": "r", "seed": 3})

_texts = st.text(max_size=6)
_json: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_texts, inner, max_size=2),
    max_leaves=4,
)
_bodies = _json | st.builds(Octets, st.integers(0, 9), st.just("d41d8cd98f00b204e9800998ecf8427e"), _texts)
_ids = st.sampled_from([f"{n:08x}-0000-4000-8000-000000000000" for n in range(6)])
_paths = st.one_of(
    st.builds("/api/v1/projects/{}/uploads".format, _ids), st.builds("/api/v1/files/{}/url".format, _ids),
    st.builds("/api/v1/uploads/{}/complete".format, _ids), st.just("/api/v1/projects"), _texts,
)  # fmt: skip
_answers = _bodies | st.builds(lambda name, url: {"id": name, "url": url, "project": {"id": name}}, _ids, _texts)


@st.composite
def operations(draw: st.DrawFn) -> list[Operation]:
    """Draw operations of sessions of their own, in any order of time."""
    found = []
    for number in range(draw(st.integers(0, 8))):
        a = draw(st.integers(0, 1 << 70))
        ended = draw(st.booleans())
        exchange = Exchange(
            draw(st.sampled_from(["GET", "PUT", "POST"])), draw(_paths), "h", draw(st.sampled_from(Role)),
            draw(st.sampled_from(["owner", "other", None])), draw(_bodies), None,
            draw(st.sampled_from([200, 201, 202, 404])) if ended else None, {"etag": draw(_texts)}, draw(_answers),
            None if ended else draw(st.sampled_from(Failure)),
        )  # fmt: skip
        found.append(Operation(
            f"op-{number}", f"s{number}", a, a + 5 if ended else None, exchange, draw(st.sampled_from(Phase)),
            draw(_texts), draw(_texts), draw(st.sampled_from([{}, {"intent": "valid"}, {"url_of": "op-0"}])),
        ))  # fmt: skip
    return found


def _file(drawn: list[Operation], begun: set[int], blank: set[int], end: str) -> bytes:
    """Write lines as a run writes them: some announced, some never ended, blank lines between, whole or cut short."""
    lines = [HEADER]
    for number, one in enumerate(drawn):
        if number in begun:
            lines.append(histories.encode_begin(one))
        if number not in begun or number % 3:
            lines.append(histories.encode(one))
        if number in blank:
            lines.append(b" \n")
    if end == "whole":
        lines.append(histories.encode_end(len(drawn), interrupted=False, ended=""))
    if end == "cut" and drawn:
        lines.append(histories.encode_begin(drawn[0])[:-9])
    return b"".join(lines)


@settings(max_examples=60)
@given(operations(), st.sets(st.integers(0, 7)), st.sets(st.integers(0, 7)), st.sampled_from(["whole", "none", "cut"]))
def test_nothing_is_lost_on_the_way_to_parquet_and_back(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[Operation], begun: set[int], blank: set[int], end: str
) -> None:
    """Every entry, header and end, announcements without their end, and a last line that was cut short."""
    folder = tmp_path_factory.mktemp("way")
    source, table, back = folder / "a.jsonl", folder / "b.parquet", folder / "c.jsonl"
    source.write_bytes(_file(drawn, begun, blank, end))
    converting.convert_lines(source, table, held_bytes=2_000)
    converting.convert_parquet(table, back)
    cuts: list[list[bool]] = [[], [], []]
    entries = [
        list(histories.lines(path, on_cut=lambda seen=seen: seen.append(True)))
        for path, seen in zip((source, table, back), cuts, strict=True)
    ]
    assert entries[0] == entries[1] == entries[2]
    assert cuts[0] == cuts[1] == cuts[2] == ([True] if end == "cut" and drawn else [])
    assert histories.read(source) == histories.read(table) == histories.read(back)
    asked = [json.loads(line) for line in source.read_bytes().splitlines() if line.strip() and line.endswith(b"}")]
    given_back = [json.loads(line) for line in back.read_bytes().splitlines() if line.strip() and line.endswith(b"}")]
    assert asked == given_back


def test_a_recording_without_header_is_read_alike_from_parquet(tmp_path: Path) -> None:
    """Ids by the number of the line, and who was spoken to, are guessed from the same lines; packed or not."""
    packed, table = tmp_path / "a.jsonl.gz", tmp_path / "b.parquet"
    packed.write_bytes(gzip.compress(RECORDED.read_bytes()))
    done = CliRunner().invoke(convert, [str(packed), str(table)], standalone_mode=False)
    assert done.return_value == 0, done.exception
    assert histories.read(table) == histories.read(RECORDED)


def test_judge_takes_either_form_by_content(tmp_path: Path) -> None:
    """The same document to the last figure, although the file's name says nothing."""
    table = tmp_path / "history.dat"
    converting.convert_lines(RECORDED, table)
    documents = [
        json.loads(CliRunner().invoke(judge, [str(path), "--json"], standalone_mode=False).output)
        for path in (RECORDED, table)
    ]
    for document in documents:
        for name in ("run_id", "begun", "ended", "duration_s"):
            document.pop(name)
    assert documents[0] == documents[1]


def test_the_columns_are_those_that_are_documented(tmp_path: Path) -> None:
    """Each with its type, and no other; the version stands in the metadata."""
    table = tmp_path / "a.parquet"
    converting.convert_lines(RECORDED, table)
    schema = pq.read_schema(table)
    page = (Path(__file__).parents[2] / "docs" / "history.md").read_text(encoding="utf-8")
    assert schema.names == list(COLUMNS)
    for name, kind in COLUMNS.items():
        assert f"| `{name}` | {kind} |" in page, name
    assert json.loads(pq.read_metadata(table).metadata[KEY])["version"] == VERSION
    assert f"version {VERSION}" in page


def test_a_newer_version_is_refused(tmp_path: Path) -> None:
    """With both versions, and what to do."""
    table, newer = tmp_path / "a.parquet", tmp_path / "newer.parquet"
    converting.convert_lines(RECORDED, table)
    found = pq.read_table(table)
    about = {**json.loads(pq.read_metadata(table).metadata[KEY]), "version": VERSION + 1}
    pq.write_table(found.replace_schema_metadata({KEY: json.dumps(about).encode()}), newer)
    with pytest.raises(HistoryError, match=f"version {VERSION + 1}; this suite reads version {VERSION}"):
        histories.read(newer)


def test_another_parquet_file_is_named_as_what_it_is(tmp_path: Path) -> None:
    """It is no history."""
    path = tmp_path / "other.parquet"
    pq.write_table(pa.table({"x": [1]}), path)
    with pytest.raises(HistoryError, match="a Parquet file that is no history"):
        histories.read(path)


def test_a_damaged_parquet_file_is_told_so(tmp_path: Path) -> None:
    """Cut short in the middle, no traceback."""
    table = tmp_path / "a.parquet"
    converting.convert_lines(RECORDED, table)
    table.write_bytes(table.read_bytes()[:5_000])
    with pytest.raises(HistoryError, match="damaged"):
        histories.read(table)


def test_without_pyarrow_a_plain_message_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To read one, and to write one."""
    table = tmp_path / "a.parquet"
    converting.convert_lines(RECORDED, table)
    for name in ("pyarrow", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(HistoryError, match=r"dds-conformance\[columnar\]"):
        histories.read(table)
    done = CliRunner().invoke(convert, [str(RECORDED), str(tmp_path / "b.parquet")], standalone_mode=False)
    assert isinstance(done.exception, UsageError)
    assert "dds-conformance[columnar]" in str(done.exception)
    assert not (tmp_path / "b.parquet").exists()


@pytest.mark.parametrize(
    ("output", "said"), [("b.txt", "neither"), ("b.jsonl", "JSON lines already"), ("there.parquet", "already")]
)
def test_convert_refuses_what_makes_no_sense(output: str, said: str, tmp_path: Path) -> None:
    """An ending that says nothing, the form that it has already, a file that is there."""
    (tmp_path / "there.parquet").write_bytes(b"mine")
    done = CliRunner().invoke(convert, [str(RECORDED), str(tmp_path / output)], standalone_mode=False)
    assert isinstance(done.exception, UsageError)
    assert said in str(done.exception)
    assert (tmp_path / "there.parquet").read_bytes() == b"mine"


def test_what_is_no_history_leaves_no_file(tmp_path: Path) -> None:
    """Neither the file nor half of it."""
    source = tmp_path / "a.jsonl"
    source.write_bytes(HEADER + b"{}\n")
    done = CliRunner().invoke(convert, [str(source), str(tmp_path / "b.parquet")], standalone_mode=False)
    assert isinstance(done.exception, HistoryError)
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]
