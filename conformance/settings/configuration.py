"""The configuration of a run: ``dds-conformance.toml``, then the environment, then options; the later the weightier.

Every value knows where it came from, and `rows` shows it; secrets never show themselves.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.errors import UsageError, did_you_mean
from conformance.history.input_files import read_text
from conformance.model import NOTHING, Json, Target
from conformance.settings.credentials import NAMES, Credentials, Secret
from conformance.settings.elsewhere import TARGET_VARIABLES, pointers
from conformance.settings.keys import KEYS, PREFIX, Key
from conformance.settings.option_words import SAFE, as_json
from conformance.settings.request_headers import headers_of, joined, lines_of
from conformance.settings.run_settings import HANDED_SECRETS, Bounds, Budgets, Network, Settings, new_run_id
from conformance.settings.secret_sources import secret_from

__all__ = ["FILE", "Configuration", "Row", "Value", "from_document", "gather"]

FILE = "dds-conformance.toml"
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Value:
    """A value and where it came from."""

    value: Json
    source: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of ``config show``."""

    name: str
    shown: str
    source: str
    about: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """All values by key; `elsewhere` says in words what points at a target of the user's, `file` is the one named."""

    values: Mapping[str, Value]
    elsewhere: tuple[str, ...] = ()
    file: str = ""

    def get(self, name: str) -> Json:
        """Give the value of a key."""
        return self.values[name].value

    def pointing(self, *options: str) -> Configuration:
        """Return the same, with `options` of a command, which are no keys, among what points at a target."""
        return replace(self, elsewhere=(*self.elsewhere, *options))

    def rows(self) -> tuple[Row, ...]:
        """Give every key with its value, its source and its meaning; a secret only as set or not set."""
        return tuple(
            Row(name, _shown(key, self.values[name].value), self.values[name].source, key.about)
            for name, key in KEYS.items()
        )

    def settings(self, run_id: str = "") -> Settings:
        """Build the settings of a run; for the embedded server the base URL is empty, for its start to fill in.

        Raises:
            UsageError: no target is named, though something points at one and the embedded server is not asked for.
        """
        get = self.get
        url = self.target
        given = self.credentials if url else Credentials()
        return Settings(
            target=Target(
                base_url=url,
                embedded=not url,
                second_user=given.other_api_token is not None,
                version=get("target_version"),
                gateway=get("gateway"),
                converge_within_s=get("converge_within"),
                storage_provider=get("storage_provider") if url else "",
            ),
            run_id=run_id or new_run_id(),
            credentials=given,
            effort=get("effort"),
            seed=get("seed"),
            workers=get("workers"),
            strict=get("strict"),
            only=get("only"),
            catalogue=get("catalogue"),
            scenario=get("scenario"),
            report_dir=get("report_dir"),
            report=get("report"),
            max_rps=get("max_rps"),
            max_in_flight=get("max_in_flight"),
            budgets=Budgets(get("max_requests"), get("max_bytes"), get("max_seconds"), get("longest_wait")),
            bounds=Bounds(get("answer_bytes"), get("download_bytes"), get("silence"), get("deadline")),
            network=self._network() if url else Network(),
            storage_provider=get("storage_provider") if url else "",
            target_openapi=get("target_openapi"),
            keep=get("keep"),
            i_may_write=get("i_may_write"),
            options=self.options,
        )

    @property
    def options(self) -> dict[str, Json]:
        """What was said, wherever, to say it again: every key but the secrets; of headers given here their names."""
        said = {name: value for name, value in self.values.items() if value.source != DEFAULT and value.value}
        options = {name: as_json(value.value) for name, value in said.items() if not KEYS[name].secret}
        if "headers" in said and "--header" in said["headers"].source:
            options["headers"] = [name for name, _ in headers_of(said["headers"].value.reveal())]
        options |= {"config": self.file} if self.file else {}
        there = {"target": self.target} if self.target else {"embedded": True}
        return {**there, **{name: value for name, value in options.items() if name not in ("target", "embedded")}}

    @property
    def target(self) -> str:
        """The address of the target, "" for the embedded server: asked for, or meant because nothing else can be.

        Raises:
            UsageError: it cannot be told what is to be judged.
        """
        target, embedded = self.values["target"], self.values["embedded"]
        if target.value and embedded.value and _weight(target) == _weight(embedded):
            raise UsageError(
                f"A target ({target.source}) and the embedded server ({embedded.source}) are asked for.",
                remedy="Say one: --target URL, or --embedded.",
            )
        if target.value and not (embedded.value and _weight(embedded) > _weight(target)):
            return str(target.value)
        if not embedded.value and self.elsewhere:
            point = "points" if len(self.elsewhere) == 1 else "point"
            raise UsageError(
                f"No target is named, but {', '.join(self.elsewhere)} {point} at one: "
                "the embedded server is not judged in its place.",
                remedy="Say --target URL (or set DDS_TARGET), or --embedded for the embedded server.",
            )
        return ""

    @property
    def credentials(self) -> Credentials:
        """The credentials: each secret by itself, over those of the credentials file."""
        own = Credentials(**{name: self.get(name) for name in NAMES})
        return own.over(Credentials.from_file(self.get("credentials"))) if self.get("credentials") else own

    def _network(self) -> Network:
        headers = self.get("headers")
        return Network(
            ca_bundle=self.get("ca_bundle"),
            client_certificate=self.get("client_certificate"),
            client_key=self.get("client_key"),
            proxy=self.get("proxy"),
            headers=headers_of(headers.reveal()) if headers else (),
            storage_hosts=self.get("storage_hosts"),
        )


def gather(
    options: Mapping[str, Json] | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    file: Path | None = None,
    beneath: Mapping[str, Value] = NOTHING,
) -> Configuration:
    """Gather the configuration. `options` are those of the command line that were given (None: not given).

    `file` must exist if named; else ``dds-conformance.toml`` of the working directory is read if it is there. `beneath`
    are values that weigh less than all of it.

    Raises:
        UsageError: an unknown key, with the nearest right one; a value of the wrong type; a secret in the open.
    """
    values = {name: Value(key.default, DEFAULT) for name, key in KEYS.items()} | dict(beneath)
    path = file or Path(FILE)
    if file or path.is_file():
        values |= _from_file(path, environ)
    for name, value in (*_from_environment(environ).items(), *_from_options(options or {}).items()):
        values[name] = _joined(values[name], value) if name == "headers" else value
    said = {name: value for name, value in values.items() if value.source != DEFAULT}
    given = {name: value.source for name, value in said.items() if value.value not in (None, "", (), False)}
    return Configuration(values, tuple(pointers(given, environ)), str(file or ""))


def from_document(options: Mapping[str, Json], path: Path) -> dict[str, Value]:
    """Take from the options of a run document what may be taken from a file that anybody may have written.

    Raises:
        UsageError: a value of the wrong type.
    """
    return {name: _value(KEYS[name], options[name], str(path)) for name in SAFE if options.get(name)}


def _from_options(options: Mapping[str, Json]) -> dict[str, Value]:
    values = {}
    for name, given in options.items():
        if given is None or given == ():
            continue
        _known(name, lambda key: key, "option")
        if name == "headers":
            values[name] = Value(Secret(lines_of(given)), "--header")
        else:
            values[name] = _value(KEYS[name], given, f"--{name.replace('_', '-')}")
    return values


def _joined(before: Value, after: Value) -> Value:
    """Add headers to those of a weaker source; the same name is said anew."""
    if before.value is None:
        return after
    return Value(Secret(joined(before.value.reveal(), after.value.reveal())), f"{before.source}, {after.source}")


def _from_file(path: Path, environ: Mapping[str, str]) -> dict[str, Value]:
    try:
        given = tomllib.loads(read_text(path, what="a TOML file", remedy="It must be TOML."))
    except tomllib.TOMLDecodeError as trouble:
        raise UsageError(f"{path} is not TOML: {trouble}.", remedy="It must be TOML.") from trouble
    values = {}
    for name, value in given.items():
        _known(name, lambda key: key, str(path))
        key = KEYS[name]
        if name == "headers":
            values[name] = Value(_header_table(value, environ, path.parent), str(path))
        elif key.secret:
            values[name] = Value(secret_from(name, value, environ, path.parent), str(path))
        else:
            values[name] = _value(key, value, str(path))
    return values


def _from_environment(environ: Mapping[str, str]) -> dict[str, Value]:
    for name in environ:
        if name.startswith(PREFIX) and name != HANDED_SECRETS:
            _known(name.removeprefix(PREFIX).lower(), lambda key: f"{PREFIX}{key.upper()}", "the environment")
    named = {key.variable: key for key in KEYS.values()} | {TARGET_VARIABLES[1]: KEYS["target"]}
    found = {name: _value(key, environ[name], name) for name, key in named.items() if environ.get(name, "").strip()}
    first, alias = (found.get(name) for name in TARGET_VARIABLES)
    if first and alias and first.value != alias.value:
        raise UsageError(
            f"{TARGET_VARIABLES[0]} and {TARGET_VARIABLES[1]} name different targets.",
            remedy="Unset one of them, or set both to the same address.",
        )
    return {named[name].name: value for name, value in reversed(found.items())}


def _known(name: str, spelled: Callable[[str], str], where: str) -> None:
    if name in KEYS:
        return
    known = [spelled(key) for key in KEYS]
    remedy = did_you_mean(spelled(name), known, quoted=False) or f"Known are {', '.join(known)}."
    raise UsageError(f"{where} has the unknown key {spelled(name)!r}.", remedy=remedy)


def _value(key: Key, given: Json, source: str) -> Value:
    try:
        value = key.read(given)
    except ValueError as trouble:
        raise UsageError(f"{key.name} ({source}) {trouble}.", remedy=f"It is: {key.about}.") from trouble
    return Value(Secret(value) if key.secret else value, source)


def _header_table(given: Json, environ: Mapping[str, str], folder: Path) -> Secret:
    if not isinstance(given, dict):
        raise UsageError("headers is not a table.", remedy='Say: [headers] with Name = { env = "VARIABLE" }.')
    lines = [f"{name}: {secret_from(name, value, environ, folder).reveal()}" for name, value in given.items()]
    return Secret("\n".join(lines))


def _weight(value: Value) -> int:
    """Give how weighty the source of a value is: an option, the environment, a file, the default."""
    if value.source.startswith("--"):
        return 3
    if value.source.startswith("DDS_"):
        return 2
    return 0 if value.source == DEFAULT else 1


def _shown(key: Key, value: Json) -> str:
    if key.secret:
        return "set, not shown" if value is not None else "not set"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not set" if value is None or value == "" else str(value)
