"""``history``: what can be done with a history beside judging it."""

from __future__ import annotations

from pathlib import Path

import click

from conformance.cli.asking.grouped_help import GroupedCommand
from conformance.errors import HistoryError, UsageError
from conformance.history.parquet.line_stream import is_table

_ENDINGS = {".parquet": True, ".jsonl": False}
_READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def history() -> None:
    """Convert a history into Parquet, and back: `history convert`."""


@history.command(cls=GroupedCommand)
@click.argument("source", type=_READABLE)
@click.argument("output", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Write over OUTPUT where it is there already.")
def convert(*, source: Path, output: Path, force: bool) -> int:
    """Convert SOURCE, a history as JSON lines (packed or not) or Parquet, into OUTPUT: *.parquet or *.jsonl.

    Nothing is lost either way. Parquet has a column for what people ask about and is what `judge --workers` reads
    fastest; it needs the extra dds-conformance[columnar].
    """
    wanted = _ENDINGS.get(output.suffix)
    if wanted is None:
        raise UsageError(f"{output} ends neither in .parquet nor in .jsonl.", remedy="Name OUTPUT so.")
    if output.exists() and (not force or output.samefile(source)):
        raise UsageError(f"{output} is there already.", remedy="Choose another OUTPUT, or write over it with --force.")
    if is_table(source) == wanted:
        kind = "Parquet" if wanted else "JSON lines"
        raise UsageError(f"{source} is {kind} already.", remedy="Name OUTPUT with the other ending.")
    from conformance.history.parquet import converting  # noqa: PLC0415 - loaded only where it is used

    try:
        if wanted:
            converting.convert_lines(source, output)
        else:
            converting.convert_parquet(source, output)
    except (OSError, ValueError) as trouble:
        raise HistoryError(f"{source}: {getattr(trouble, 'strerror', None) or trouble}.") from trouble
    click.echo(f"{output}: {output.stat().st_size:,} bytes")
    return 0
