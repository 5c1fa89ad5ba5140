"""The flow obeys the table, and always comes to an end."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from journeyman.domain.errors import FlowBroken
from journeyman.domain.runs import Order, WordKind
from journeyman.domain.states import AGAIN, ANYWHERE, RECOVERY, ROUNDS, TRANSITIONS, Event, State, follow
from journeyman.flows import STEP_OF, decision_text, deliver_change
from tests.flows.context import FORWARD, RAISED, Drive, Driven, allowed, paths

PATHS = paths()
LISTED = [(state, event, to) for (state, event), to in {**TRANSITIONS, **RECOVERY}.items()]
ENDINGS = [(s, e, ANYWHERE[e]) for s in State if not s.final for e in ANYWHERE if e in allowed(s)]


def drive(*events: Event) -> Drive:
    driven = Drive(deliver_change(Driven(), Order("run-1")))
    for event in events:
        driven.answer(event)
    return driven


def forward(driven: Drive) -> Drive:
    while not driven.ended:
        driven.answer(FORWARD[driven.at.state])
    return driven


def test_the_usual_way() -> None:
    driven = forward(drive())
    assert [stop.state.value for stop in driven.stops] == [
        *("INIT", "ANALYZE", "PLAN", "CODE", "TEST", "VALIDATE", "REVIEW", "COMMIT", "PR"),
        "COMPLETE",
    ]
    assert driven.at.given is not None
    assert (driven.at.given.state, driven.at.given.event) == ("COMPLETE", "done")
    assert driven.conclude() == "COMPLETE"


def test_every_state_but_waiting_has_a_step() -> None:
    assert set(STEP_OF) == {state for state in State if not state.final and state is not State.WAITING}
    assert len({step.name for step in STEP_OF.values()}) == len(STEP_OF)


def test_every_state_is_reachable() -> None:
    assert set(PATHS) == set(State)


@pytest.mark.parametrize(("state", "event", "to"), [*LISTED, *ENDINGS])
def test_every_transition_is_taken(state: State, event: Event, to: State) -> None:
    driven = drive(*PATHS[state])
    assert driven.at.state is state
    driven.answer(event)
    assert driven.at.state is to
    assert driven.ended == to.final


@pytest.mark.parametrize(("state", "event"), sorted(AGAIN))
def test_rounds_are_counted_and_then_a_person_is_called(state: State, event: Event) -> None:
    driven = drive(*PATHS[state])
    for number in range(1, ROUNDS + 1):
        driven.answer(event, reason=f"reason {number}")
        assert driven.at.given is not None
        assert driven.at.given.reason == f"reason {number}"
        while driven.at.state is not state:
            driven.answer(FORWARD[driven.at.state])
    driven.answer(event, reason="still")
    assert driven.at.given is not None
    assert (driven.at.given.state, driven.at.given.event) == ("ESCALATED", Event.OUT_OF_ROUNDS.value)
    assert driven.at.given.reason == "still"
    assert driven.conclude() == "ESCALATED"


def test_each_reason_to_go_back_has_rounds_of_its_own() -> None:
    driven = drive(*PATHS[State.TEST])
    for _ in range(ROUNDS):
        for event in (Event.CHECKS_FAILED, Event.BUILD_BROKEN):
            driven.answer(event)
            driven.answer(Event.CHANGED)
    driven.answer(Event.DONE)
    assert driven.at.state is State.VALIDATE


def test_a_visit_is_told_its_number() -> None:
    driven = drive(*PATHS[State.CODE])
    for number in range(1, ROUNDS + 1):
        assert driven.at.given is not None
        assert (driven.at.given.run_id, driven.at.given.round) == ("run-1", number)
        driven.answer(Event.CHANGED)
        driven.answer(Event.CHECKS_FAILED)


@pytest.mark.parametrize("state", list(STEP_OF))
@pytest.mark.parametrize("event", list(RAISED))
def test_what_ends_a_run_ends_it_from_every_step(state: State, event: Event) -> None:
    driven = drive(*PATHS[state], event)
    assert driven.at.given is not None
    assert (driven.at.state, driven.at.given.event) == (ANYWHERE[event], event.value)
    reasons = {
        Event.LIMIT: "nothing is left: give more",
        Event.OUTAGE: "busy: try again later, or name another model with --model",
        Event.CANCELLED: "cancelled by a person",
    }
    assert driven.at.given.reason == reasons[event]


def test_a_person_may_send_the_work_back_as_often_as_they_like() -> None:
    driven = drive(*PATHS[State.WAITING])
    for _ in range(3 * ROUNDS):
        driven.answer(Event.REJECTED)
        assert driven.at.given is not None
        assert (driven.at.state, driven.at.given.reason) == (State.CODE, "too long")
        for event in (Event.CHANGED, Event.DONE, Event.DONE, Event.NEEDS_PERSON):
            driven.answer(event)
        assert driven.at.state is State.WAITING
    driven.answer(Event.APPROVED)
    assert driven.at.state is State.COMMIT
    assert forward(driven).conclude() == "COMPLETE"


@pytest.mark.parametrize("words", ["", "perhaps", "approve", "approve me", "tell 1 something", "reject one"])
def test_words_that_are_no_decision_are_left(words: str) -> None:
    driven = drive(*PATHS[State.WAITING])
    driven.hear(words)
    assert driven.at.state is State.WAITING
    driven.answer(Event.APPROVED)
    assert driven.at.state is State.COMMIT


def test_a_decision_belongs_to_the_review_it_answers() -> None:
    driven = drive(*PATHS[State.WAITING])
    first = driven.reviews
    driven.hear(decision_text(WordKind.REJECT, first, "once"))
    for event in (Event.CHANGED, Event.DONE, Event.DONE, Event.NEEDS_PERSON):
        driven.answer(event)
    for late in (WordKind.REJECT, WordKind.APPROVE):
        driven.hear(decision_text(late, first, "said twice"))
        assert driven.at.state is State.WAITING
    driven.hear(decision_text(WordKind.REJECT, driven.reviews, "again, for another reason"))
    assert driven.at.given is not None
    assert (driven.at.state, driven.at.given.reason) == (State.CODE, "again, for another reason")


def test_to_cancel_answers_whatever_was_asked() -> None:
    driven = drive(*PATHS[State.WAITING])
    driven.hear(decision_text(WordKind.CANCEL))
    assert driven.conclude() == "CANCELLED"


def test_a_person_may_cancel_a_waiting_run() -> None:
    assert drive(*PATHS[State.WAITING], Event.CANCELLED).conclude() == "CANCELLED"


def test_a_state_that_meets_a_strange_event_is_our_own_fault() -> None:
    with pytest.raises(FlowBroken, match="PLAN does not know the event 'approved'"):
        drive(*PATHS[State.PLAN], Event.APPROVED)


class AnyEvents(RuleBasedStateMachine):
    """Feeds any allowed events, raised or returned; when they stop going back, the flow ends by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.begin()

    def begin(self) -> None:
        self.driven = drive()
        self.state = State.INIT
        self.returns: dict[tuple[State, Event], int] = {}

    @precondition(lambda self: not self.driven.ended)
    @rule(data=some.data(), raised=some.booleans())
    def anything(self, data: some.DataObject, raised: bool) -> None:
        choices = allowed(self.state)
        # Endings are rare, so that the talk between the states gets long.
        usual = [event for event in choices if event not in ANYWHERE] * 5 + list(choices)
        self.feed(data.draw(some.sampled_from(usual)), raised=raised)

    @precondition(lambda self: self.driven.ended)
    @rule()
    def the_next_run(self) -> None:
        self.finish()
        self.begin()

    def feed(self, event: Event, *, raised: bool) -> None:
        before = (self.state, event)
        self.driven.answer(event, raised=raised)
        if before in AGAIN:
            self.returns[before] = self.returns.get(before, 0) + 1
        over = self.returns.get(before, 0) > ROUNDS
        self.state = follow(self.state, Event.OUT_OF_ROUNDS if over and before in AGAIN else event)

    @invariant()
    def the_flow_stands_where_the_table_says(self) -> None:
        assert self.driven.at.state is self.state
        assert self.driven.ended == self.state.final

    def teardown(self) -> None:
        self.finish()

    def finish(self) -> None:
        steps = 0
        while not self.driven.ended:
            self.feed(FORWARD[self.state], raised=False)
            steps += 1
        assert steps <= len(STEP_OF) + 1
        assert self.driven.conclude() == self.state.value
        assert sum(stop.concluding for stop in self.driven.stops) == 1


AnyEvents.TestCase.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
test_any_events_end = AnyEvents.TestCase
