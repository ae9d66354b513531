"""The kept samples are what their builder builds, and are documents under the schema."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from samples import DATA, samples

SCHEMA = json.loads((DATA.parents[2] / "schemas" / "run.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("name", "document"), samples().items())
def test_a_kept_sample_is_what_the_builder_builds(name: str, document: dict[str, Any]) -> None:
    """Run ``samples.py`` after a change of the builder."""
    assert json.loads((DATA / f"{name}.json").read_text(encoding="utf-8")) == document


@pytest.mark.parametrize(("name", "document"), samples().items())
def test_a_sample_fits_the_schema_of_the_run_document(name: str, document: dict[str, Any]) -> None:
    """Views are tried on documents such as runs write."""
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert document["run_id"], name
