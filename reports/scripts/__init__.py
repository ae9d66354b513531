"""Scripts that reproduce findings: each needs nothing but a target, a token, and curl or httpx."""

from __future__ import annotations

from .writing import script_names, write_scripts

__all__ = ["script_names", "write_scripts"]
