"""What both kinds of Locust's nodes use: its environment, a user that stands for one of a slice, the messages.

Importing this imports Locust, and so patches the process for gevent: only Locust's own processes do it, first of all.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import gevent
from gevent.event import Event
from locust import User, constant, runners, task
from locust.env import Environment

HELLO, SETTINGS, READY, LEAVE = "soak_hello", "soak_settings", "soak_ready", "soak_leave"
CLOCK, PIECE, ENDED = "soak_clock", "soak_piece", "soak_ended"
"""Our messages, over Locust's own connection."""
WATCH_S = 0.2
runners.HEARTBEAT_LIVENESS = 10
"""Seconds without a sign of a worker after which it is missing: Locust's own three are soon over on a busy machine."""


class Users:
    """How many users Locust has on this node; `changed` hears of it."""

    def __init__(self) -> None:
        self.count = 0
        self.changed: Callable[[int], None] = lambda _: None

    def add(self, by: int) -> None:
        """Count users that come or go."""
        self.count += by
        self.changed(self.count)


USERS = Users()


class SoakUser(User):  # type: ignore[misc] # Locust's metaclass is not typed
    """Stands for one user of the slice: that one runs plans for as long as this one lives."""

    wait_time = constant(0)
    host = ""

    def on_start(self) -> None:
        """Have one more user."""
        USERS.add(1)

    def on_stop(self) -> None:
        """Have one less."""
        USERS.add(-1)

    @task  # type: ignore[misc] # the same
    def run_plans(self) -> None:
        """Wait: the slice works."""
        gevent.sleep(3600)


def environment() -> Any:
    """Return an environment of Locust in which users are ours."""
    return Environment(user_classes=[SoakUser])


def stopping(parent: int) -> Event:
    """Return what is set when this process is asked to stop, or when the process that began it is gone."""
    asked = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, asked.set)

    def watch() -> None:
        while parent and os.getppid() == parent:
            gevent.sleep(WATCH_S)
        if parent:
            asked.set()

    gevent.spawn(watch)
    return asked
