"""The ledger: the one truth about every session, kept so that it survives a power cut."""

from .fact_queries import CostSum, KeptSession
from .facts import (
    Activity,
    Fact,
    PricesLearned,
    SessionAssigned,
    SessionCost,
    SessionPriced,
    SolarLearned,
    TariffUsed,
)
from .ledger import Ledger
from .queries import SessionFilter

__all__ = [
    "Activity",
    "CostSum",
    "Fact",
    "KeptSession",
    "Ledger",
    "PricesLearned",
    "SessionAssigned",
    "SessionCost",
    "SessionFilter",
    "SessionPriced",
    "SolarLearned",
    "TariffUsed",
]
