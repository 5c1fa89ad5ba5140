"""The one door to Temporal's server: no text passes it with a secret in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DataConverter, DefaultFailureConverter, PayloadCodec, PayloadConverter

Redacted = Callable[[str], str]


class RedactingCodec(PayloadCodec):
    """Takes secrets out of what steps return and people say; what comes back is left as it is."""

    def __init__(self, redacted: Redacted) -> None:
        self._redacted = redacted

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Return payloads without secrets. All of ours are JSON."""
        return [Payload(metadata=p.metadata, data=self._redacted(p.data.decode()).encode()) for p in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Return the payloads."""
        return list(payloads)


def redacting(redacted: Redacted) -> DataConverter:
    """Return the converter of a client that gives no secret away, in values and in failures."""

    class RedactingFailures(DefaultFailureConverter):
        """Takes secrets out of messages and of the traces of faults of our own."""

        def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
            super().to_failure(exception, payload_converter, failure)
            at: Failure | None = failure
            while at is not None:
                at.message, at.stack_trace = redacted(at.message), redacted(at.stack_trace)
                at = at.cause if at.HasField("cause") else None

    return dataclasses.replace(
        DataConverter.default, payload_codec=RedactingCodec(redacted), failure_converter_class=RedactingFailures
    )
