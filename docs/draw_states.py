"""Draws the state machine from its tables into docs/state-machine.md. Run it after changing `domain/states.py`."""

from __future__ import annotations

from pathlib import Path

from journeyman.domain.states import ANYWHERE, RECOVERY, ROUNDS, TRANSITIONS, Event, State

PAGE = Path(__file__).with_name("state-machine.md")
BEGIN, END = "<!-- drawn from domain/states.py -->", "<!-- end -->"


def drawing() -> str:
    """Return the tables as a diagram and as rows."""
    edges = [f"    {before} --> {after}: {event}" for (before, event), after in TRANSITIONS.items()]
    again = [f"    {before} --> {after}: {event} (again)" for (before, event), after in RECOVERY.items()]
    finals = [f"    {state} --> [*]" for state in State if state.final]
    diagram = ["```mermaid", "stateDiagram-v2", "    [*] --> INIT", *edges, *again, *finals, "```"]
    rows = ["| in | ends with | goes on in |", "|---|---|---|"]
    rows += [_row(before, event, after) for (before, event), after in {**TRANSITIONS, **RECOVERY}.items()]
    rows += [f"| any | {event} | {after} |" for event, after in ANYWHERE.items()]
    limit = f"What goes back is tried at most {ROUNDS} times each; then the run is ESCALATED."
    return "\n".join([BEGIN, "", *diagram, "", *rows, "", limit, "", END])


def _row(before: State, event: Event, after: State) -> str:
    return f"| {before} | {event} | {after} |"


def page(text: str) -> str:
    """Return the page with the drawing put in its place."""
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    return head + drawing() + tail


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
