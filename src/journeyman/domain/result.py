"""The contract's result of a run."""

from __future__ import annotations

import msgspec


class Plan(msgspec.Struct, frozen=True):
    """What is going to be done, in the contract's shape."""

    steps: tuple[str, ...] = ()
    files_to_create: tuple[str, ...] = ()
    files_to_modify: tuple[str, ...] = ()
    estimated_steps: int = 0
    validation_criteria: tuple[str, ...] = ()


class Validation(msgspec.Struct, frozen=True):
    """The verdicts of the programs, in the contract's shape."""

    success: bool = False
    issues: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    tests_passed: int = 0
    tests_failed: int = 0


class Artifacts(msgspec.Struct, frozen=True):
    """What the run used. Tokens are counted by the provider; dollars by the price table."""

    llm_calls: int = 0
    temp_dir: str = ""
    cost_usd: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    uncertain_calls: int = 0


class Result(msgspec.Struct, frozen=True):
    """How a run ended, in the contract's shape. `status` is running, waiting, complete, failed, …"""

    success: bool
    status: str
    run_id: str
    workflow_id: str
    company_id: str = ""
    project_id: str = ""
    task_id: str = ""
    branch_name: str | None = None
    commit_hash: str | None = None
    pull_request_url: str | None = None
    implementation_plan: Plan = Plan()
    steps_completed: int = 0
    validation_result: Validation = Validation()
    error_message: str | None = None
    execution_time_hours: float = 0.0
    artifacts: Artifacts = Artifacts()
