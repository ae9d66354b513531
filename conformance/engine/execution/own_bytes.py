"""The bytes of an upload: which ones a part has is told by the plan, the upload, the part and its class of contents."""

from __future__ import annotations

from conformance.engine.content import Piece, piece
from conformance.engine.execution.bindings import Upload
from conformance.engine.execution.context import Turn
from conformance.engine.values.content_classes import CONTENT_CLASSES, OF_PLAN, OWN


def piece_of(turn: Turn, upload: Upload, number: int) -> Piece:
    """Return the bytes of a part, or others of its size where the step asks for `fresh` ones."""
    size = upload.parts[number - 1] if number <= len(upload.parts) else 0
    again = "again" if turn.step.args.get("fresh") else ""
    whose = CONTENT_CLASSES[upload.content].whose if upload.content else OWN
    owner = "" if whose == OF_PLAN else upload.id
    part = number * upload.stride if whose == OWN else 1
    return piece(turn.world.naming.seed(turn.world.token, owner, f"{part}{again}"), size, upload.content)
