"""The queries of docs/history.md run as they stand there, and answer what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from legal_dds import pack

from conformance.history.parquet.converting import convert_history

pytest.importorskip("pyarrow", reason="the extra `columnar` is not installed")
duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")

PAGE = Path(__file__).parents[2] / "docs" / "history.md"
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write forty legal histories as one Parquet file."""
    path = tmp_path_factory.mktemp("queries") / "history.parquet"
    convert_history(pack(7, 40), path)
    return path


def test_there_are_three_queries() -> None:
    """Lag by hour, not-consistent by endpoint, the slowest convergences."""
    assert len(QUERIES) == 3


@pytest.mark.parametrize("query", QUERIES, ids=["lag by hour", "nc by endpoint", "slowest convergences"])
def test_each_query_answers_with_rows(query: str, table: Path) -> None:
    """DuckDB reads the file as it is."""
    assert "'history.parquet'" in query
    found = duckdb.sql(query.replace("'history.parquet'", f"'{table}'")).fetchall()
    assert found
    assert all(value is not None for row in found for value in row)


def test_nc_by_endpoint_counts_what_the_history_holds(table: Path) -> None:
    """The figure is that of the operations themselves."""
    history = pack(7, 40)
    codes = [one.exchange.response.get("code") for one in history.operations if isinstance(one.exchange.response, dict)]
    found = duckdb.sql(QUERIES[1].replace("'history.parquet'", f"'{table}'")).fetchall()
    assert sum(row[1] for row in found) == codes.count("resource_not_consistent")
