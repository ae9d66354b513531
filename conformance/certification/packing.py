"""A bundle written: a tar.gz of which the same members always give the same bytes."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from conformance.certification.members import ATTESTATION

LEVEL = 9


def pack(members: Mapping[str, bytes], path: Path) -> None:
    """Write members into a bundle, the attestation first, the others by name; whoever made it when is not in it."""
    draft = path.with_name(f".{path.name}.part")
    with (
        draft.open("wb") as file,
        gzip.GzipFile("", "wb", LEVEL, file, mtime=0) as squeezed,
        tarfile.open(fileobj=squeezed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name in sorted(members, key=lambda name: (name != ATTESTATION, name)):
            about = tarfile.TarInfo(name)
            about.size, about.mode, about.mtime = len(members[name]), 0o644, 0
            archive.addfile(about, io.BytesIO(members[name]))
    draft.replace(path)
