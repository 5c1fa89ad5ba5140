"""The test flows as workflows."""

from __future__ import annotations

from typing import Any

from temporalio import workflow

from journeyman.engines import Flow
from journeyman.engines.temporal.flows import DeliverChange, FlowRun
from journeyman.flows import deliver_change
from tests.engines import flows
from tests.engines.deliveries import changed_delivery


@workflow.defn(name="many")
class Many(FlowRun):
    @workflow.run
    async def run(self, order: dict[str, Any], heartbeat_seconds: float) -> str:
        return await self.through(flows.many, order, heartbeat_seconds)


@workflow.defn(name="approval")
class ApprovalFlow(FlowRun):
    @workflow.run
    async def run(self, order: dict[str, Any], heartbeat_seconds: float) -> str:
        return await self.through(flows.approval, order, heartbeat_seconds)


@workflow.defn(name="approval")
class ChangedApproval(FlowRun):
    @workflow.run
    async def run(self, order: dict[str, Any], heartbeat_seconds: float) -> str:
        return await self.through(flows.changed_approval, order, heartbeat_seconds)


@workflow.defn(name="concluding")
class Concluding(FlowRun):
    @workflow.run
    async def run(self, order: dict[str, Any], heartbeat_seconds: float) -> str:
        return await self.through(flows.concluding, order, heartbeat_seconds)


@workflow.defn(name="patient")
class Patient(FlowRun):
    @workflow.run
    async def run(self, order: dict[str, Any], heartbeat_seconds: float) -> str:
        return await self.through(flows.patient, order, heartbeat_seconds)


@workflow.defn(name="sleepy")
class Sleepy(FlowRun):
    @workflow.run
    async def run(self, order: dict[str, Any], heartbeat_seconds: float) -> str:
        return await self.through(flows.sleepy, order, heartbeat_seconds)


@workflow.defn(name="lost_step")
class LostStep(FlowRun):
    @workflow.run
    async def run(self, order: dict[str, Any], heartbeat_seconds: float) -> str:
        return await self.through(flows.lost_step, order, heartbeat_seconds)


@workflow.defn(name="side_by_side")
class SideBySide(FlowRun):
    @workflow.run
    async def run(self, order: dict[str, Any], heartbeat_seconds: float) -> str:
        return await self.through(flows.side_by_side, order, heartbeat_seconds)


@workflow.defn(name="broken")
class Broken(FlowRun):
    @workflow.run
    async def run(self, order: dict[str, Any], heartbeat_seconds: float) -> str:
        return await self.through(flows.broken, order, heartbeat_seconds)


WORKFLOWS: dict[Flow, type[FlowRun]] = {
    flows.many: Many,
    flows.approval: ApprovalFlow,
    flows.changed_approval: ChangedApproval,
    flows.concluding: Concluding,
    flows.patient: Patient,
    flows.sleepy: Sleepy,
    flows.lost_step: LostStep,
    flows.side_by_side: SideBySide,
    flows.broken: Broken,
    deliver_change: DeliverChange,
}


@workflow.defn(name="deliver_change")
class ChangedDelivery(FlowRun):
    @workflow.run
    async def run(self, order: dict[str, Any], heartbeat_seconds: float) -> str:
        return await self.through(changed_delivery, order, heartbeat_seconds)
