"""Which trip shows which faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reference_lasting_trips as lasting
import reference_promise_trips as promises
import reference_seldom_trips as seldom
import reference_surrounding_trips as surroundings
import reference_value_trips as values

from conformance.reference.faults.lasting_faults import (
    aftermath_faults,
    mixture_faults,
    pause_faults,
    pressure_faults,
    return_faults,
    sequence_faults,
    standing_faults,
)
from conformance.reference.faults.promise_faults import (
    download_faults,
    identity_faults,
    lost_write_faults,
    redirect_faults,
    refused_write_faults,
    silence_faults,
)
from conformance.reference.faults.surrounding_faults import (
    collision_faults,
    denial_faults,
    folder_faults,
    foreign_faults,
    member_faults,
    overwrite_faults,
    relocation_faults,
    seldom_faults,
)
from conformance.reference.faults.value_faults import (
    content_faults,
    digest_faults,
    header_faults,
    name_faults,
    part_faults,
    provider_faults,
    sending_faults,
    size_faults,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from reference_trip import Trip

TRIPS: dict[ModuleType, Callable[[Trip], None]] = {
    download_faults: promises.downloads,
    redirect_faults: promises.downloads,
    lost_write_faults: promises.lost_writes,
    refused_write_faults: promises.refused_writes,
    identity_faults: promises.identities,
    silence_faults: promises.silences,
    name_faults: values.names,
    content_faults: values.contents,
    size_faults: values.sizes,
    part_faults: values.parts,
    sending_faults: values.sendings,
    digest_faults: values.hashes,
    provider_faults: values.providers,
    header_faults: values.headers,
    folder_faults: surroundings.folders,
    collision_faults: surroundings.collisions,
    relocation_faults: surroundings.moves,
    denial_faults: surroundings.denials,
    member_faults: surroundings.members,
    foreign_faults: surroundings.others,
    overwrite_faults: surroundings.late_calls,
    seldom_faults: seldom.seldom_calls,
    return_faults: lasting.returns,
    aftermath_faults: lasting.aftermaths,
    sequence_faults: lasting.sequences,
    standing_faults: lasting.standings,
    pause_faults: lasting.slow_clients,
    mixture_faults: lasting.mixtures,
    pressure_faults: lasting.loads,
}
SHOWN = [(fault.name, trip) for module, trip in TRIPS.items() for fault in module.FAMILY]
