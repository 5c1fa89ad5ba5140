"""Test and validate: the repository's checks again, the gates, and the opinions of tester and reviewer."""

from __future__ import annotations

from functools import partial

import msgspec

from journeyman.agents import Brief, Choice, Opinion, opinion
from journeyman.domain.changes import Finding, Severity
from journeyman.domain.checks import CheckKind, CheckReport, new_failures, vanished_tests
from journeyman.domain.conversation import Role
from journeyman.domain.request import Mode
from journeyman.domain.runs import NotificationType, Run, StepGiven, StepReport
from journeyman.domain.states import Event
from journeyman.gates import known_secrets, sprawl
from journeyman.steps.briefing import brief_of, failing_text, summary_text
from journeyman.steps.commands import CommandLog
from journeyman.steps.desk import Desk
from journeyman.steps.impacted_first import failing_first
from journeyman.steps.installs import renew
from journeyman.steps.site import Site, Sites, look, run_checks


async def check(desk: Desk, sites: Sites, run: Run, given: StepGiven) -> StepReport:
    """TEST: run the checks on the changed tree; only new failures and what the person named count."""
    site = await sites.at(run)
    facts = await desk.runs.facts(run.run_id)
    before = facts.baseline or CheckReport()
    assert facts.tree is not None
    await desk.post(run, NotificationType.VALIDATION_STARTED, "the checks run on the change", occasion=given.round)
    await site.workspace.restore(facts.tree)
    if facts.notes.get("renewed"):  # the change has manifests of its own; another process opened the site before them
        await renew(desk, site)
    log = await CommandLog.begin(desk, run, "check", given.round)
    early = await failing_first(desk, site, run, before, log)
    await site.workspace.restore(facts.tree)
    after = early or await run_checks(desk, site.sandbox, tuple(outcome.check for outcome in before.outcomes), log)
    await site.workspace.restore(facts.tree)
    await desk.runs.learn(run.run_id, report=after)
    worse = _worse(run, before, after)
    if not worse:
        return StepReport(Event.DONE, f"checks: {summary_text(after).replace(chr(10), '; ') or 'none'}")
    reason = f"failing now: {'; '.join(worse)}\n\n{failing_text(after)}"
    broken = any(o.check.kind is CheckKind.BUILD and o.check.name in worse for o in after.outcomes)
    return StepReport(
        Event.BUILD_BROKEN if broken else Event.CHECKS_FAILED, f"failing now: {'; '.join(worse)}", reason
    )


def _worse(run: Run, before: CheckReport, after: CheckReport) -> tuple[str, ...]:
    """Return the checks that count against the change."""
    worse = set(new_failures(before, after))
    if run.options.validate:
        worse |= {outcome.check.name for outcome in after.outcomes if not outcome.passed}
    return tuple(outcome.check.name for outcome in after.outcomes if outcome.check.name in worse)


async def validate(desk: Desk, sites: Sites, run: Run, given: StepGiven) -> StepReport:
    """VALIDATE: verdicts of programs first, then the opinions of tester and reviewer."""
    site = await sites.at(run)
    findings = await _judge(desk, site, run)
    blocking = [finding for finding in findings if finding.severity is Severity.BLOCKS]
    opinions = () if blocking else await _opinions(desk, site, run, given.round)
    unmet = [f"{judged.requirement}: {judged.evidence}" for o in opinions for judged in o.judged if not judged.met]
    issues = [finding.line_text() for finding in blocking] + unmet + [issue for o in opinions for issue in o.issues]
    suggestions = [finding.line_text() for finding in findings if finding not in blocking]
    suggestions += [suggestion for o in opinions for suggestion in o.suggestions]
    facts = await desk.runs.facts(run.run_id)
    notes = {**facts.notes, "issues": issues, "suggestions": suggestions}
    await desk.runs.learn(run.run_id, findings=msgspec.to_builtins(findings), notes=notes)
    told = f"{len(issues)} issues"
    await desk.post(run, NotificationType.VALIDATION_COMPLETED, told, occasion=given.round, issues=issues)
    if issues:
        return StepReport(Event.OBJECTION, f"sent back: {'; '.join(issues)}", "\n".join(issues))
    return StepReport(Event.DONE, f"the gates have no objection; {len(suggestions)} remarks")


async def _judge(desk: Desk, site: Site, run: Run) -> tuple[Finding, ...]:
    facts = await desk.runs.facts(run.run_id)
    assert facts.tree is not None
    workspace, base = site.workspace, await site.workspace.base_tree()
    change = await workspace.change(base, facts.tree)
    if too_many := sprawl(change):
        return (too_many,)
    before, after = await look(workspace, base), await look(workspace, facts.tree)
    tests_are_the_task = run.options.mode in (Mode.TESTS, Mode.REFACTOR, Mode.FEATURE)
    findings = await desk.gate.judge(change, before, after, tests_are_the_task=tests_are_the_task)
    redactor = desk.redactor(run.run_id)
    leaks = await known_secrets(change, partial(workspace.read, base), partial(workspace.read, facts.tree), redactor)
    gone = vanished_tests(facts.baseline or CheckReport(), facts.report or CheckReport())
    return leaks + findings + tuple(_vanished(name) for name in gone)


def _vanished(test: str) -> Finding:
    return Finding("tests.vanished", Severity.WARNS, f"the test {test} ran before the change and does not run now")


async def _opinions(desk: Desk, site: Site, run: Run, round_number: int) -> tuple[Opinion, ...]:
    choice = desk.choice(run)
    if choice is None:
        return ()
    facts = await desk.runs.facts(run.run_id)
    assert facts.tree is not None
    change = await site.workspace.change(await site.workspace.base_tree(), facts.tree)
    brief = brief_of(run, facts, site.house_rules, ())
    checks = summary_text(facts.report or CheckReport())
    return (
        await _opinion(desk, run, round_number, Role.TESTER, brief, change.diff, checks, choice),
        await _opinion(desk, run, round_number, Role.REVIEWER, brief, change.diff, checks, choice),
    )


async def _opinion(
    desk: Desk, run: Run, round_number: int, role: Role, brief: Brief, diff: str, checks: str, choice: Choice
) -> Opinion:
    given = await opinion(desk.models, run.run_id, round_number, role, brief, diff, checks, choice)
    met = sum(judged.met for judged in given.judged)
    await desk.note(
        run, f"the {role} finds {met} of {len(given.judged)} requirements met, {len(given.issues)} issues"
    )
    return given
