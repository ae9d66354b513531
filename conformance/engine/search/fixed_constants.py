"""One seed, one plan: drawing that does not depend on which modules happen to be loaded.

Hypothesis now and then draws a constant that it finds in the source of the project's own modules, of all that are
loaded at that moment. A run and a later `verify` load different ones, and a suite from a wheel has none that count as
the project's own: the same seed would give other plans. Hypothesis has no setting for it, so its own table is emptied
while plans are drawn; a test holds that this works with the version that is pinned.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants


def _none() -> Constants:
    return Constants()


@contextlib.contextmanager
def fixed_constants() -> Iterator[None]:
    """Draw only constants that Hypothesis itself brings."""
    before = providers._get_local_constants  # noqa: SLF001 - the module's docstring says why
    providers._get_local_constants = _none  # noqa: SLF001 - the same
    providers.CONSTANTS_CACHE.cache.clear()
    try:
        yield
    finally:
        providers._get_local_constants = before  # noqa: SLF001 - the same
        providers.CONSTANTS_CACHE.cache.clear()
