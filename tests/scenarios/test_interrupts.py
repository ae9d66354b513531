"""An interrupt that arrives where Python drops exceptions is delivered again."""

from __future__ import annotations

import subprocess
import sys

LOSING = """
import gc, signal, sys, time
from conformance.interrupts import deliver_again

signal.signal(signal.SIGINT, signal.default_int_handler)

def once(phase, info):
    gc.callbacks.remove(once)
    signal.raise_signal(signal.SIGINT)

if sys.argv[1] == "again":
    deliver_again()
gc.callbacks.append(once)
try:
    gc.collect()
    print("lost", flush=True)
    for _ in range(int(sys.argv[2])):
        time.sleep(0.01)
except KeyboardInterrupt:
    print("heeded")
"""


def said(*words: str) -> list[str]:
    """Run the script and give its lines."""
    done = subprocess.run([sys.executable, "-c", LOSING, *words], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_an_interrupt_in_a_callback_of_the_garbage_collector_is_heeded_in_the_end() -> None:
    """Hypothesis registers such a callback."""
    assert said("again", "2000") == ["lost", "heeded"]


def test_without_the_hook_it_is_lost() -> None:
    """What the hook is for: should Python change, it can go."""
    assert said("not", "20") == ["lost"]


HOLDING = """
import signal
from conformance.interrupts import asked, heed, held, remember

signal.signal(signal.SIGINT, signal.default_int_handler)
remember()
try:
    with held():
        signal.raise_signal(signal.SIGINT)
        print("held", asked(), flush=True)
    print("lost")
except KeyboardInterrupt:
    print("heeded", asked(), flush=True)
try:
    heed()
except KeyboardInterrupt:
    print("again")
"""


def test_an_interrupt_is_put_off_while_plans_are_drawn_and_remembered_afterwards() -> None:
    """Whatever becomes of the exception, who looks for it later finds it."""
    done = subprocess.run([sys.executable, "-c", HOLDING], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["held", "False", "heeded", "True", "again"]
