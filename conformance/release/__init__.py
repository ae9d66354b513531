"""Gates: what a release may rest on, decided from run documents alone (pure, but for reading files).

`load` reads a document or refuses it; `compare` sets two runs against each other; `weigh` a run against its known
deviations; `matrix` lays runs side by side. Certificates are a room of their own: they need more than a document.
"""

from conformance.outcome.load import IncompleteDocumentError, load, load_valid
from conformance.release.compare import Change, Comparison, compare
from conformance.release.comparison_text import markdown as comparison_markdown
from conformance.release.comparison_text import plain as comparison_plain
from conformance.release.deviations import Deviation, Gate, State, Weighed, weigh
from conformance.release.deviations_file import read as read_deviations
from conformance.release.digest import sha256
from conformance.release.run_matrix import Matrix, matrix

__all__ = [
    "Change",
    "Comparison",
    "Deviation",
    "Gate",
    "IncompleteDocumentError",
    "Matrix",
    "State",
    "Weighed",
    "compare",
    "comparison_markdown",
    "comparison_plain",
    "load",
    "load_valid",
    "matrix",
    "read_deviations",
    "sha256",
    "weigh",
]
