"""A driver of the embedded server for tests that run campaigns, with everything that it did."""

from __future__ import annotations

from pathlib import Path

from conformance.api.classifier import Classifier
from conformance.driver import Driver
from conformance.engine.efforts import QUICK
from conformance.engine.execution.bindings import World
from conformance.engine.execution.campaign import Campaign
from conformance.engine.plan import Plan
from conformance.engine.search.worker import Watcher, stage_for
from conformance.model import Operation, Phase, Target
from conformance.reference.launch import RunningServer
from conformance.settings.credentials import Credentials, Secret
from conformance.settings.run_settings import Settings, new_run_id

classified = Classifier(Target("http://embedded.test/api/v1"))
"""Any target whose base is the embedded server's."""


class Stand:
    """A driver with everything it did."""

    def __init__(self, server: RunningServer, folder: Path, *, bound_s: float = 20.0) -> None:
        target = Target(server.base_url, embedded=True, second_user=True, converge_within_s=bound_s)
        given = Credentials(api_token=Secret(server.token), other_api_token=Secret(server.other_token))
        self.settings = Settings(target=target, run_id=new_run_id(), credentials=given, report_dir=folder)
        self.driver = Driver(self.settings)
        self.watcher = Watcher()
        self.driver.listen(self.watcher)

    def run(self, *plans: Plan) -> list[World]:
        """Run plans side by side."""
        campaign = Campaign(stage_for(self.driver, self.settings, QUICK))
        worlds = campaign.prepare(plans)
        campaign.run()
        return worlds

    def of(self, world: World) -> list[Operation]:
        """Return what was done for one plan."""
        return [operation for operation in self.watcher.operations if operation.plan == world.token]

    def names(self, *, phase: Phase | None = None) -> list[str]:
        """Return the calls that were made."""
        return [classified(op).call.name for op in self.watcher.operations if phase in (None, op.phase)]
