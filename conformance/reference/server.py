"""Two listeners and a worker on one event loop: the API, the storage provider, the jobs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import uvicorn
import uvloop

from conformance.reference.endpoints import api_description
from conformance.reference.endpoints.app import PREFIX, ApiApp
from conformance.reference.hooks.behaviour import bend
from conformance.reference.hooks.layers import layers_for
from conformance.reference.hooks.script_layer import scripted_layer
from conformance.reference.hooks.script_rules import Script
from conformance.reference.hooks.scripted import Door
from conformance.reference.hooks.seam import World
from conformance.reference.http_protocol import ApiProtocol
from conformance.reference.store.storage import StorageApp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

    from conformance.reference.server_settings import Settings

__all__ = ["serve"]

HOST = "127.0.0.1"
MARKER = ("x-dds-server", "dds-conformance-embedded")
"""The header of every answer by which this server is known for what it is."""
_DOWN = 0.3  # seconds out of service when restarting
_PARENT_LOOK = 0.25  # seconds between looks at the parent process


class _Listener(uvicorn.Server):
    """A uvicorn server whose signals are handled once for all listeners."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to `serve`."""
        yield


def _listener(app: ASGIApp, protocol: type[ApiProtocol]) -> _Listener:
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=True,
        headers=[MARKER],
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    return _Listener(config)


def _socket(port: int) -> socket.socket:
    listening = socket.create_server((HOST, port), backlog=2048)
    listening.setblocking(False)  # noqa: FBT003 (the standard library's own signature)
    return listening


def _announce(world: World, api: socket.socket) -> None:
    keys = world.people.keys
    base_url = f"http://{HOST}:{api.getsockname()[1]}{PREFIX}"
    facts: dict[str, Any] = {
        "base_url": base_url,
        "description_url": base_url + api_description.PATH,
        "storage_url": world.storage_host,
        "token": keys["alice_token"],
        "other_token": keys["bob_token"],
        "agent_key": keys["agent_key"],
        "user_key": keys["alice_user_key"],
        "other_user_key": keys["bob_user_key"],
    }
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


async def _watch_parent(world: World, parent: int, listeners: list[_Listener]) -> None:
    while os.getppid() == parent:  # noqa: ASYNC110 (no event tells of a parent's death)
        await asyncio.sleep(_PARENT_LOOK)
    world.stopped = True
    for listener in listeners:
        listener.should_exit = True


async def _serve(settings: Settings, parent: int, *, announce: bool) -> Settings | None:
    """Serve until stopped; return the settings to serve on with when the server is to restart."""
    world = World(settings)
    script = Script.load(settings.script) if settings.script else None
    layers = layers_for(settings.faults, settings.variants, settings.habits)
    bend(world, [*layers, scripted_layer(script)] if script else layers)
    door = Door(world, script) if script else None
    api_socket, storage_socket = _socket(settings.port), _socket(settings.storage_port)
    world.storage_host = f"http://{HOST}:{storage_socket.getsockname()[1]}"
    world.objects.sweep()
    apps: dict[str, ASGIApp] = {"api": ApiApp(world), "storage": StorageApp(world)}
    listeners = [_listener(door.around(app, role) if door else app, ApiProtocol) for role, app in apps.items()]
    _stop_on_signals(world, listeners)
    helpers = [
        asyncio.create_task(world.jobs.run()),
        asyncio.create_task(_watch_restart(world, listeners)),
    ]
    if settings.die_with_parent:
        helpers.append(asyncio.create_task(_watch_parent(world, parent, listeners)))
    serving = [
        asyncio.create_task(listener.serve(sockets=[listening]))
        for listener, listening in zip(listeners, (api_socket, storage_socket), strict=True)
    ]
    while not all(listener.started for listener in listeners):  # noqa: ASYNC110 (uvicorn has only the flag)
        await asyncio.sleep(0.001)
    ports = {"port": api_socket.getsockname()[1], "storage_port": storage_socket.getsockname()[1]}
    if announce:
        _announce(world, api_socket)
    await asyncio.gather(*serving)
    for helper in helpers:
        helper.cancel()
    world.behaviour.closing()
    if door:
        door.close()
    world.close()
    return replace(settings, **ports) if world.restart.is_set() and not world.stopped else None


async def _watch_restart(world: World, listeners: list[_Listener]) -> None:
    await world.restart.wait()
    for listener in listeners:
        listener.should_exit = True


def _stop_on_signals(world: World, listeners: list[_Listener]) -> None:
    def stop() -> None:
        world.stopped = True
        for listener in listeners:
            listener.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; print one JSON line on standard output when ready.

    Raise OSError when a port is taken.
    """
    parent, announce = os.getppid(), True
    while True:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            again = runner.run(_serve(settings, parent, announce=announce))
        if again is None:
            return
        settings, announce = again, False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: sys.exit(0))  # between two runs nobody else listens
        time.sleep(_DOWN)
