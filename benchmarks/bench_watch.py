"""What a watch costs: latency and throughput against the direct road, and memory while much is uploaded through it.

Ratios are printed beside figures: both roads are measured in turn, on the same machine, by the same plain client.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from conformance.reference.launch import RunningServer, launch

ROUNDS, CLIENTS, SECONDS = 5, 4, 4.0
MIB = 1 << 20


def watched(server: RunningServer, folder: Path) -> tuple[subprocess.Popen[str], str]:
    """Start a watch before `server`; give it and the address to speak to."""
    command = Path(sys.executable).parent / "dds-conformance"
    words = [command, "watch", "--target", server.base_url, "--report-dir", folder]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    line = process.stdout.readline() if process.stdout else ""
    return process, line.partition(": ")[2].strip()


def latency_s(base_url: str, token: str, count: int) -> float:
    """Give the median time of a GET."""
    parts = urlsplit(base_url)
    road = http.client.HTTPConnection(parts.netloc)
    taken = []
    for _ in range(count):
        begun = time.perf_counter()
        road.request("GET", f"{parts.path}/current_user", headers={"Authorization": token})
        road.getresponse().read()
        taken.append(time.perf_counter() - begun)
    road.close()
    return statistics.median(taken)


def throughput(base_url: str, token: str) -> float:
    """Give requests per second of several clients at once."""
    counts = [0] * CLIENTS
    end = time.perf_counter() + SECONDS

    def client(number: int) -> None:
        parts = urlsplit(base_url)
        road = http.client.HTTPConnection(parts.netloc)
        while time.perf_counter() < end:
            road.request("GET", f"{parts.path}/current_user", headers={"Authorization": token})
            road.getresponse().read()
            counts[number] += 1
        road.close()

    threads = [threading.Thread(target=client, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS


def memory_mib(pid: int) -> float:
    """Give the resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB


def upload(base_url: str, token: str, size: int, look: Callable[[], None]) -> float:
    """Upload `size` bytes in one part, looking now and then; give MiB per second."""
    head = {"Authorization": token}
    with httpx.Client(base_url=base_url, headers=head, trust_env=False, timeout=300) as api:
        project = api.post("/projects", json={"name": "bench", "description": "bench"}).json()["id"]
        asked = {"name": "big", "content_type": "application/octet-stream", "size": size, "chunked": False}
        while (made := api.post(f"/projects/{project}/uploads", json=asked)).status_code != 201:
            time.sleep(0.05)
        signed = made.json()["signed_url"]
    piece = os.urandom(MIB)

    def pieces() -> object:
        for _ in range(size // MIB):
            look()
            yield piece

    begun = time.perf_counter()
    length = {"Content-Length": str(size)}
    answer = httpx.put(
        f"{signed['host']}{signed['url']}", content=pieces(), headers=length, trust_env=False, timeout=300
    )  # type: ignore[arg-type]
    answer.raise_for_status()
    return size / MIB / (time.perf_counter() - begun)


def main() -> None:
    """Measure and print."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--mib", type=int, default=1024, help="size of the upload")
    size = reader.parse_args().mib * MIB
    with launch(lag="0.05") as server, tempfile.TemporaryDirectory() as folder:
        process, base_url = watched(server, Path(folder))
        try:
            direct, through = (
                [latency_s(url, server.token, 300) for _ in range(ROUNDS)] for url in (server.base_url, base_url)
            )
            ratio = statistics.median(through) / statistics.median(direct)
            print(f"a GET: {min(direct) * 1e3:.2f} ms direct, {min(through) * 1e3:.2f} ms watched: {ratio:.1f} x")
            rates = throughput(server.base_url, server.token), throughput(base_url, server.token)
            print(f"{CLIENTS} clients: direct {rates[0]:.0f}/s, watched {rates[1]:.0f}/s: {rates[1] / rates[0]:.2f} x")
            before = memory_mib(process.pid)
            seen = [before]
            speed = upload(base_url, server.token, size, lambda: seen.append(memory_mib(process.pid)))
            print(f"upload of {size // MIB} MiB: {speed:.0f} MiB/s, memory grew by {max(seen) - before:.1f} MiB")
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)
        outcome = json.loads((Path(folder) / "report.json").read_text(encoding="utf-8"))["outcome"]
        print(f"outcome of it all: {outcome}")


if __name__ == "__main__":
    main()
