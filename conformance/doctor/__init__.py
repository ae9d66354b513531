"""The doctor: whether a run against a target can succeed, question by question, each with its remedy."""

from __future__ import annotations

from conformance.doctor.diagnosis import durations, durations_stated, next_command
from conformance.doctor.examining import examine
from conformance.doctor.lines import Line, Mark

__all__ = ["Line", "Mark", "durations", "durations_stated", "examine", "next_command"]
