"""Starting the reference server as a child process, and stopping it."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["LaunchError", "RunningServer", "launch"]

_PATIENCE = 10.0  # seconds for a clean stop before the process is killed


class LaunchError(RuntimeError):
    """The server did not start; the message carries what it said."""


class RunningServer:
    """A reference server in a child process, with what a client needs to talk to it."""

    def __init__(self, process: subprocess.Popen[str], facts: dict[str, str]) -> None:
        self._process = process
        self.base_url = facts["base_url"]
        self.description_url = facts["description_url"]
        self.storage_url = facts["storage_url"]
        self.token = facts["token"]
        self.other_token = facts["other_token"]
        self.agent_key = facts["agent_key"]
        self.user_key = facts["user_key"]
        self.other_user_key = facts["other_user_key"]

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code once the process has ended, else None."""
        return self._process.poll()

    def stop(self) -> int:
        """Stop cleanly (SIGTERM), by force after ten seconds; return the exit code. Stopping twice is harmless."""
        if self._process.poll() is None:
            self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE)
        return self.kill()

    def kill(self) -> int:
        """Kill at once (SIGKILL) what still runs; return the exit code."""
        if self._process.poll() is None:
            self._process.kill()
        code = self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        return code


@contextlib.contextmanager
def launch(  # noqa: PLR0913 (each is an option of the command)
    *,
    lag: str = "0.3",
    seed: int = 0,
    data: Path | None = None,
    port: int = 0,
    storage_port: int = 0,
    faults: Sequence[str] = (),
    variants: Sequence[str] = (),
    habits: str | None = None,
    script: Path | None = None,
) -> Iterator[RunningServer]:
    """Run a server for the length of a `with` block; a folder of our own making is removed afterwards.

    Raise LaunchError when the server ends before it is ready.
    """
    folder = Path(tempfile.mkdtemp(prefix="dds-reference-")) if data is None else data
    command = [sys.executable, "-m", "conformance.reference", "--die-with-parent", "--data", str(folder)]
    command += ["--lag", lag, "--seed", str(seed), "--port", str(port), "--storage-port", str(storage_port)]
    command += [word for name in faults for word in ("--fault", name)]
    command += [word for name in variants for word in ("--variant", name)]
    command += [] if habits is None else ["--habits", habits]
    command += [] if script is None else ["--script", str(script)]
    server: RunningServer | None = None
    try:
        server = _start(command)
        yield server
    finally:
        if server is not None:
            server.stop()
        if data is None:
            shutil.rmtree(folder, ignore_errors=True)


def _start(command: list[str]) -> RunningServer:
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(  # noqa: S603 (our own command)
            command, stdout=subprocess.PIPE, stderr=complaints, text=True, start_new_session=True
        )
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()
            complaints.seek(0)
            raise LaunchError(f"the reference server did not start: {complaints.read().strip()}")
    return RunningServer(process, json.loads(line))
