"""The one table of rules: what the judge applies, the verifier re-checks, and `requirements` lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from conformance.judge.rechecks import Proof
from conformance.judge.rule import Check, Excuse, Need, Rule
from conformance.judge.rules import (
    access_rules,
    answer_rules,
    completion_rules,
    content_rules,
    convergence_rules,
    deletion_rules,
    denied_project_rules,
    download_rules,
    own_write_rules,
    project_rules,
    refused_create_rules,
    status_record_rules,
    verdict_rules,
)
from conformance.judge.rules.later import attach_rules, conditional_rules, name_rules, settled_rules
from conformance.judge.rules.patterns import pending_rules, silent_class_rules, unusable_url_rules
from conformance.judge.rules.version_rules import older_version_rules, served_bytes_rules, switched_file_rules
from conformance.judge.rules.write_rules import identity_rules, lost_write_rules, refused_write_rules
from conformance.model import Tally


def _names_nothing(proof: Proof) -> bool:
    """Findings about the description rest on no operation: the description itself is the evidence."""
    return not proof.cited


DESCRIBED = Rule(
    "description", "api-description", Need.DESCRIPTION, None, _names_nothing,
    occasions="statements of the target's own API description",
)  # fmt: skip

RULES: tuple[Rule, ...] = (
    *answer_rules.RULES,
    *verdict_rules.RULES,
    *convergence_rules.RULES,
    *project_rules.RULES,
    *denied_project_rules.RULES,
    *switched_file_rules.RULES,
    *served_bytes_rules.RULES,
    *older_version_rules.RULES,
    *content_rules.RULES,
    *download_rules.RULES,
    *unusable_url_rules.RULES,
    *deletion_rules.RULES,
    *completion_rules.RULES,
    *status_record_rules.RULES,
    *refused_create_rules.RULES,
    *access_rules.RULES,
    *attach_rules.RULES,
    *settled_rules.RULES,
    *conditional_rules.RULES,
    *name_rules.RULES,
    *own_write_rules.RULES,
    *lost_write_rules.RULES,
    *refused_write_rules.RULES,
    *identity_rules.RULES,
    *silent_class_rules.RULES,
    *pending_rules.RULES,
    DESCRIBED,
)


def rules_of(requirement: str) -> tuple[Rule, ...]:
    """Return the rules that a requirement is judged by."""
    return tuple(rule for rule in RULES if rule.requirement == requirement)


def names_of(requirement: str) -> tuple[str, ...]:
    """Return the ids of a requirement's rules, each once."""
    return tuple(dict.fromkeys(rule.id for rule in rules_of(requirement)))


def excuses_of(requirement: str) -> tuple[Excuse, ...]:
    """Return the excuses that a requirement's rules allow, each once."""
    return tuple(dict.fromkeys(excuse for rule in rules_of(requirement) for excuse in rule.excuses))


def rule_of(requirement: str, rule: str) -> Rule | None:
    """Return the rule that a finding names; None where the table has no such rule."""
    return next((one for one in RULES if (one.requirement, one.id) == (requirement, rule)), None)


def by_version(tally: Tally, version: int) -> Tally:
    """Return a tally as an older version of the catalogue has it: without what newer rules found."""
    newer = {rule.id for rule in RULES if rule.requirement == tally.requirement and rule.since > version}
    left = tuple(finding for finding in tally.findings if finding.rule not in newer)
    return tally if len(left) == len(tally.findings) else replace(tally, findings=left)


def occasions() -> Mapping[str, str]:
    """Return what one exposure of each requirement is."""
    return {rule.requirement: rule.occasions for rule in RULES}


def lasting() -> frozenset[tuple[str, str]]:
    """Return the requirement and rule of the violations that no later operation can undo."""
    return frozenset((rule.requirement, rule.id) for rule in RULES if rule.lasting)


def checks(only: frozenset[tuple[str, str]] | None = None) -> tuple[tuple[Need, Check], ...]:
    """Return each check with what it looks at, once, in the table's order; `only` names requirements and rules."""
    rules = (rule for rule in RULES if only is None or (rule.requirement, rule.id) in only)
    return tuple(dict.fromkeys((rule.needs, rule.check) for rule in rules if rule.check is not None))
