"""Gates: what a release may rest on, decided from run documents alone (pure, but for reading files).

`load` reads a document or refuses it; `compare` sets two runs against each other; `weigh` a run against its known
deviations; `certify` says whether a run entitles to a certificate; `matrix` lays runs side by side.
"""

from conformance.gates.certificate import Decision, certify
from conformance.gates.compare import Change, Comparison, compare
from conformance.gates.comparetext import markdown as comparison_markdown
from conformance.gates.digest import sha256
from conformance.gates.expect import Deviation, Gate, State, Weighed, weigh
from conformance.gates.expectfile import read as read_deviations
from conformance.gates.matrix import Matrix, matrix
from conformance.gates.reading import IncompleteDocumentError, load

__all__ = [
    "Change",
    "Comparison",
    "Decision",
    "Deviation",
    "Gate",
    "IncompleteDocumentError",
    "Matrix",
    "State",
    "Weighed",
    "certify",
    "compare",
    "comparison_markdown",
    "load",
    "matrix",
    "read_deviations",
    "sha256",
    "weigh",
]
