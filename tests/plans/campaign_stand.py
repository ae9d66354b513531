"""A driver of the embedded server for tests that run campaigns, with everything that it did."""

from __future__ import annotations

from pathlib import Path

from conformance.api.classifier import Classifier
from conformance.driver import Driver
from conformance.engine.efforts import QUICK
from conformance.engine.execution.bindings import World
from conformance.engine.execution.campaign import Campaign
from conformance.engine.plan import COMMON, Plan, Step, do
from conformance.engine.search.worker import Watcher, stage_for
from conformance.judge import judge_history
from conformance.model import History, Judgement, Operation, Phase, Target
from conformance.reference.launch import RunningServer, launch
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

    def judged(self) -> Judgement:
        """Judge everything that was done."""
        return judge_history(History(tuple(self.watcher.operations), self.settings.target))

    def names(self, *, phase: Phase | None = None) -> list[str]:
        """Return the calls that were made."""
        return [classified(op).call.name for op in self.watcher.operations if phase in (None, op.phase)]


def ran(plan: Plan, folder: Path, *, lag: str, bound_s: float, **bends: list[str]) -> Stand:
    """Run a plan against a server of its own, with the faults or variants that are named."""
    with launch(lag=lag, **bends) as server:  # type: ignore[arg-type] # names of bends
        stand = Stand(server, folder, bound_s=bound_s)
        stand.run(plan)
        stand.driver.close()
    return stand


def made(number: int, project: str = COMMON) -> tuple[Step, ...]:
    """Give the steps that make, store and complete a small upload, and make a file of it."""
    upload = f"u{number}"
    return (
        do("create_upload", upload, project=project, parts=[25]),
        do("put_part", upload=upload, number=1),
        do("complete", upload=upload),
        do("attach", f"f{number}", upload=upload, project=project),
    )
