"""An interrupt is answered from the first line of the package on: with 130, and without a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

INTERRUPTED = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["AT"]:
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
from conformance.cli import main
main()
"""
EARLY = ["conformance.interrupts", "conformance.cli.ends.ending", "conformance.errors", "click", "conformance.run"]


@pytest.mark.parametrize("module", EARLY)
def test_an_interrupt_while_the_command_is_loaded_ends_it_like_any_other(module: str) -> None:
    """Whichever module is just being imported."""
    words = [sys.executable, "-c", INTERRUPTED, "--version"]
    env = {**os.environ, "AT": module}
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.strip().splitlines()[-1] in ("interrupted", "stopping")
    assert done.stdout == ""


def test_the_door_of_the_command_loads_nothing_that_could_be_interrupted() -> None:
    """Before its first line there is Python alone, which answers an interrupt in its own way."""
    code = "import sys; before = set(sys.modules); import conformance.cli; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True,
                          env={"PYTHONPATH": str(Path(__file__).parents[2])})  # fmt: skip
    assert done.stdout.strip() == "['__future__', 'conformance', 'conformance.cli']"
