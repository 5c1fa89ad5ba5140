"""Owns talking to models: providers, retries, prices, the ledger of calls; refuses to know what is talked about."""

from journeyman.llm.contract import (
    Answer,
    ExchangeLedger,
    ExchangeState,
    Models,
    Question,
    Reservation,
    Totals,
)

__all__ = ["Answer", "ExchangeLedger", "ExchangeState", "Models", "Question", "Reservation", "Totals"]
