"""Count again what creators were forbidden: 403 first, the truth later, and never not-consistent."""

from __future__ import annotations

from conformance.judge.rechecks import Proof
from conformance.model import Operation

_RESOURCES = 3
_TIMES = 2


def forbidden_again(proof: Proof) -> bool:
    """Whether each of the finding's resources was answered so."""
    asked = {(one.exchange.method, one.exchange.path) for one in proof.cited}
    return len(asked) == len(proof.cited) >= _RESOURCES and all(_is_so(*one, proof) for one in asked)


def _is_so(method: str, path: str, proof: Proof) -> bool:
    every = [one for one in proof.history.operations if (one.exchange.method, one.exchange.path) == (method, path)]
    mine = [one for one in every if one.exchange.user == "owner"]
    stated = [one for one in mine if _is_truth(one)]
    first = min((one.b_ns for one in stated if one.b_ns is not None), default=-1)
    refused = [one for one in mine if one.exchange.status == 403 and one.b_ns is not None and one.b_ns < first]
    waits = any("resource_not_consistent" in str(one.exchange.response) for one in mine)
    return len(refused) >= _TIMES and not waits


def _is_truth(one: Operation) -> bool:
    return one.exchange.status in (200, 201) or (one.exchange.status == 400 and one.exchange.method == "GET")
