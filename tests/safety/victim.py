"""A run to be killed: forks itself for each line of standard input, which names the settings of the victim."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from conformance.driver import Client, Driver
from conformance.settings.run_settings import Settings


def make_without_end(client: Client) -> None:
    """Create projects and uploads as fast as they are answered."""
    while True:
        made = client.create_project(client.driver.name("victim"), "to be killed").exchange.response
        if isinstance(made, dict) and "id" in made:
            client.create_upload(made["id"], name=client.driver.name("upload"), size=3)


def live(settings: Settings) -> None:
    """Run until killed."""
    driver = Driver(settings)
    sys.stdout.write(f"{os.getpid()}\n")
    sys.stdout.flush()
    for number, user in enumerate(("owner", "other", "owner")):
        threading.Thread(target=make_without_end, args=(driver.client(f"maker-{number}", user=user),)).start()


def main() -> None:
    """Fork a victim for each line; the system buries them."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        if os.fork() == 0:
            live(Settings.from_json(Path(line.strip()).read_text(encoding="utf-8")))
            return


main()
