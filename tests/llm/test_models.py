from __future__ import annotations

import asyncio
import itertools
import json
from collections import Counter

import msgspec
import pytest

from journeyman.domain.conversation import ModelTurn, Role, ToolCall, ToolResult, ToolTurn, Usage, UserTurn
from journeyman.domain.errors import LimitReached, ModelMisbehaved, ModelOutage, ModelRefused
from journeyman.domain.exchanges import ExchangeState
from journeyman.domain.request import Limits
from journeyman.llm.memory_ledger import MemoryLedger
from journeyman.llm.settings import Price
from tests.llm.servers import Fails, HangsUp, ProviderServer, Says, call
from tests.llm.talk import ANTHROPIC, LOCAL, OPENAI, OPENROUTER, SHAPE, TALK, Asking, question

models = pytest.mark.parametrize("model", [OPENAI, ANTHROPIC, LOCAL, OPENROUTER])


def states(asking: Asking) -> list[str]:
    return [entry.state.value for entry in asking.ledger.entries]


@models
async def test_a_question_is_answered_settled_and_never_paid_twice(model: str) -> None:
    with ProviderServer([Says("hello", (call("ls", path="."),))]) as server:
        async with Asking(server, budget=1.0) as asking:
            first = await asking.models.ask(question(model, turns=TALK))
            again = await asking.models.ask(question(model, turns=TALK))
    assert (first.turn.text, first.turn.calls[0].name, first.model, first.recorded) == ("hello", "ls", model, False)
    assert again == msgspec.structs.replace(first, recorded=True)
    assert len(server.asked) == 1
    price = 0.0 if model == LOCAL else (100 * 1.0 + 20 * 10.0) / 1e6
    totals = await asking.ledger.totals("run-1")
    assert (totals.calls, totals.cost_usd) == (1, pytest.approx(price))
    assert asking.ledger.entries[0].request.encode() == server.asked[0].raw


async def test_another_process_reads_the_stored_answer() -> None:
    with ProviderServer([Says("hello")]) as server:
        async with Asking(server) as asking:
            await asking.models.ask(question())
        async with Asking(ledger=asking.ledger) as other:
            assert (await other.models.ask(question())).turn.text == "hello"
    assert len(server.asked) == 1


@models
async def test_nothing_is_sent_that_the_budget_does_not_hold(model: str) -> None:
    with ProviderServer() as server:
        async with Asking(server, budget=0.0001) as asking:
            if model == LOCAL:
                await asking.models.ask(question(model))
            else:
                with pytest.raises(LimitReached):
                    await asking.models.ask(question(model))
    assert len(server.asked) == (model == LOCAL)


async def test_the_worst_case_is_reserved_before_sending() -> None:
    reserved = []
    with ProviderServer(lambda _: reserved.append(asking.ledger.entries[-1].cost) or Says("x")) as server:
        async with Asking(server, budget=10.0) as asking:
            await asking.models.ask(question(max_output_tokens=1000))
    (worst,) = reserved
    assert worst / 10**12 >= (len(server.asked[0].raw) * 1.0 + 1000 * 10.0) / 1e6


async def test_a_usage_that_is_not_reported_counts_as_the_worst_case() -> None:
    with ProviderServer([Says("x", usage=None)]) as server:
        async with Asking(server) as asking:
            answer = await asking.models.ask(question(max_output_tokens=1000))
    wanted = asking.ledger.entries[0].wanted
    assert (answer.cost_usd, answer.usage.output_tokens) == (wanted.cost_usd, 1000)


@pytest.mark.parametrize(
    ("deed", "state", "wait"),
    [
        (Fails(429, retry_after="7"), "failed", 7.0),
        (Fails(429, retry_after="Fri, 20 Nov 2026 12:00:40 GMT"), "failed", 40.0),
        (Fails(500), "failed", 1.0),
        (Fails(529), "failed", 2.0),
        (HangsUp(), "uncertain", 0.5),
        (Says("half of it", breaks="reset"), "uncertain", 0.5),
        (Says("half of it", breaks="end"), "uncertain", 0.5),
        (Says("half of it", breaks="garble"), "uncertain", 0.5),
    ],
)
@pytest.mark.parametrize("model", [OPENAI, ANTHROPIC])
async def test_a_failure_is_waited_out_and_asked_again(model: str, deed, state: str, wait: float) -> None:
    with ProviderServer([deed, deed, Says("whole")]) as server:
        async with Asking(server) as asking:
            assert (await asking.models.ask(question(model))).turn.text == "whole"
    assert states(asking) == [state, state, "answered"]
    assert asking.time.slept[0] == wait
    told = [asked.headers["idempotency-key"] for asked in server.asked]
    assert len(set(told)) == (1 if state == "uncertain" else 3)
    totals = await asking.ledger.totals("run-1")
    assert totals.uncertain_calls == (2 if state == "uncertain" else 0)


async def test_retries_share_the_budget() -> None:
    with ProviderServer(lambda _: HangsUp()) as server:
        async with Asking(server, budget=0.3) as asking:
            with pytest.raises(LimitReached):
                await asking.models.ask(question())
    totals = await asking.ledger.totals("run-1")
    assert totals.cost_usd <= 0.3
    assert totals.uncertain_calls == len(server.asked) == 3


both_protocols = pytest.mark.parametrize(("first", "second"), [(OPENAI, ANTHROPIC), (ANTHROPIC, OPENAI)])


@both_protocols
async def test_a_fallback_takes_from_the_same_budget(first: str, second: str) -> None:
    """What the first provider may bill for its broken answers is not there for the second one."""
    with ProviderServer(lambda _: Says("half", breaks="reset")) as broken, ProviderServer([Says("whole")]) as sound:
        servers = (broken, sound) if first == OPENAI else (sound, broken)
        async with Asking(*servers, budget=0.46) as asking:
            with pytest.raises(LimitReached) as refused:
                await asking.models.ask(question(first, second))
        assert (refused.value.limit, len(sound.asked)) == ("budget", 0)
        lost = len(broken.asked)
        async with Asking(*servers, budget=100.0) as asking:
            answer = await asking.models.ask(question(first, second))
    assert (answer.model, len(sound.asked)) == (second, 1)
    report = await asking.ledger.report("run-1")
    assert report.totals.uncertain_calls == len(broken.asked) - lost > 1
    assert report.totals.cost_usd == pytest.approx(report.uncertain_usd + (100 * 1.0 + 20 * 10.0) / 1e6)
    assert {(line.model, line.settled_calls > 0) for line in report.lines} == {(first, False), (second, True)}


@both_protocols
async def test_judges_and_sub_agents_take_from_the_same_budget(first: str, second: str) -> None:
    """Roles at once, each with a model of its own: together they stay below one limit in dollars, or in tokens."""
    usage = Usage(4_000, 900)
    for limits in ({"budget": 0.2}, {"tokens": 60_000}):
        with (
            ProviderServer(lambda _: Says("so", usage=usage)) as one,
            ProviderServer(lambda _: Says("so", usage=usage)) as two,
        ):
            servers = (one, two)
            async with Asking(*servers, **limits) as asking:

                async def work(role: Role, model: str, asking: Asking = asking) -> None:
                    for turn in range(20):
                        asked = question(model, key=f"{role}/{turn}", turns=(UserTurn("word " * 900),))
                        await asking.models.ask(msgspec.structs.replace(asked, role=role, max_output_tokens=1_000))

                roles = zip(Role, itertools.cycle((first, second)), strict=False)
                ends = await asyncio.gather(*(work(*each) for each in roles), return_exceptions=True)
        assert {type(end) for end in ends} == {LimitReached}
        report = await asking.ledger.report("run-1")
        assert len(one.asked) + len(two.asked) == report.totals.calls
        assert {line.model for line in report.lines} == {first, second}
        (standing,) = report.limits
        assert standing.limit * 0.6 < standing.used <= standing.limit


@models
async def test_a_bill_above_the_reservation_is_settled_and_stops_the_run(model: str) -> None:
    with ProviderServer(lambda _: Says("x", usage=Usage(90_000, 20))) as server:
        async with Asking(server, budget=100.0) as asking:
            assert (await asking.models.ask(question(model))).usage.input_tokens == 90_000
            with pytest.raises(LimitReached) as refused:
                await asking.models.ask(question(model, key="code/1"))
    assert (refused.value.limit, len(server.asked)) == ("overrun", 1)
    report = await asking.ledger.report("run-1")
    assert (report.overruns, report.totals.input_tokens) == (1, 90_000)


@models
async def test_once_accepted_a_provider_that_counts_more_is_reserved_for(model: str) -> None:
    """A resumed talk bounds its next prompt by what was reported, not by bytes that proved to be no bound."""
    with ProviderServer(lambda _: Says("x", usage=Usage(90_000, 20))) as server:
        async with Asking(server, budget=100.0) as asking:
            await asking.models.ask(question(model))
        asking.ledger.limits["run-1"] = Limits(100.0, accepted_overruns=1)
        async with Asking(server, ledger=asking.ledger) as resumed:
            await resumed.models.ask(question(model))
            for turn in (1, 2):
                turns = (UserTurn("do it"), *[ModelTurn("x"), UserTurn("more")] * turn)
                await resumed.models.ask(question(model, key=f"code/{turn}", turns=turns))
    assert len(server.asked) == 3
    assert (await asking.ledger.report("run-1")).overruns == 1


@models
async def test_a_prompt_without_tokens_counts_as_the_worst_case(model: str) -> None:
    with ProviderServer([Says("x", usage=Usage(0, 0))]) as server:
        async with Asking(server) as asking:
            answer = await asking.models.ask(question(model, max_output_tokens=1000))
    assert answer.usage.output_tokens == 1000
    assert answer.usage.input_tokens >= len(server.asked[0].raw)


async def test_an_outage_that_lasts_is_told_after_the_last_try() -> None:
    with ProviderServer(lambda _: Fails(500, "on fire")) as server:
        async with Asking(server) as asking:
            with pytest.raises(ModelOutage, match="on fire") as outage:
                await asking.models.ask(question())
    assert (outage.value.reason, len(server.asked), set(states(asking))) == ("server", 5, {"failed"})


@pytest.mark.parametrize("deed", [Fails(500), Fails(529), HangsUp(), Says("x" * 30, breaks="garble")])
async def test_the_next_model_takes_over(deed) -> None:
    with ProviderServer(lambda _: deed) as broken, ProviderServer([Says("from the other")]) as whole:
        async with Asking(broken, whole) as asking:
            answer = await asking.models.ask(question(OPENAI, ANTHROPIC))
    assert (answer.turn.text, answer.model) == ("from the other", ANTHROPIC)
    assert whole.asked[0].anthropic


async def test_a_pause_of_an_hour_is_not_waited_for() -> None:
    with ProviderServer([Fails(429, retry_after="3600")]) as limited, ProviderServer() as whole:
        async with Asking(limited, whole) as asking:
            answer = await asking.models.ask(question(OPENAI, ANTHROPIC))
    assert (answer.model, asking.time.slept) == (ANTHROPIC, [])


async def test_a_provider_that_fails_often_is_left_alone_then_tried_again() -> None:
    healthy = False
    with (
        ProviderServer(lambda _: Says("back") if healthy else Fails(500)) as broken,
        ProviderServer() as whole,
    ):
        async with Asking(broken, whole) as asking:
            await asking.models.ask(question(OPENAI, ANTHROPIC, key="0"))
            asked = len(broken.asked)
            answer = await asking.models.ask(question(OPENAI, ANTHROPIC, key="1"))
            assert (answer.model, len(broken.asked)) == (ANTHROPIC, asked)
            healthy = True
            await asking.time.sleep(31)
            assert (await asking.models.ask(question(OPENAI, ANTHROPIC, key="2"))).turn.text == "back"
            assert (await asking.models.ask(question(OPENAI, key="3"))).turn.text == "back"


async def test_without_another_model_the_pause_is_waited_for() -> None:
    deeds = itertools.chain([Fails(529)] * 6, itertools.repeat(Says("at last")))
    with ProviderServer(deeds) as server:
        async with Asking(server) as asking:
            assert (await asking.models.ask(question())).turn.text == "at last"
    assert sum(asking.time.slept) >= 60


@pytest.mark.parametrize("deed", [Fails(401), Fails(404), Fails(400)])
async def test_what_a_person_must_mend_is_not_retried_and_costs_nothing(deed) -> None:
    with ProviderServer([deed]) as server:
        async with Asking(server) as asking:
            with pytest.raises(ModelRefused):
                await asking.models.ask(question())
    assert (states(asking), len(server.asked)) == (["failed"], 1)


@models
async def test_an_answer_of_the_wrong_shape_is_asked_for_again_with_the_error(model: str) -> None:
    with ProviderServer([Says('{"steps": 1}'), Says("{}"), Says('{"steps": ["a"]}')]) as server:
        async with Asking(server) as asking:
            answer = await asking.models.ask(question(model, answer_schema=SHAPE))
            again = await asking.models.ask(question(model, answer_schema=SHAPE))
    assert json.loads(answer.turn.text) == {"steps": ["a"]}
    assert (again.turn, again.recorded) == (answer.turn, True)
    assert [entry.wanted.key for entry in asking.ledger.entries] == ["code/0", "code/0#2", "code/0#3"]
    assert "the answer.steps must be of type array" in server.asked[1].raw.decode()
    assert "the answer lacks the field" in server.asked[2].raw.decode()
    assert len(server.asked) == 3


async def test_a_model_that_never_gives_the_shape_misbehaves() -> None:
    with ProviderServer(lambda _: Says("I would rather talk.")) as server:
        async with Asking(server) as asking:
            with pytest.raises(ModelMisbehaved, match="not the shape"):
                await asking.models.ask(question(answer_schema=SHAPE))
            with pytest.raises(ModelMisbehaved, match="not the shape"):
                await asking.models.ask(question(answer_schema=SHAPE))
    assert len(server.asked) == 3, "what was asked before is read, not asked again"


async def test_an_object_among_words_is_taken() -> None:
    with ProviderServer([Says('Sure:\n```json\n{"steps": []}\n```')]) as server:
        async with Asking(server) as asking:
            assert (await asking.models.ask(question(LOCAL, answer_schema=SHAPE))).turn.text == '{"steps": []}'


@pytest.mark.parametrize("model", [OPENAI, ANTHROPIC])
async def test_a_refusal_is_told_and_paid_once(model: str) -> None:
    with ProviderServer([Says("I must not.", refusal=True)]) as server:
        async with Asking(server) as asking:
            for _ in range(2):
                with pytest.raises(ModelMisbehaved, match=r"I must not\."):
                    await asking.models.ask(question(model))
    assert (len(server.asked), states(asking)) == (1, ["answered"])


@models
async def test_no_secret_leaves(model: str) -> None:
    secret = 'hunter2-"ä-long'
    turns = (
        UserTurn(f"the password is {secret}"),
        ModelTurn(f"I see {secret}", (ToolCall("a", "ls", json.dumps({"path": secret}, ensure_ascii=False)),)),
        ToolTurn((ToolResult("a", "ls", f"DB_URL=postgres://u:{secret}@h"),)),
    )
    with ProviderServer() as server:
        async with Asking(server, secrets=(secret,)) as asking:
            await asking.models.ask(question(model, turns=turns, system=f"never say {secret}"))
    (asked,) = server.asked
    raw = asked.raw.decode()
    assert "hunter2" not in json.dumps(asked.body["messages"][:2])
    assert "hunter2" not in raw
    assert raw.count("[redacted]") >= 4
    assert "hunter2" not in asking.ledger.entries[0].request


@models
async def test_a_key_that_a_server_sends_back_in_pieces_is_taken_out_of_the_answer(model: str) -> None:
    secret = "sk-proj-Zq83LmVt0xWcYb71"
    echo = Says(f"your key is {secret}", calls=(call("write_file", path="a", content=f"k={secret}"),), pieces=9)
    with ProviderServer([echo]) as server:
        async with Asking(server, secrets=(secret,)) as asking:
            answer = await asking.models.ask(question(model))
            again = await asking.models.ask(question(model))
    assert answer.turn.text == "your key is [redacted]"
    assert json.loads(answer.turn.calls[0].arguments) == {"path": "a", "content": "k=[redacted]"}
    assert again.turn == answer.turn


async def test_a_key_in_a_provider_s_complaint_is_taken_out() -> None:
    with ProviderServer(key="another") as server:
        async with Asking(server, secrets=("key-openai",)) as asking:
            with pytest.raises(ModelRefused) as refused:
                await asking.models.ask(question())
    assert "[redacted]" in refused.value.message
    assert "key-openai" not in f"{refused.value} {refused.value.line()} {asking.ledger.entries[0].reason}"


async def test_a_cancelled_question_counts_as_uncertain() -> None:
    with ProviderServer([Says("late", seconds=3)]) as server:
        async with Asking(server) as asking:
            asked = asyncio.create_task(asking.models.ask(question()))
            while not server.asked:
                await asyncio.sleep(0.005)
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
    assert states(asking) == ["uncertain"]


async def test_a_growing_talk_is_bounded_by_what_was_reported() -> None:
    long = (UserTurn("word " * 40_000),)
    with ProviderServer(lambda _: Says("on", usage=Usage(40_100, 5))) as server:
        async with Asking(server) as asking:
            first = await asking.models.ask(question(key="0", turns=long))
            await asking.models.ask(question(key="1", turns=(*long, first.turn, UserTurn("more"))))
        async with Asking(server, ledger=asking.ledger) as resumed:
            await resumed.models.ask(question(key="1", turns=(*long, first.turn, UserTurn("more"))))
            turns = (*long, first.turn, UserTurn("more"), first.turn, UserTurn("and more"))
            await resumed.models.ask(question(key="2", turns=turns))
    bounds = [entry.wanted.input_tokens for entry in asking.ledger.entries]
    assert bounds[0] > 200_000
    assert 40_100 < bounds[1] < 43_000
    assert 40_100 < bounds[2] < 43_000


async def test_many_at_once_with_faults_never_overshoot() -> None:
    """Real requests: 20 spenders, faults among the answers, one budget."""
    deeds = itertools.cycle(
        [Says("x"), Fails(500), Says("y", usage=Usage(900, 90)), HangsUp(), Says("z", usage=None)]
    )
    ledger = MemoryLedger({"run-1": Limits(0.15)})
    with ProviderServer(deeds) as server:
        async with Asking(server, ledger=ledger) as asking:

            async def spend(number: int) -> str:
                try:
                    for turn in range(5):
                        await asking.models.ask(question(key=f"{number}/{turn}", max_output_tokens=500))
                        assert (await ledger.totals("run-1")).cost_usd <= 0.15
                except LimitReached:
                    return "limit"
                except ModelOutage:
                    return "outage"
                return "done"

            ends = Counter(await asyncio.gather(*(spend(number) for number in range(20))))
    assert ends["limit"] > 0
    assert (await ledger.totals("run-1")).cost_usd <= 0.15
    assert ExchangeState.SENT not in {entry.state for entry in ledger.entries}


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("gpt-5", "unknown model"),
        ("", "unknown model"),
        ("mystery:x", "unknown model"),
        ("openai:", "unknown model"),
        ("openai:nobody-knows", "no price"),
    ],
)
def test_a_model_that_cannot_be_used_is_refused_with_advice(model: str, words: str) -> None:
    with pytest.raises(ModelRefused, match=words) as refused:
        Asking().models.check(model, 1.0)
    assert refused.value.advice


def test_a_missing_key_or_address_is_refused() -> None:
    from journeyman.domain.redaction import Redactor
    from journeyman.llm.models import LedgeredModels
    from journeyman.llm.settings import Providers
    from tests.llm.talk import JumpingTime

    def checked(model: str, given: Providers) -> None:
        LedgeredModels(given, MemoryLedger(), lambda _: Redactor(()), JumpingTime(), lambda: 0.0).check(model, None)

    with pytest.raises(ModelRefused, match="no key for openai") as refused:
        checked(OPENAI, Providers())
    assert "OPENAI_API_KEY" in refused.value.advice
    with pytest.raises(ModelRefused, match="local server"):
        checked(LOCAL, Providers())
    with pytest.raises(ModelRefused, match="characters") as refused:
        checked(OPENAI, Providers(keys={"openai": "sk-abc\nX-Evil: 1"}))
    assert "sk-abc" not in refused.value.line()
    with pytest.raises(ModelRefused, match="no http or https URL"):
        checked(LOCAL, Providers(addresses={"local": "localhost:11434"}))
    checked(LOCAL, Providers(addresses={"local": "http://localhost:11434/v1"}))
    checked("none", Providers())


def test_a_budget_in_dollars_needs_a_price_and_nothing_else_does() -> None:
    asking = Asking(prices={"openai:mine": Price(1, 2)})
    asking.models.check("openai:nobody-knows", None)
    asking.models.check("openai:mine", 1.0)
    with pytest.raises(ModelRefused) as refused:
        asking.models.check("openai:nobody-knows", 1.0)
    assert 'prices: {"openai:nobody-knows"' in refused.value.advice
