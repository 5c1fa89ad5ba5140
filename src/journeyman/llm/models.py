"""Asks models so that nothing is paid twice: the ledger first, then the worst case, then the provider."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import msgspec

from journeyman.domain.conversation import ModelTurn, Usage, UserTurn
from journeyman.domain.errors import ModelMisbehaved, ModelOutage, ModelRefused
from journeyman.domain.exchanges import Answer, Reservation, idempotency_key
from journeyman.domain.redaction import Redactor
from journeyman.llm.accounting import FREE, PromptBounds, cost, worst_cost
from journeyman.llm.contract import ExchangeLedger, Question
from journeyman.llm.pricelist import PriceList
from journeyman.llm.providers import HttpProvider, Provider, import_ahead
from journeyman.llm.redacting import QuestionRedactor, redacted_answer
from journeyman.llm.retries import Breakers, Failure, reason_of, wait_before_next
from journeyman.llm.scripted import Scripted, read_script
from journeyman.llm.settings import PROVIDERS, ModelName, Providers, model_name
from journeyman.llm.structured import fault_of, object_in
from journeyman.llm.wire.contract import Reply, SentOutage

ASKED_AGAIN = 2
"""How often a model may mend an answer that has not the wanted shape."""


class LedgeredModels:
    """Fits `Models`. `clock` tells the time in UTC, `chance` numbers from 0 to 1, `sleep` waits some seconds."""

    def __init__(
        self,
        providers: Providers,
        ledger: ExchangeLedger,
        redactor_of: Callable[[str], Redactor],
        clock: Callable[[], datetime],
        chance: Callable[[], float],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._settings = providers
        self._ledger = ledger
        self._redactor_of = redactor_of
        self._chance = chance
        self._sleep = sleep
        self._prices = PriceList(providers)
        self._bounds = PromptBounds(self._size)
        self._redacting = QuestionRedactor()
        self._breakers = Breakers(clock)
        self._providers: dict[str, Provider] = {
            name: Scripted() if name == "scripted" else HttpProvider(name, providers, clock) for name in PROVIDERS
        }

    async def ask(self, question: Question) -> Answer:
        """Return the stored answer of the key, or ask. The errors are those of `Models.ask`.

        An answer without the wanted shape is asked for again, with what is wrong with it: under the key `KEY#2`, …
        """
        return await in_shape(question, self._answer)

    def check(self, model: str, budget_usd: float | None) -> None:
        """Raise ModelRefused if a model cannot be used as named. Asks nothing of the network."""
        if model == "none":
            return
        name = model_name(model)
        self._check_reachable(name)
        if budget_usd is not None and self._prices.rates(model) is None:
            raise ModelRefused(
                f"no price is known for {model}, so a budget in dollars cannot be kept",
                f'set prices: {{"{model}": {{input_per_million: …, output_per_million: …}}}} in the settings, '
                "or limit tokens and turns instead",
            )

    def expect(self, model: str) -> None:
        """Get ready to be asked: what speaks HTTP is imported meanwhile. Asks nothing of the network."""
        if model != "none" and model_name(model).provider != "scripted":
            import_ahead()

    def window(self, model: str) -> int:
        """Return the tokens a model can take in, input and output together."""
        return self._prices.window(model)

    async def close(self) -> None:
        """Close connections."""
        for provider in self._providers.values():
            await provider.close()

    def _check_reachable(self, name: ModelName) -> None:
        if name.provider == "scripted":
            read_script(Path(name.name))
        else:
            self._settings.check(name)

    async def _answer(self, question: Question) -> Answer:
        """Return the stored answer of the key, or that of the first model that gives one."""
        stored = await self._ledger.answered(question.run_id, question.key)
        if stored is not None:
            self._bounds.learn(question, stored.model, stored.usage)
            return stored
        failure: Failure = ModelOutage("network", "no model is named")
        for model in question.models:
            others = model != question.models[-1]
            try:
                return await self._patiently(question, model, others)
            except (ModelOutage, ModelMisbehaved) as error:
                failure = error
        raise failure

    async def _patiently(self, question: Question, model: str, others: bool) -> Answer:
        """Ask one model until it answers or its kind of failure has been met often enough."""
        name = model_name(model)
        self._check_reachable(name)
        failures: Counter[str] = Counter()
        while True:
            await self._respect_pause(name, others)
            try:
                answer = await self._once(question, name)
            except (ModelOutage, ModelMisbehaved) as failure:
                self._breakers.failed(name.provider)
                failures[reason_of(failure)] += 1
                wait = wait_before_next(failure, failures[reason_of(failure)], self._chance())
                if wait is None:
                    raise
            else:
                self._breakers.succeeded(name.provider)
                return answer
            await self._sleep(wait)

    async def _respect_pause(self, name: ModelName, others: bool) -> None:
        """Wait while the provider's circuit is open; with another model to ask, do not wait."""
        while (pause := self._breakers.pause_left(name.provider)) > 0:
            if others:
                raise ModelOutage("overload", f"{name.provider} failed often and is left alone for {pause:.0f} s")
            await self._sleep(pause)

    async def _once(self, question: Question, name: ModelName) -> Answer:
        """Reserve, send, and settle or fail. Every way out leaves the ledger right."""
        provider = self._providers[name.provider]
        redactor = self._redactor_of(question.run_id)
        body = self._body(question, name)
        wanted = self._reservation(question, str(name), body)
        exchange_id = await self._ledger.reserve(wanted)
        try:
            await self._ledger.sending(exchange_id)
            reply = await provider.send(name, body, idempotency_key(exchange_id))
        except (ModelOutage, ModelMisbehaved, ModelRefused) as error:
            error.message = redactor.text(error.message)
            error.args = (error.message,)
            await self._ledger.fail(exchange_id, error.message, isinstance(error, SentOutage | ModelMisbehaved))
            raise
        except asyncio.CancelledError:
            await self._ledger.fail(exchange_id, "the question was cancelled while it was asked", True)
            raise
        # A server may say what it was sent. Clean at once: a resumed run must meet the same words as this one.
        turn = redacted_answer(reply.turn, redactor)
        answer = self._settled(msgspec.structs.replace(reply, turn=turn), str(name), wanted)
        await self._ledger.settle(exchange_id, answer, body.decode())
        if reply.usage is not None:
            self._bounds.learn(question, str(name), reply.usage, len(body))
        return answer

    def _body(self, question: Question, name: ModelName) -> bytes:
        """Return the request's JSON, without the run's secrets."""
        redacted = self._redacting.redacted(question, self._redactor_of(question.run_id))
        return msgspec.json.encode(self._providers[name.provider].body(redacted, name.name))

    def _size(self, question: Question, model: str) -> int:
        return len(self._body(question, model_name(model)))

    def _reservation(self, question: Question, model: str, body: bytes) -> Reservation:
        rates = self._prices.rates(model)
        tokens = self._bounds.at_most(question, model, len(body))
        return Reservation(
            run_id=question.run_id,
            key=question.key,
            role=question.role,
            model=model,
            input_tokens=tokens,
            output_tokens=question.max_output_tokens,
            cost_usd=worst_cost(rates or FREE, tokens, question.max_output_tokens),
            request_hash=sha256(body).hexdigest(),
            price_known=rates is not None,
        )

    def _settled(self, reply: Reply, model: str, wanted: Reservation) -> Answer:
        """Return the answer with its cost; a usage that was not reported counts as the worst case."""
        usage = reply.usage
        if usage is None or not usage.input_tokens:
            # No prompt has no tokens: a server that says so does not count.
            worst = Usage(wanted.input_tokens, wanted.output_tokens)
            return Answer(reply.turn, model, worst, wanted.cost_usd, reply.stopped_by)
        return Answer(reply.turn, model, usage, cost(self._prices.rates(model) or FREE, usage), reply.stopped_by)


async def in_shape(question: Question, answer_to: Callable[[Question], Awaitable[Answer]]) -> Answer:
    """Return an answer of the wanted shape, asked for again as often as is worth it. ModelMisbehaved if none came."""
    asked, fault = question, ""
    for number in range(1, ASKED_AGAIN + 2):
        answer = await answer_to(asked)
        fault = _refusal_in(answer)
        if fault:
            raise ModelMisbehaved(fault, "say the task in other words, or name another model with --model")
        answer = _tidied(answer, question)
        fault = fault_of(answer.turn.text, question.answer_schema) if question.answer_schema else ""
        if not fault:
            return answer
        asked = _asked_again(asked, question.key, number + 1, answer, fault)
    raise ModelMisbehaved(f"the {question.role} model's answer has not the shape asked for: {fault}")


def _refusal_in(answer: Answer) -> str:
    return f"{answer.model} refused to answer: {answer.turn.text[:300]}" if answer.stopped_by == "refusal" else ""


def _tidied(answer: Answer, question: Question) -> Answer:
    if question.answer_schema is None:
        return answer
    turn = msgspec.structs.replace(answer.turn, text=object_in(answer.turn.text))
    return msgspec.structs.replace(answer, turn=turn)


def _asked_again(asked: Question, key: str, number: int, answer: Answer, fault: str) -> Question:
    """Return the question with the faulty answer and what is wrong with it at the end."""
    complaint = UserTurn(f"Your answer cannot be used: {fault}. Give the whole answer again, in the shape asked for.")
    turns = (*asked.turns, ModelTurn(answer.turn.text), complaint)
    return msgspec.structs.replace(asked, key=f"{key}#{number}", turns=turns)
