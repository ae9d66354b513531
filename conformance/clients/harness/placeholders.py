"""What a client's command, environment and setup files are told of its scenario."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import jinja2

from conformance.errors import UsageError

NAMES = ("url", "token", "user_key", "agent_key", "project", "folder", "file", "setup")
_HELD = re.compile(r"\{(" + "|".join(NAMES) + r"|setup_\d+)\}")
_SUFFIXES = (".j2", ".jinja2", ".jinja")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put the values in the place of ``{name}``; other braces stay as they are, for a command may hold JSON."""
    return _HELD.sub(lambda found: values.get(found[1], found[0]), text)


def environment(outside: Mapping[str, str], given: Iterable[str], values: Mapping[str, str]) -> dict[str, str]:
    """Give the client's environment: ours without proxies and credentials of a real target, then what is `given`.

    Raises:
        UsageError: a given line is not NAME=VALUE.
    """
    retained = {name: value for name, value in outside.items() if not _unwanted(name)}
    for line in given:
        name, equals, value = line.partition("=")
        if not name or not equals:
            raise UsageError(f"--env {line!r} is not NAME=VALUE.", remedy="Write it as --env DDS_URL={url}.")
        retained[name] = fill(value, values)
    return retained


def _unwanted(name: str) -> bool:
    return name.lower().endswith("_proxy") or name.startswith("DDS_")


def render(templates: Iterable[Path], folder: Path, values: Mapping[str, str]) -> dict[str, str]:
    """Render the setup templates into a folder; give the placeholders that name them: setup, setup_1, setup_2 ...

    Raises:
        UsageError: a template cannot be read, is no template, or names something that there is not.
    """
    paths: dict[str, str] = {}
    for number, template in enumerate(templates, start=1):
        name = template.name
        for suffix in _SUFFIXES:
            name = name.removesuffix(suffix)
        path = folder / (name if not (folder / name).exists() else f"{number}-{name}")
        path.touch(mode=0o600)
        path.write_text(_rendered(template, {**values, **paths}), encoding="utf-8")
        paths[f"setup_{number}"] = str(path)
        paths.setdefault("setup", str(path))
    return paths


def _rendered(template: Path, values: Mapping[str, str]) -> str:
    surroundings = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701 (no HTML)
    remedy = f"A template may say {{{{ url }}}}; there are: {', '.join(NAMES[:-1])}."
    try:
        return surroundings.from_string(template.read_text(encoding="utf-8")).render(values)
    except (OSError, UnicodeDecodeError) as trouble:
        raise UsageError(f"--setup {template} cannot be read.", remedy=remedy) from trouble
    except jinja2.TemplateError as trouble:
        raise UsageError(f"--setup {template}: {trouble}.", remedy=remedy) from trouble
