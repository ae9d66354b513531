"""The pytest plugin: options, fixtures, and the gathering of one run over all workers."""

from __future__ import annotations
